"""The words for a callback that is under way: a heading and a sentence for each phase.

A subscriber is told "you", an operator "the client"; once it has ended, `call_words` knows what became of it.
"""

from callback.core.session_value import Outcome
from callback.store.live import LiveCall, Phase
from webapp.call_words import outcome_words
from webapp.filters import duration, number
from webapp.i18n import _
from webapp.i18n import lazy_gettext as _l

ICONS = {
    Phase.QUEUED: "clock",
    Phase.RINGING_A: "phone-ringing",
    Phase.ANSWERED_A: "phone-incoming",
    Phase.RINGING_B: "phone-outgoing",
    Phase.TALKING: "phone-call",
    Phase.ENDED: "phone-off",
}
TONES = {
    Phase.QUEUED: "busy",
    Phase.RINGING_A: "busy",
    Phase.ANSWERED_A: "ok",
    Phase.RINGING_B: "busy",
    Phase.TALKING: "ok",
    Phase.ENDED: "plain",
}
STEPS = (
    (Phase.RINGING_A, _l("Your phone rings")),
    (Phase.ANSWERED_A, _l("You answer")),
    (Phase.RINGING_B, _l("Their phone rings")),
    (Phase.TALKING, _l("You talk")),
)
_FOR_OPERATORS = {
    Phase.QUEUED: _l("Waiting"),
    Phase.RINGING_A: _l("Ringing the client"),
    Phase.ANSWERED_A: _l("The client answered"),
    Phase.RINGING_B: _l("Ringing the destination"),
    Phase.TALKING: _l("Talking"),
    Phase.ENDED: _l("Ended"),
}


_LONG_MS = 10_000  # usually a call is begun within a second


def waits_long(call: LiveCall) -> bool:
    """Whether it waits longer than it should: nobody leads calls at the moment."""
    return call.phase is Phase.QUEUED and call.read_at_ms - call.created_at_ms >= _LONG_MS


def phase_heading(call: LiveCall, *, for_operator: bool = False) -> str:
    """What is going on, in two or three words."""
    if for_operator:
        return str(_FOR_OPERATORS[call.phase])
    if call.ending:
        return _("Hanging up …")
    match call.phase:
        case Phase.QUEUED if waits_long(call):
            return _("We are still trying")
        case Phase.QUEUED:
            return _("We call you in a moment")
        case Phase.RINGING_A:
            return _("Ringing you")
        case Phase.ANSWERED_A:
            return _("You answered")
        case Phase.RINGING_B:
            return _("Ringing them")
        case Phase.TALKING:
            return _("Talking")
    return _("Call cancelled") if call.outcome == Outcome.CANCELLED else _("Call ended")


def phase_sentence(call: LiveCall, *, for_operator: bool = False) -> str:
    """What comes next, or what became of it."""
    if for_operator:
        return "" if call.phase is not Phase.ENDED else call.outcome
    match call.phase:
        case Phase.QUEUED if waits_long(call):
            return _(
                "This takes longer than usual, sorry. We ring %(number)s as soon as we can; "
                "until you answer it costs nothing.",
                number=number(call.number_a),
            )
        case Phase.QUEUED:
            return _("Keep your phone at hand: %(number)s", number=number(call.number_a))
        case Phase.RINGING_A if call.rings:
            return _("Answer your phone: %(number)s", number=number(call.number_a))
        case Phase.RINGING_A:
            return _("We are calling your phone: %(number)s", number=number(call.number_a))
        case Phase.ANSWERED_A if call.purpose == "code":
            return _("Listen for your code.")
        case Phase.ANSWERED_A if call.destination is None:
            return _("Enter the number you want on your phone, then #.")
        case Phase.ANSWERED_A:
            return _("Listen to your phone.")
        case Phase.RINGING_B:
            return _("%(number)s is being called.", number=number(call.destination or ""))
        case Phase.TALKING:
            return _("You are connected with %(number)s.", number=number(call.destination or ""))
    if call.ended_at_ms is None:
        return _("The bill follows in a moment.")
    if call.outcome == Outcome.TALKED:
        return _("You talked for %(time)s.", time=duration(call.talked_ms))
    return outcome_words(call.outcome)
