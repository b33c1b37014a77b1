"""What an operator sees first: calls now and today, SMS today, what was refused, and whether all is up."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from callback.core.results import Result
from callback.store import audit, traffic
from callback.store.live import live_calls
from callback.waking import QueueDown
from webapp.auth import operator_only
from webapp.console.audit_words import entry_words
from webapp.console.days import midnight_ms
from webapp.console.hours import read_hours
from webapp.console.links import Plant, read_plant
from webapp.console.sms_words import REFUSED
from webapp.parts import the_parts

blueprint = Blueprint("console_overview", __name__, url_prefix="/operator")

_ENTRIES = 8
_NOT_WITHOUT_TALK = (Result.TALKED, Result.LIVE)
_PARTS = ("dialer", "gateway", "relay")


@blueprint.get("/")
@operator_only
def overview() -> ResponseReturnValue:
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        seen, hours = _read(session, now_ms), read_hours(session, now_ms)
    return _show("console/overview.html", now_ms, seen, hours=hours)


@blueprint.get("/now")
@operator_only
def now() -> ResponseReturnValue:
    """The part of the page that changes by itself."""
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        seen = _read(session, now_ms)
    return _show("console/_now.html", now_ms, seen)


@blueprint.get("/hours")
@operator_only
def hours() -> ResponseReturnValue:
    """The chart of the page, which changes slowly."""
    with the_parts().store.read() as session:
        seen = read_hours(session, the_parts().clock.now_ms())
    return render_template("console/_hours.html", hours=seen)


def _show(template: str, now_ms: int, seen: dict[str, object], **more: object) -> str:
    return render_template(
        template, **seen, **more, now_ms=now_ms, queue_waiting=_queue_waiting(), entry_words=entry_words
    )


def _read(session: Session, now_ms: int) -> dict[str, object]:
    """Fourteen statements."""
    since_ms = midnight_ms(now_ms)
    calls, sms = traffic.count_calls(session, since_ms), traffic.count_sms(session, since_ms)
    plant = read_plant(session, now_ms)
    return {
        "live": live_calls(session, now_ms),
        "calls": calls,
        "calls_in_all": sum(calls.values()),
        "talked": calls.get(Result.TALKED, 0),
        "in_progress": calls.get(Result.LIVE, 0),
        "without_talk": sum(n for result, n in calls.items() if result not in _NOT_WITHOUT_TALK),
        "sms": sms,
        "refused": [(REFUSED[reason], count) for reason, count in sms.refused],
        "plant": plant,
        "parts_up": _parts_up(plant),
        "entries": audit.latest(session, _ENTRIES),
    }


def _parts_up(plant: Plant) -> list[tuple[str, int, int]]:
    """Of each kind of process: how many are up, of how many that did not say goodbye."""
    told = []
    for kind in _PARTS:
        states = [seen.state for seen in plant.nodes if seen.node.kind == kind and seen.state != "down"]
        told.append((kind, states.count("up"), len(states)))
    return told


def _queue_waiting() -> int | None:
    """Jobs nobody has taken yet; None if the queue is away."""
    try:
        return the_parts().queue.waiting()
    except QueueDown:
        return None
