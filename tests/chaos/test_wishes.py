"""A dialer killed between hearing a wish and carrying it out: the call ends, and the phone rings no more."""

import asyncio

import pytest

from callback.clock import Clock
from callback.telephony.simulator.plan import BY_HAND
from callback.wishing import Ending, wish_end
from tests.e2e.town import ANNA, Town, town
from tests.waiting import becomes


def _wish(here: Town) -> Ending:
    (request,) = here.product.requests()
    clock = Clock()
    with here.product.store.write() as session:
        return wish_end(session, request.id, "account:anna", clock.new_id(), clock.now_ms())


@pytest.mark.parametrize("point", ["dialer.wish_told", "settlement.leg_ended", "settlement.released"])
def test_a_wish_outlives_the_dialer_that_heard_it(point: str) -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, BY_HAND)
            await here.serve(RINGBACK_FAILPOINT=f"{point}=dialer")
            here.text("U.anna P.secret99")
            await here.carrier.wait_for("ringing", ANNA, 10)
            assert _wish(here) is Ending.WISHED
            (call,) = await here.product.finished(1, 45)
            await becomes(lambda: here.product.has_died("dialer"), 5, f"the dialer is killed at {point}")
            assert (call.state, call.outcome) == ("cancelled", "cancelled")
            await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
            assert here.carrier.invites == 1
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}
            assert await here.product.stop() == 0

    asyncio.run(play())
