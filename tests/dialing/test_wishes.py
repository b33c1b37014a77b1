"""Wishes that end calls: both phones are hung up, the records say who wished it, and nobody rings again."""

import asyncio

import pytest

from callback.config import Session
from callback.intake import Accepted
from callback.intake import Wish as Asked
from callback.store import accounts, nodes, wishes
from callback.store.models import Wish
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from callback.wishing import Ending, wish_end
from tests.dialing.box import ANNA, BORIS, Box, box
from tests.waiting import becomes

CUSTOMER, OPERATOR = "account:anna", "operator:olga"


async def _asked(here: Box, destination: str | None = None) -> str:
    accepted = here.ask("wish", destination)
    assert isinstance(accepted, Accepted), accepted
    return accepted.request_id


def _wish(here: Box, request_id: str, author: str = CUSTOMER) -> Ending:
    now_ms = here.clock.now_ms()
    with here.store.write() as session:
        return wish_end(session, request_id, author, here.clock.new_id(), now_ms)


def _is_wished(here: Box, request_id: str) -> bool:
    with here.store.read() as session:
        return wishes.find_open_wish(session, request_id) is not None


@pytest.mark.parametrize(
    ("author", "cause", "blame"),
    [(CUSTOMER, "customer-wish", "customer"), (OPERATOR, "operator-wish", "us")],
)
def test_a_talk_is_ended_by_a_wish_and_charged_until_then(author: str, cause: str, blame: str) -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1))
            here.carrier.handset(BORIS, Plan(ring_s=0.1))
            request_id = await _asked(here, BORIS)
            await here.carrier.wait_for("acked", BORIS, 8)
            asked_ms = here.clock.now_ms()
            assert _wish(here, request_id, author) is Ending.WISHED
            here.dialer.look_for_wishes()
            request = await here.ended(request_id)
            assert here.clock.now_ms() - asked_ms < 1000
            assert (request.state, request.outcome) == ("done", "talked")
            records = here.cdrs(request_id)
            assert {(cdr.disposition, cdr.cause, cdr.blame) for cdr in records} == {
                ("answered", cause, blame)
            }
            assert here.balance_micro() == 10_000_000 - sum(cdr.cost_micro for cdr in records)
            assert not _is_wished(here, request_id)
            assert here.carrier.open_calls() == []
            assert here.faults() == []

    asyncio.run(play())


def test_a_ringing_phone_falls_silent_and_costs_nothing() -> None:
    async def play() -> None:
        async with box(session=Session(ring_a_s=20)) as here:
            here.carrier.handset(ANNA, BY_HAND)
            request_id = await _asked(here)
            await here.carrier.wait_for("ringing", ANNA, 8)
            assert _wish(here, request_id) is Ending.WISHED
            here.dialer.look_for_wishes()
            await here.carrier.wait_for("cancelled", ANNA, 5)
            request = await here.ended(request_id)
            assert (request.state, request.outcome) == ("cancelled", "cancelled")
            (cdr,) = here.cdrs(request_id)
            assert (cdr.disposition, cdr.cause, cdr.cost_micro) == ("cancelled", "customer-wish", 0)
            assert here.balance_micro() == 10_000_000
            assert here.faults() == []

    asyncio.run(play())


def test_a_wish_of_which_no_news_came_is_found_within_a_second_or_two() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1))
            request_id = await _asked(here)
            await here.carrier.wait_for("acked", ANNA, 8)
            assert _wish(here, request_id) is Ending.WISHED
            request = await here.ended(request_id, 4)
            assert request.outcome == "cancelled"
            assert here.faults() == []

    asyncio.run(play())


def test_people_are_told_of_every_step_of_their_call() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1, hang_up_after_s=0.5))
            request_id = await _asked(here)
            await here.ended(request_id)
            await becomes(
                lambda: len(here.news.told) >= 5, 5, "claimed or dialled, rings, answered, over, ended"
            )
            assert set(here.news.told) == {("anna", request_id)}

    asyncio.run(play())


def test_a_wish_survives_its_dialer_and_the_phone_stays_silent() -> None:
    """Declared dead with the wish stored and nobody told: giving the callback back, it ends it instead."""

    async def play() -> None:
        async with box(session=Session(ring_a_s=20)) as here:
            here.carrier.handset(ANNA, BY_HAND)
            request_id = await _asked(here)
            await here.carrier.wait_for("ringing", ANNA, 8)
            with here.store.write() as session:
                (node,) = nodes.list_nodes(session)
                wish_end(session, request_id, CUSTOMER, "wish", here.clock.now_ms())
                assert nodes.mark_down(session, node.name, node.epoch)
            request = await here.ended(request_id)
            assert request.state == "cancelled"
            assert here.carrier.invites == 1

    asyncio.run(play())


def test_a_wish_that_slipped_past_its_call_is_closed_by_any_dialer() -> None:
    """On a database that lets a claim, an end or a return to the queue slip between two statements."""

    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1, hang_up_after_s=0.1))
            over = await _asked(here)
            await here.ended(over)
            waiting = _stored(here)
            for subject in (over, waiting, "nothing"):
                _slip(here, subject)
            here.dialer.look_for_wishes()
            slipped = (over, waiting, "nothing")
            await becomes(
                lambda: not any(_is_wished(here, subject) for subject in slipped), 5, "they are closed"
            )
            assert here.request(over).outcome == "not-connected"
            assert here.request(waiting).state == "cancelled"
            assert here.carrier.invites == 1
            assert here.faults() == []

    asyncio.run(play())


def _stored(here: Box) -> str:
    """Accepted, and no dialer was woken."""
    with here.store.write() as session:
        account = accounts.get_account(session, "anna")
        accepted = here.intake.request_callback(session, account, Asked("slow", "cli", ANNA))
    assert isinstance(accepted, Accepted)
    return accepted.request_id


def _slip(here: Box, subject: str) -> None:
    wish = Wish(
        id=here.clock.new_id(), key=subject, node="", kind=wishes.HANG_UP, subject=subject, author=CUSTOMER,
        created_at_ms=here.clock.now_ms(),
    )  # fmt: skip
    with here.store.write() as session:
        assert wishes.add_wish(session, wish)
