"""The words for calls: results, what happened at each moment, why a leg ended, how a charge came about.

Every value that a call record or a timeline may hold has words here, and a test finds no gap. Said to the
person who asked for the call; an operator reads the same, with the technical details beside it.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from callback.core.causes import Cause
from callback.core.outcomes import Reason
from callback.core.results import Result
from callback.core.session_value import Outcome
from callback.timeline import Charge, Kind, Moment
from webapp.filters import duration, money, number
from webapp.i18n import _, ngettext
from webapp.i18n import lazy_gettext as _l

RESULTS = {  # tone of the badge, word
    Result.TALKED: ("ok", _l("Talked")),
    Result.NOT_CONNECTED: ("warn", _l("Not connected")),
    Result.NOT_ANSWERED: ("warn", _l("Not answered")),
    Result.CODE_READ: ("ok", _l("Code read")),
    Result.CANCELLED: ("plain", _l("Cancelled")),
    Result.FAILED: ("bad", _l("Failed")),
    Result.LIVE: ("busy", _l("In progress")),
}
OUTCOMES: Mapping[str, Any] = {
    Outcome.TALKED: _l("You talked."),
    Outcome.NOT_CONNECTED: _l("You answered, but no call came about."),
    Outcome.A_BUSY: _l("Your phone was busy."),
    Outcome.A_NO_ANSWER: _l("You did not answer."),
    Outcome.A_REJECTED: _l("Your phone declined the call."),
    Outcome.A_UNREACHABLE: _l("Your phone was off or out of coverage."),
    Outcome.A_WRONG_NUMBER: _l("The network does not know your number."),
    Outcome.A_FAILED: _l("We could not reach your phone: a fault in the network, or ours."),
    Outcome.CANCELLED: _l("The call was cancelled."),
    Outcome.LOST: _l("A fault of ours ended the call."),
    Outcome.CODE_READ: _l("Your code was read to you."),
    Outcome.NOT_CONFIRMED: _l("You answered, but pressed no key."),
}
TRIGGERS = {
    "sms": _l("by SMS"),
    "web": _l("on this site"),
    "missed": _l("by a missed call"),
    "api": _l("by an app"),
    "cli": _l("by customer service"),
}
_SIMPLE = {
    Kind.CALLING_YOU: _l("We call your phone"),
    Kind.YOUR_PHONE_RINGS: _l("Your phone rings"),
    Kind.YOU_ANSWERED: _l("You answered"),
    Kind.ASKED_FOR_NUMBER: _l("We asked whom to call"),
    Kind.ASKED_FOR_KEY: _l("We asked you to press a key"),
    Kind.CODE_READ: _l("We read your code to you"),
    Kind.CALLING_THEM: _l("We call the other phone"),
    Kind.THEIR_PHONE_RINGS: _l("It rings there"),
    Kind.THEY_ANSWERED: _l("They answered"),
    Kind.WARNED: _l("A tone told that the call would end soon"),
}
_YOU_DID_NOT: Mapping[str, Any] = {
    Cause.BUSY: _l("Your phone was busy"),
    Cause.NO_ANSWER: _l("You did not answer in time"),
    Cause.HANGUP: _l("Your phone declined the call"),
    Cause.REJECTED: _l("Your phone declined the call"),
    Cause.WRONG_NUMBER: _l("The network does not know your number"),
    Cause.UNREACHABLE: _l("Your phone was off or out of coverage"),
}
_THEY_DID_NOT: Mapping[str, Any] = {  # who declined a call is not given away: told as busy, as the voice does
    Cause.BUSY: _l("They were busy"),
    Cause.REJECTED: _l("They were busy"),
    Cause.NO_ANSWER: _l("They did not answer"),
    Cause.HANGUP: _l("They did not answer"),
    Cause.WRONG_NUMBER: _l("The network does not know that number"),
    Cause.UNREACHABLE: _l("Their phone was off or out of coverage"),
}
_NOT_REACHED: Mapping[str, Any] = {  # either phone, before an answer
    Cause.CLEARED: _l("We stopped ringing"),
    Cause.CUSTOMER_WISH: _l("Cancelled, as you wished"),
    Cause.OPERATOR_WISH: _l("Cancelled by customer service"),
    Cause.CANCELLED: _l("Cancelled before the answer"),
    Cause.CONGESTION: _l("The network was congested"),
    Cause.TRUNK_DOWN: _l("The network did not reply"),
    Cause.MEDIA_TIMEOUT: _l("The line fell silent"),
    Cause.MONEY_ENDED: _l("The money was used up before the answer"),
    Cause.TIME_ENDED: _l("The longest call time was reached before the answer"),
    Cause.LOST: _l("A fault of ours ended it before the answer"),
    Cause.FENCED: _l("A fault of ours ended it before the answer"),
    Cause.SYSTEM_TROUBLE: _l("A fault of ours ended it before the answer"),
}
_LEFT: Mapping[str, Any] = {  # after the answer
    Cause.CLEARED: _l("The line was closed"),
    Cause.CANCELLED: _l("The call was given up"),
    Cause.CUSTOMER_WISH: _l("You ended the call on this site"),
    Cause.OPERATOR_WISH: _l("Customer service ended the call"),
    Cause.BUSY: _l("The network ended the call"),
    Cause.NO_ANSWER: _l("The network ended the call"),
    Cause.REJECTED: _l("The network ended the call"),
    Cause.WRONG_NUMBER: _l("The network ended the call"),
    Cause.UNREACHABLE: _l("The network ended the call"),
    Cause.CONGESTION: _l("The network ended the call"),
    Cause.TRUNK_DOWN: _l("The network ended the call"),
    Cause.MEDIA_TIMEOUT: _l("The line fell silent, so we hung up"),
    Cause.MONEY_ENDED: _l("Your money was used up"),
    Cause.TIME_ENDED: _l("The longest call time was reached"),
    Cause.LOST: _l("A fault of ours ended the call"),
    Cause.FENCED: _l("A fault of ours ended the call"),
    Cause.SYSTEM_TROUBLE: _l("A fault of ours ended the call"),
}
REFUSALS: Mapping[str, Any] = {  # of a number dialled by keypad; what the voice says, in writing
    Reason.INVALID_NUMBER: _l("That is no number we can call"),
    Reason.EMERGENCY_NUMBER: _l("We cannot connect emergency numbers"),
    Reason.PREMIUM_NUMBER: _l("We do not connect premium numbers"),
    Reason.NO_RATE: _l("We do not offer calls to that number"),
    Reason.NO_ROUTE: _l("That number could not be reached at the moment"),
    Reason.BALANCE_LOW: _l("Your balance was too low for that call"),
    Reason.SAME_NUMBER: _l("That is the phone you were talking on"),
    Reason.SYSTEM_TROUBLE: _l("A fault of ours"),
}
GRADES = {"good": _l("good"), "fair": _l("fair"), "poor": _l("poor")}
_TONES = {
    Kind.YOU_ANSWERED: "ok",
    Kind.THEY_ANSWERED: "ok",
    Kind.YOU_DID_NOT: "warn",
    Kind.THEY_DID_NOT: "warn",
    Kind.REFUSED: "warn",
    Kind.WARNED: "warn",
}


def install(app: Flask) -> None:
    """Make them filters of every template."""
    for words in (
        result_words,
        outcome_words,
        trigger_words,
        moment_words,
        moment_more,
        moment_tone,
        charge_words,
        rate_words,
        grade_words,
    ):
        app.add_template_filter(words, words.__name__)


def result_words(result: str) -> tuple[str, str]:
    """Tone and word of a result."""
    tone, word = RESULTS[Result(result)]
    return tone, str(word)


def outcome_words(outcome: str) -> str:
    """What became of a call, in a sentence; `""` is one that is not over."""
    if not outcome:
        return _("The call is not over yet.")
    return str(OUTCOMES.get(outcome, _("The call failed.")))


def trigger_words(trigger: str) -> str:
    """By which way a call was asked for."""
    return str(TRIGGERS.get(trigger, trigger))


def moment_words(moment: Moment) -> str:
    """What happened, in a few words."""
    match moment.kind:
        case Kind.ASKED:
            return _("You asked for a call %(way)s", way=trigger_words(moment.detail))
        case Kind.YOU_DIALLED:
            return _("You dialled %(number)s", number=number(moment.number))
        case Kind.REFUSED:
            return str(REFUSALS.get(moment.detail, _("That number is not called")))
        case Kind.YOU_DID_NOT:
            return _of_cause(moment.detail, _YOU_DID_NOT, _NOT_REACHED)
        case Kind.THEY_DID_NOT:
            return _of_cause(moment.detail, _THEY_DID_NOT, _NOT_REACHED)
        case Kind.YOU_LEFT if moment.detail == Cause.HANGUP:
            return _("You hung up")
        case Kind.THEY_LEFT if moment.detail == Cause.HANGUP:
            return _("They hung up")
        case Kind.YOU_LEFT | Kind.THEY_LEFT:
            return _of_cause(moment.detail, _LEFT)
        case Kind.OVER:
            return outcome_words(moment.detail)
    return str(_SIMPLE[moment.kind])


def moment_more(moment: Moment) -> str:
    """What is to be added in small letters: the number rung, how long it lasted."""
    match moment.kind:
        case Kind.ASKED if moment.number:
            return _("to %(number)s", number=number(moment.number))
        case Kind.CALLING_YOU | Kind.CALLING_THEM:
            return number(moment.number)
        case Kind.THEY_LEFT:
            return _(
                "%(time)s with %(number)s", time=duration(moment.lasted_ms), number=number(moment.number)
            )
        case Kind.YOU_LEFT:
            return _("%(time)s in all", time=duration(moment.lasted_ms))
    return ""


def moment_tone(moment: Moment) -> str:
    """ok | warn | plain, for the mark beside it."""
    return _TONES.get(moment.kind, "plain")


def charge_words(charge: Charge) -> list[tuple[str, str]]:
    """How the cost of a leg came about, line by line: words, amount."""
    rate, currency = charge.rate, charge.currency
    lines = []
    if charge.connect_micro:
        lines.append((_("Connection fee"), money(charge.connect_micro, currency)))
    price = _("%(price)s a minute", price=money(rate.minute_micro, currency))
    lines.append((f"{billing_words(charge)} × {price}", money(charge.time_micro, currency)))
    if charge.spared_micro:
        lines.append((_("Not charged: no more was set aside"), money(-charge.spared_micro, currency)))
    return lines


def billing_words(charge: Charge) -> str:
    """The seconds billed, and of which increments they are made."""
    rate, billed = charge.rate, _("%(seconds)s s", seconds=charge.billed_s)
    if rate.first_s == rate.next_s == 1 or charge.billed_s <= rate.first_s:
        return billed
    further = ngettext("%(num)s × %(step)s s", "%(num)s × %(step)s s", charge.further, step=rate.next_s)
    return f"{billed} ({rate.first_s} + {further})"


def rate_words(charge: Charge) -> str:
    """How time is billed at this price."""
    rate = charge.rate
    if rate.first_s == rate.next_s:
        return ngettext("Billed by the second.", "Billed by every started %(num)s seconds.", rate.next_s)
    return _(
        "The first %(first)s seconds are billed whole, then every started %(next)s seconds.",
        first=rate.first_s,
        next=rate.next_s,
    )


def grade_words(grade: str) -> str:
    """How well a phone was heard."""
    return str(GRADES[grade])


def _of_cause(cause: str, *words: Mapping[str, Any]) -> str:
    """The first words for this cause."""
    return str(next((known[cause] for known in words if cause in known), cause))
