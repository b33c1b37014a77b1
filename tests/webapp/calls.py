"""Calls that pages tell about: stored as a dialer would have left them."""

import os

from callback.core.causes import Cause
from callback.core.events import Authorise, LegAnswered, LegName, Play
from callback.core.ids import ENTROPY_BYTES, new_id
from callback.core.rating import Rate
from callback.core.replay import encode
from callback.settlement import finish_request, record_leg_end
from callback.store import ledger, nodes, requests, trace
from callback.store.models import Leg, Request
from tests.webapp.desk import ANNA, FRIEND, Desk

RATE = Rate("48", "both", 50_000, 600_000, 60, 6)


def talked_call(
    desk: Desk, account_id: str, number: str = ANNA, destination: str = FRIEND, at_ms: int | None = None
) -> str:
    """A finished callback: A answers after 4 s, B after 9 s; they talk 65 s; B hangs up, then A. Its id."""
    born_ms = desk.clock.now_ms() if at_ms is None else at_ms
    id_ = queued_call(desk, account_id, number, None, born_ms)
    with desk.store.write() as session:
        epoch = nodes.register_node(session, "dialer@here", "dialer", born_ms)
        assert requests.claim_request(session, id_, "dialer@here", epoch, born_ms + 20)
        for role, rung, dialled, rings, answers in (
            ("A", number, 30, 900, 4_000),
            ("B", destination, 5_000, 6_000, 9_000),
        ):
            leg = _leg(id_, role, rung, epoch, born_ms + dialled)
            assert requests.record_leg_dialled(session, leg)
            requests.record_ringing(session, leg.id, epoch, born_ms + rings)
            requests.record_answer(session, leg.id, epoch, born_ms + answers, {})
        quality = {"rx": 3000.0, "tx": 3000.0, "lost": 3.0, "jitter_ms": 1.25}
        for role, cause, ends in (("b", Cause.HANGUP, 74_000), ("a", Cause.HANGUP, 80_000)):
            leg_id = f"{id_}-{role}1"
            assert record_leg_end(
                session, leg_id, epoch, ended_at_ms=born_ms + ends, cause=cause, quality=quality
            )
        assert finish_request(session, id_, epoch, "talked", born_ms + 80_010)
        answered = encode(LegAnswered(LegName("A", 1)))
        asked, wanted = encode(Play(1, ("enter_number",))), encode(Authorise("0493012345678", 1))
        lines = [
            trace.Line(id_, born_ms + 4_001, "ring-a>menu", answered, f"[{asked}]"),
            trace.Line(id_, born_ms + 4_900, "menu>authorise", '{"is":"TimedOut"}', f"[{wanted}]"),
        ]
        trace.add_lines(session, lines)
    return id_


def queued_call(
    desk: Desk, account_id: str, number: str = ANNA, destination: str | None = None, at_ms: int | None = None
) -> str:
    """A callback that nobody has claimed yet. Its id."""
    born_ms = desk.clock.now_ms() if at_ms is None else at_ms
    id_ = new_id(born_ms, os.urandom(ENTROPY_BYTES))
    wish = Request(
        id=id_, source_key=f"web:{id_}", account_id=account_id, trigger="web", ani="", number_a=number,
        destination=destination, cli="+48221234567", deck_id="deck", due_at_ms=born_ms, created_at_ms=born_ms,
    )  # fmt: skip
    with desk.store.write() as session:
        requests.open_request(session, wish)
        assert ledger.open_hold(session, id_, account_id, 3_000_000, born_ms)
    return id_


def _leg(request_id: str, role: str, number: str, epoch: int, at_ms: int) -> Leg:
    return Leg(
        id=f"{request_id}-{role.lower()}1", request_id=request_id, role=role, attempt=1, number=number,
        callee=number[1:], cli="+48221234567", trunk="carrier", next_hop="127.0.0.1:5061",
        node="dialer@here", epoch=epoch, rate=RATE.to_json(), dialled_at_ms=at_ms,
    )  # fmt: skip
