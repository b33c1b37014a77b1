"""Why a leg ended, who is to blame, and what follows from it.

One list for every backend: SIP status codes (RFC 3261 §21) and Q.850 causes are mapped here and nowhere
else, so that a session behaves alike over SIP, Asterisk and a GSM modem.
"""

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Who made it end so."""

    CUSTOMER = "customer"
    DESTINATION = "destination"
    CARRIER = "carrier"
    US = "us"


class Cause(StrEnum):
    """The values stand in CDRs; they are words of the field, not of a protocol."""

    HANGUP = "hangup"  # the person put the phone down after an answer
    CLEARED = "cleared"  # we ended it as the call's course wanted
    CANCELLED = "cancelled"  # we gave up before the answer, on somebody's wish
    CUSTOMER_WISH = "customer-wish"  # the customer ended the whole call on a page
    OPERATOR_WISH = "operator-wish"  # an operator did
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECTED = "rejected"
    WRONG_NUMBER = "wrong-number"
    UNREACHABLE = "unreachable"  # phone off or out of coverage
    CONGESTION = "congestion"  # trouble of the carrier: another route may do
    TRUNK_DOWN = "trunk-down"  # the next hop did not reply at all
    MEDIA_TIMEOUT = "media-timeout"
    MONEY_ENDED = "money-ended"
    TIME_ENDED = "time-ended"
    LOST = "lost"  # its process died
    FENCED = "fenced"  # our lease was gone: hung up for safety
    SYSTEM_TROUBLE = "system-trouble"


@dataclass(frozen=True, slots=True)
class Verdict:
    blame: Blame
    next_route: bool  # another trunk may be tried for the same destination


_VERDICTS = {
    Cause.HANGUP: Verdict(Blame.CUSTOMER, False),
    Cause.CLEARED: Verdict(Blame.CUSTOMER, False),
    Cause.CANCELLED: Verdict(Blame.CUSTOMER, False),
    Cause.CUSTOMER_WISH: Verdict(Blame.CUSTOMER, False),
    Cause.OPERATOR_WISH: Verdict(Blame.US, False),
    Cause.BUSY: Verdict(Blame.DESTINATION, False),
    Cause.NO_ANSWER: Verdict(Blame.DESTINATION, False),
    Cause.REJECTED: Verdict(Blame.DESTINATION, False),
    Cause.WRONG_NUMBER: Verdict(Blame.CUSTOMER, False),
    Cause.UNREACHABLE: Verdict(Blame.DESTINATION, False),
    Cause.CONGESTION: Verdict(Blame.CARRIER, True),
    Cause.TRUNK_DOWN: Verdict(Blame.CARRIER, True),
    Cause.MEDIA_TIMEOUT: Verdict(Blame.CARRIER, False),
    Cause.MONEY_ENDED: Verdict(Blame.CUSTOMER, False),
    Cause.TIME_ENDED: Verdict(Blame.CUSTOMER, False),
    Cause.LOST: Verdict(Blame.US, False),
    Cause.FENCED: Verdict(Blame.US, False),
    Cause.SYSTEM_TROUBLE: Verdict(Blame.US, False),
}

_FROM_SIP = {
    404: Cause.WRONG_NUMBER,
    408: Cause.CONGESTION,
    410: Cause.WRONG_NUMBER,
    480: Cause.UNREACHABLE,
    484: Cause.WRONG_NUMBER,
    486: Cause.BUSY,
    487: Cause.CANCELLED,
    600: Cause.BUSY,
    603: Cause.REJECTED,
    604: Cause.WRONG_NUMBER,
}

_FROM_Q850 = {
    1: Cause.WRONG_NUMBER,
    16: Cause.HANGUP,
    17: Cause.BUSY,
    18: Cause.NO_ANSWER,
    19: Cause.NO_ANSWER,
    20: Cause.UNREACHABLE,
    21: Cause.REJECTED,
    22: Cause.WRONG_NUMBER,
    28: Cause.WRONG_NUMBER,
}


def verdict(cause: Cause) -> Verdict:
    return _VERDICTS[cause]


def from_sip(status: int) -> Cause:
    """The cause of a final non-2xx response; what is not listed is the carrier's trouble."""
    return _FROM_SIP.get(status, Cause.CONGESTION)


def from_q850(cause: int) -> Cause:
    """The cause of ITU-T Q.850 §2.2.5; what is not listed is the carrier's trouble."""
    return _FROM_Q850.get(cause, Cause.CONGESTION)
