"""kill -9 in the midst of recovering from another trouble: still one answer, one callback, clean books."""

import asyncio
import os
import signal

import pytest

from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.e2e.town import ANNA, Town, town
from tests.waiting import becomes

ANSWERS_AND_LEAVES = Plan(ring_s=0.2, hang_up_after_s=0.5)


async def _one_callback(here: Town, point: str, victim: str) -> None:
    ours = here.product
    (call,) = await ours.finished(1, 45)
    assert call.outcome == "not-connected"  # Anna was there and dialled nothing
    await becomes((ours.run_dir / f"failpoint.{point}").exists, 5, f"{point} is reached")
    await becomes(lambda: ours.has_died(victim), 5, f"the {victim} is killed there")
    await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
    await here.nothing_waits()
    assert len(here.replies()) == 1
    in_service = [event for event in here.carrier.events if event.kind == "rtp"]
    assert len(in_service) == 1
    assert here.carrier.handset(ANNA).overlaps == 0
    assert ours.ask("reconcile") == {"clean": True, "faults": []}


def test_a_dialer_that_dies_again_over_what_its_first_death_left() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            anna = here.carrier.handset(ANNA, BY_HAND)
            await here.serve(RINGBACK_FAILPOINT="dialer.put_back=dialer")
            here.text("U.anna P.secret99")
            await here.carrier.wait_for("ringing", ANNA, 10)
            anna.plan = ANSWERS_AND_LEAVES
            here.product.kill("dialer")
            await _one_callback(here, "dialer.put_back", "dialer")
            assert anna.invites == 2

    asyncio.run(play())


@pytest.mark.parametrize("point", ["relay.due_found", "relay.enqueued"])
def test_a_relay_that_dies_while_it_makes_good_for_a_queue_that_was_away(point: str) -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, ANSWERS_AND_LEAVES)
            await here.serve(RINGBACK_FAILPOINT=f"{point}=relay")
            os.kill(here.product.pid("valkey"), signal.SIGSTOP)
            here.text("U.anna P.secret99")
            await here.reply()
            here.product.kill("valkey")
            await _one_callback(here, point, "relay")

    asyncio.run(play())
