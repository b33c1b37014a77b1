"""A node whose lease lapses: it dials nothing, hangs up what is up, and forgets no callback."""

import asyncio

from callback.config import Session
from callback.intake import Accepted
from callback.lease import HANG_UP_S, NO_NEW_LEG_S
from callback.store import accounts, nodes
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.dialing.box import ANNA, BORIS, Box, box
from tests.waiting import becomes


async def _asked(here: Box, destination: str | None = None) -> str:
    accepted = here.ask("wish", destination)
    assert isinstance(accepted, Accepted), accepted
    return accepted.request_id


async def _queued(here: Box, request_id: str) -> None:
    await becomes(lambda: here.request(request_id).state == "queued", 10, "the callback waits again")


async def _claimed_too_late(here: Box) -> str:
    """A callback that was claimed while the lease ran out, and given back; its id."""
    request_id = await _asked(here)
    with here.locked():
        await asyncio.sleep(0)  # the claim is asked for
        here.clock.ahead_s += NO_NEW_LEG_S
    await _queued(here, request_id)
    return request_id


async def _declared_dead(here: Box) -> None:
    with here.store.write() as session:
        (node,) = nodes.list_nodes(session)
        assert nodes.mark_down(session, node.name, node.epoch)


def test_a_claim_that_took_too_long_is_given_back_and_rings_nobody() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA)
            await _claimed_too_late(here)
            assert here.carrier.invites == 0
            assert here.faults() == []

    asyncio.run(play())


def test_a_phone_removed_while_its_callback_waits_once_more_is_not_rung() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA)
            request_id = await _claimed_too_late(here)
            with here.store.write() as session:
                assert accounts.remove_number(session, "anna", ANNA)
            await becomes(lambda: here.dialer.may_dial, 8, "the lease is renewed")
            here.dialer.wake([request_id])
            request = await here.ended(request_id)
            assert (request.state, request.outcome) == ("cancelled", "cancelled")
            assert here.carrier.invites == 0
            assert here.faults() == []

    asyncio.run(play())


def test_a_locked_database_does_not_keep_the_fence_from_hanging_up() -> None:
    """The session waits for the commit of B's answer; the phones do not."""

    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1))
            boris = here.carrier.handset(BORIS, BY_HAND)
            request_id = await _asked(here, BORIS)
            await here.carrier.wait_for("ringing", BORIS, 8)
            with here.locked():
                boris.answer()
                await here.carrier.wait_for("answered", BORIS, 5)
                here.clock.ahead_s += HANG_UP_S
                await here.carrier.wait_for("bye", ANNA, 5)
                await here.carrier.wait_for("bye", BORIS, 5)
            await here.ended(request_id)
            assert {cdr.cause for cdr in here.cdrs(request_id)} == {"fenced"}
            assert here.faults() == []

    asyncio.run(play())


def test_a_phone_that_the_fence_made_stop_ringing_rings_once_more_and_no_more() -> None:
    async def play() -> None:
        async with box(session=Session(ring_a_s=20)) as here:
            here.carrier.handset(ANNA, BY_HAND)
            request_id = await _asked(here)
            for life in (1, 2):
                begun_ms = here.clock.now_ms()
                here.dialer.wake([request_id])
                await here.carrier.wait_for("ringing", ANNA, 8, 0 if life == 1 else begun_ms)
                with here.locked():
                    here.clock.ahead_s += HANG_UP_S
                    await here.carrier.wait_for("cancelled", ANNA, 5, begun_ms)
                if life == 1:
                    await _queued(here, request_id)
                    await becomes(lambda: here.dialer.may_dial, 8, "the lease is renewed")
            request = await here.ended(request_id)
            assert (request.state, request.outcome) == ("failed", "lost")
            assert here.carrier.invites == 2
            assert here.faults() == []

    asyncio.run(play())


def test_a_node_declared_dead_hangs_up_and_ends_so_that_it_is_started_anew() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.1))
            request_id = await _asked(here)
            await here.carrier.wait_for("acked", ANNA, 8)
            await _declared_dead(here)
            await asyncio.wait_for(asyncio.shield(here.running), 10)
            assert here.request(request_id).outcome == "lost"
            assert here.carrier.open_calls() == []
            assert here.faults() == []

    asyncio.run(play())


def test_a_node_declared_dead_leaves_the_callback_nobody_answered_to_the_next() -> None:
    async def play() -> None:
        async with box(session=Session(ring_a_s=20)) as here:
            here.carrier.handset(ANNA, BY_HAND)
            request_id = await _asked(here)
            await here.carrier.wait_for("ringing", ANNA, 8)
            await _declared_dead(here)
            await asyncio.wait_for(asyncio.shield(here.running), 10)
            assert here.request(request_id).state == "queued"
            assert here.carrier.open_calls() == []

    asyncio.run(play())
