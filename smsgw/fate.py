"""What the answer to a submit_sm means for the SMS. Pure.

A command_status (SMPP 3.4 §5.1.3) is accepted, to be tried later, or final. Later is for what passes by
itself: a full queue, a throttle, trouble inside the SMSC, and the vendors' own codes, of which nobody knows.
"""

from enum import Enum

from callback.core.sms import ReplyKind
from smsgw.pdu import ESME_ROK, ESME_RTHROTTLED, ESME_RX_T_APPN

_ESME_RINVBNDSTS, _ESME_RSYSERR, _ESME_RMSGQFUL, _ESME_RSUBMITFAIL, _ESME_RUNKNOWNERR = (
    0x04,
    0x08,
    0x14,
    0x45,
    0xFF,
)
_LATER = frozenset(
    {
        _ESME_RINVBNDSTS,
        _ESME_RSYSERR,
        _ESME_RMSGQFUL,
        _ESME_RSUBMITFAIL,
        ESME_RTHROTTLED,
        ESME_RX_T_APPN,
        _ESME_RUNKNOWNERR,
    }
)
_SLOW_DOWN = frozenset({_ESME_RMSGQFUL, ESME_RTHROTTLED})
_VENDOR_MIN = 0x400
_TRIES_MAX = 8
_STEP_MS, _LONGEST_MS = 1_000, 300_000
_OUTLIVES_MS = 3_600_000  # news of a call that old is no news
_CODE_OUTLIVES_MS = 900_000  # a one-time code is valid for 15 minutes


class Fate(Enum):
    SENT = "sent"
    LATER = "later"
    FAILED = "failed"


def fate(status: int, tries: int) -> Fate:
    """What to do with an SMS whose `tries`th submit_sm was answered so."""
    if status == ESME_ROK:
        return Fate.SENT
    passing = status in _LATER or status >= _VENDOR_MIN
    return Fate.LATER if passing and tries < _TRIES_MAX else Fate.FAILED


def slows_down(status: int) -> bool:
    """Whether the whole link should pause: the SMSC has too much of us."""
    return status in _SLOW_DOWN


def rest_ms(tries: int) -> int:
    """How long an SMS rests after its `tries`th attempt: 1 s, doubling, at most five minutes."""
    step: int = _STEP_MS << min(tries - 1, 20)
    return min(step, _LONGEST_MS)


def outlived(kind: str, created_at_ms: int, now_ms: int) -> bool:
    """Whether an SMS has waited so long that it would only confuse."""
    limit_ms = _CODE_OUTLIVES_MS if kind == ReplyKind.CODE_SMS else _OUTLIVES_MS
    return now_ms - created_at_ms > limit_ms
