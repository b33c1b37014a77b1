"""The live page of a callback: in which phase it is, for how long, at what cost, and a button that ends it.

`/calls/<id>/state` is the part that changes, read afresh at each hint. The button stores a wish
(callback/wishing.py); one callback needs one wish, so a double press, a second tab and a reload are the first
press. Subscribers see their own calls, operators all; anybody else's is no page at all.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from callback.store import audit, live, wishes
from callback.store.live import LiveCall, Phase
from callback.wishing import Ending, wish_end
from webapp import live_words
from webapp.auth import current_user, safe_next, signed_in_only
from webapp.i18n import _, time_zone_now
from webapp.parts import the_parts

blueprint = Blueprint("live", __name__)


@blueprint.get("/calls/<request_id>")
@signed_in_only
def call(request_id: str) -> ResponseReturnValue:
    return render_template(
        "live/call.html", call=_find(request_id), for_operator=bool(current_user.is_operator)
    )


@blueprint.get("/calls/<request_id>/state")
@signed_in_only
def state(request_id: str) -> ResponseReturnValue:
    """The changing part of the page."""
    return render_template(
        "live/_state.html", call=_find(request_id), for_operator=bool(current_user.is_operator)
    )


@blueprint.post("/calls/<request_id>/hang-up")
@signed_in_only
def hang_up(request_id: str) -> ResponseReturnValue:
    """End it, at once or as soon as its dialer hears of it; back to `next`, by default its own page."""
    parts = the_parts()
    found = _find(request_id)
    now_ms = parts.clock.now_ms()
    is_operator = bool(current_user.is_operator)
    author = (
        f"{wishes.OPERATOR}{current_user.login}" if is_operator else f"{wishes.ACCOUNT}{found.account_id}"
    )
    with parts.store.write() as session:
        ending = wish_end(session, request_id, author, parts.clock.new_id(), now_ms)
        if is_operator and ending is not Ending.OVER:
            audit.record(
                session, at_ms=now_ms, author=current_user.login, action="hang-up", subject=request_id,
                login=found.login,
            )  # fmt: skip
    if ending is Ending.WISHED:
        parts.news.tell_wish()
    if ending is not Ending.OVER:
        parts.news.tell(found.account_id, request_id)
    match ending:
        case Ending.CANCELLED:
            flash(_("The call is cancelled. It cost nothing."), "ok")
        case Ending.OVER:
            flash(_("This call had ended already."), "info")
    return redirect(safe_next(request.form.get("next"), f"/calls/{request_id}"), 303)


@blueprint.app_template_filter()
def phase_heading(call: LiveCall, for_operator: bool = False) -> str:
    return live_words.phase_heading(call, for_operator=for_operator)


@blueprint.app_template_filter()
def phase_sentence(call: LiveCall, for_operator: bool = False) -> str:
    return live_words.phase_sentence(call, for_operator=for_operator)


@blueprint.app_template_filter()
def phase_icon(phase: Phase) -> str:
    return live_words.ICONS[phase]


@blueprint.app_template_filter()
def phase_tone(phase: Phase) -> str:
    return live_words.TONES[phase]


@blueprint.app_template_filter()
def steps(call: LiveCall) -> list[str]:
    """The steps a callback takes; one that reads a code has no other end."""
    wanted = live_words.STEPS[:2] if call.purpose == "code" else live_words.STEPS
    return [str(word) for _phase, word in wanted]


@blueprint.app_template_filter()
def step_now(call: LiveCall) -> int:
    """Which of them is under way, counted from 0; -1 before the first, and what is below it is done."""
    order = [Phase.QUEUED, Phase.RINGING_A, Phase.ANSWERED_A, Phase.RINGING_B, Phase.TALKING, Phase.ENDED]
    return order.index(call.phase) - 1


@blueprint.app_template_global()
def live_zone() -> str:
    """The clock that times are shown by, for the browser's own formatting."""
    return time_zone_now().key


def _find(request_id: str) -> LiveCall:
    parts = the_parts()
    account_id = None if current_user.is_operator else current_user.get_id()
    with parts.store.read() as session:
        found = live.find_call(session, request_id, parts.clock.now_ms(), account_id=account_id)
    return found or abort(404)
