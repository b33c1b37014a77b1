"""The words for the SMS log: what an SMS was understood as, why it was refused, what we answered.

Said to operators, about the client. Every `ReplyKind` and `Reason` has words; a test finds no gap. The words
a client was sent are the gateway's own business (`smsgw/replies.py`): here stands what they were about.
"""

from collections.abc import Mapping
from typing import Any

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from callback.store.sms_log import SmsLine, Sort
from webapp.filters import number
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext as _l

UNDERSTOOD: Mapping[str, Any] = {
    ReplyKind.REGISTERED: _l("Registered a number"),
    ReplyKind.NUMBER_PENDING: _l("Asked to register a number; a code was sent to it"),
    ReplyKind.NUMBER_VERIFIED: _l("Confirmed a number by its code"),
    ReplyKind.NUMBER_MOVED: _l("Moved a number to another account"),
    ReplyKind.CALLBACK_ACCEPTED: _l("Asked for a callback"),
    ReplyKind.CALLBACK_REPLACED: _l("Changed the callback that was waiting"),
    ReplyKind.BALANCE: _l("Asked for the balance"),
    ReplyKind.HELP: _l("Asked for help"),
    ReplyKind.CODE_SMS: _l("Asked for a code"),
}
KEPT: Mapping[str, Any] = {
    "receipt": _l("A delivery receipt"),
    "part": _l("A further part of an SMS that was too long"),
    "repeat": _l("A copy the carrier sent again; nothing was done twice"),
    "undecodable": _l("Could not be decoded"),
    "unreadable": _l("Could not be unsealed"),
}
ANSWERED: Mapping[str, Any] = {
    ReplyKind.REGISTERED: _l("Number %(number)s is registered"),
    ReplyKind.NUMBER_PENDING: _l("A code was sent to %(number)s"),
    ReplyKind.CODE_SMS: _l("A one-time code"),
    ReplyKind.NUMBER_VERIFIED: _l("Number %(number)s is confirmed"),
    ReplyKind.NUMBER_MOVED: _l("Number %(number)s moved to another account"),
    ReplyKind.CALLBACK_ACCEPTED: _l("We call %(number)s"),
    ReplyKind.CALLBACK_REPLACED: _l("The earlier wish was changed; we call %(number)s"),
    ReplyKind.BALANCE: _l("The balance is %(balance)s"),
    ReplyKind.HELP: _l("The help text"),
}
REFUSED: Mapping[Reason, Any] = {
    Reason.MALFORMED: _l("Not understood"),
    Reason.MISSING_PART: _l("A part was missing"),
    Reason.BAD_CREDENTIALS: _l("Wrong login or password"),
    Reason.ACCOUNT_BLOCKED: _l("The account is blocked"),
    Reason.TOO_MANY_TRIES: _l("Too many tries"),
    Reason.INVALID_NUMBER: _l("No number that can be called"),
    Reason.EMERGENCY_NUMBER: _l("An emergency number"),
    Reason.PREMIUM_NUMBER: _l("A premium or special number"),
    Reason.NOT_YOUR_NUMBER: _l("Not a number of this client"),
    Reason.NUMBER_PENDING: _l("The number is not confirmed yet"),
    Reason.SAME_NUMBER: _l("The destination is the phone that would ring"),
    Reason.NO_NUMBER: _l("The client has no confirmed number"),
    Reason.WRONG_CODE: _l("Wrong code"),
    Reason.CODE_EXPIRED: _l("The code was no longer valid"),
    Reason.TOO_MANY_CODES: _l("Too many codes were asked for"),
    Reason.NO_CODE_THERE: _l("No codes are sent to that country"),
    Reason.NO_SMS_LINK: _l("There was no link to send a code by"),
    Reason.NO_RATE: _l("There is no price for that number"),
    Reason.NO_ROUTE: _l("No trunk reaches that number"),
    Reason.BALANCE_LOW: _l("The balance was too low"),
    Reason.CALL_IN_SETUP: _l("A call was under way already"),
    Reason.NOT_AVAILABLE: _l("Understood, but not offered here"),
    Reason.SYSTEM_TROUBLE: _l("A technical problem of ours"),
}
SORTS: Mapping[Sort, Any] = {
    Sort.UNDERSTOOD: _l("Understood"),
    Sort.REFUSED: _l("Refused"),
    Sort.REPEAT: _l("Repeat"),
    Sort.QUARANTINED: _l("Put aside"),
    Sort.WAITING: _l("Waiting"),
    Sort.SENT: _l("Sent"),
    Sort.FAILED: _l("Failed"),
}
_PHONES = ("number", "destination")


def meaning(line: SmsLine) -> str:
    """What it was about, in a sentence."""
    if not line.is_in:
        return _answer(line)
    if not line.outcome:
        return ""
    known = UNDERSTOOD.get(line.outcome) or KEPT.get(line.outcome)
    if known is not None:
        return str(known)
    if line.outcome in tuple(Reason):
        return str(REFUSED[Reason(line.outcome)])
    return line.outcome


def tone(line: SmsLine) -> tuple[str, str]:
    """Tone and word of the badge: of an SMS that came, what became of it; of one that went, where it is."""
    if not line.is_in or line.state != "done":
        badge, word = _STATES.get(line.state, ("plain", line.state))
        return badge, str(word)
    if line.outcome in tuple(Reason):
        return "warn", str(SORTS[Sort.REFUSED])
    return ("plain", _("Kept")) if line.outcome in KEPT else ("ok", str(SORTS[Sort.UNDERSTOOD]))


def _answer(line: SmsLine) -> str:
    told = {name: number(value) if name in _PHONES else value for name, value in line.params.items()}
    if line.outcome in tuple(Reason):
        words, more = str(REFUSED[Reason(line.outcome)]), told.get("number")
    elif line.outcome in ANSWERED:
        words = str(ANSWERED[line.outcome]) % {"number": _("the number"), "balance": _("not known"), **told}
        more = told.get("destination")
    else:
        return line.outcome
    return _("%(words)s: %(more)s", words=words, more=more) if more else words


_STATES: Mapping[str, tuple[str, Any]] = {
    "received": ("busy", _l("Received")),
    "claimed": ("busy", _l("Being read")),
    "repeat": ("plain", _l("Repeat")),
    "quarantined": ("bad", _l("Put aside")),
    "queued": ("busy", _l("Waiting")),
    "sending": ("busy", _l("Sending")),
    "submitted": ("busy", _l("Handed over")),
    "sent": ("ok", _l("Sent")),
    "failed": ("bad", _l("Failed")),
}
