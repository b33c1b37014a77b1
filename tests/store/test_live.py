"""A callback as somebody watches it, from the wish to the end."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from callback import settlement
from callback.core.causes import Cause
from callback.core.ids import leg_id
from callback.core.rating import cost
from callback.store import ledger, live, requests, wishes
from callback.store.db import Store
from callback.store.live import LiveCall, Phase
from callback.store.models import Leg, Request, Wish
from tests.store.books import FRIEND, RATE, START_MS, new_account, new_leg, new_wish

EPOCH = 7


class Watched:
    """One callback and whoever looks at it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.account = new_account(session, money_micro=1_000_000)
        self.request: Request = requests.open_request(session, new_wish(self.account)).request
        assert ledger.open_hold(session, self.request.id, self.account.id, 900_000, START_MS)
        self.seen: list[LiveCall] = []

    def look(self, after_ms: int) -> LiveCall:
        found = live.find_call(self.session, self.request.id, START_MS + after_ms)
        assert found
        if self.seen:
            assert found.version > self.seen[-1].version, "every change makes a new version"
        self.seen.append(found)
        return found

    def claim(self) -> None:
        claimed = requests.claim_request(self.session, self.request.id, "dialer1", EPOCH, START_MS + 10)
        assert claimed
        self.request = claimed

    def dial(self, role: str, attempt: int, after_ms: int) -> str:
        leg: Leg = new_leg(self.request, role, attempt)
        leg.dialled_at_ms = START_MS + after_ms
        leg.number = self.request.number_a if role == "A" else FRIEND
        assert requests.record_leg_dialled(self.session, leg)
        return leg_id(self.request.id, role, attempt)

    def ring(self, leg: str, after_ms: int) -> None:
        assert requests.record_ringing(self.session, leg, EPOCH, START_MS + after_ms)

    def answer(self, leg: str, after_ms: int) -> None:
        assert requests.record_answer(self.session, leg, EPOCH, START_MS + after_ms, {})

    def end(self, leg: str, after_ms: int, cause: Cause = Cause.HANGUP) -> None:
        ended_at_ms = START_MS + after_ms
        assert settlement.record_leg_end(self.session, leg, EPOCH, ended_at_ms=ended_at_ms, cause=cause)


@pytest.fixture
def watched(store: Store) -> Iterator[Watched]:
    with store.write() as session:
        yield Watched(session)


def test_each_phase_is_told_with_the_instant_it_began(watched: Watched) -> None:
    queued = watched.look(1)
    assert (queued.phase, queued.since_ms, queued.cost_micro) == (Phase.QUEUED, START_MS, 0)
    watched.claim()
    assert watched.look(11).phase is Phase.RINGING_A
    a = watched.dial("A", 1, 20)
    calling = watched.look(21)
    assert (calling.phase, calling.since_ms, calling.rings) == (Phase.RINGING_A, START_MS + 20, False)
    watched.ring(a, 300)
    assert watched.look(301).rings
    watched.answer(a, 4000)
    answered = watched.look(5000)
    assert (answered.phase, answered.since_ms) == (Phase.ANSWERED_A, START_MS + 4000)
    assert answered.cost_micro == cost(RATE, 1000)
    b = watched.dial("B", 1, 6000)
    ringing = watched.look(6001)
    assert (ringing.phase, ringing.destination, ringing.rings) == (Phase.RINGING_B, FRIEND, False)
    watched.ring(b, 6500)
    assert watched.look(6501).rings
    watched.answer(b, 9000)
    talking = watched.look(70_000)
    assert (talking.phase, talking.talking_since_ms) == (Phase.TALKING, START_MS + 9000)
    assert talking.cost_micro == cost(RATE, 66_000) + cost(RATE, 61_000)
    assert not talking.cost_final


def test_after_the_other_end_hung_up_the_customer_may_dial_again(watched: Watched) -> None:
    watched.claim()
    a, b = watched.dial("A", 1, 20), watched.dial("B", 1, 30)
    watched.answer(a, 40)
    watched.answer(b, 50)
    watched.end(b, 60_050)
    menu = watched.look(61_000)
    assert (menu.phase, menu.talking_since_ms, menu.talked_ms) == (Phase.ANSWERED_A, None, 60_000)


def test_the_end_tells_what_it_cost_in_the_end(watched: Watched) -> None:
    watched.claim()
    a, b = watched.dial("A", 1, 20), watched.dial("B", 1, 30)
    watched.answer(a, 40)
    watched.answer(b, 50)
    watched.end(a, 60_040)
    clearing = watched.look(60_041)
    assert (clearing.phase, clearing.cost_final) == (Phase.ENDED, False)
    watched.end(b, 60_050, Cause.CLEARED)
    assert settlement.finish_request(watched.session, watched.request.id, EPOCH, "talked", START_MS + 60_060)
    over = watched.look(99_000)
    assert (over.phase, over.outcome, over.cause, over.cost_final) == (Phase.ENDED, "talked", "hangup", True)
    assert over.cost_micro == 2 * cost(RATE, 60_000)
    assert live.live_calls(watched.session, START_MS) == []


def test_another_way_to_the_same_phone_still_rings_it(watched: Watched) -> None:
    watched.claim()
    watched.end(watched.dial("A", 1, 20), 30, Cause.CONGESTION)
    assert watched.look(31).phase is Phase.RINGING_A
    watched.dial("A", 2, 40)
    assert watched.look(41).since_ms == START_MS + 40


def test_a_wish_to_end_shows_until_it_has_come_true(watched: Watched) -> None:
    watched.claim()
    assert not watched.look(11).ending
    wishes.add_wish(
        watched.session,
        Wish(
            id="w", key="hang-up", node="dialer1", kind=wishes.HANG_UP, subject=watched.request.id,
            author="account:anna", created_at_ms=START_MS,
        ),
    )  # fmt: skip
    assert watched.look(12).ending
    settlement.finish_request(watched.session, watched.request.id, EPOCH, "cancelled", START_MS + 20)
    assert not watched.look(21).ending


def test_nobody_sees_the_calls_of_others(watched: Watched) -> None:
    boris = new_account(watched.session, "boris")
    request_id, now_ms = watched.request.id, START_MS
    assert live.find_call(watched.session, request_id, now_ms, account_id=boris.id) is None
    assert live.find_call(watched.session, request_id, now_ms, account_id=watched.account.id)
    assert live.live_calls(watched.session, now_ms, account_id=boris.id) == []
    mine = live.live_calls(watched.session, now_ms, account_id=watched.account.id)
    assert [call.request_id for call in mine] == [request_id]
    assert [call.login for call in live.live_calls(watched.session, now_ms)] == ["alice"]
