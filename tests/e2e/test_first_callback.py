"""An SMS comes in, two phones ring and talk, the account is charged."""

import asyncio

import pytest

from callback.telephony.simulator import Handset, Plan
from callback.telephony.simulator.hearing import share_of
from tests.e2e.town import ANNA, BORIS, town
from tests.waiting import becomes


async def hears(handset: Handset, hz: float) -> None:
    await becomes(
        lambda: share_of(handset.recording.last_ms(400), hz) > 0.5, 5, f"{handset.number} hears {hz} Hz"
    )


@pytest.mark.parametrize("bind", ["transceiver", "receiver+transmitter"])
def test_register_call_me_dial_talk_hang_up_pay(bind: str) -> None:
    async def play() -> None:
        async with town(bind=bind) as here:
            await here.serve()
            here.text(f"U.anna P.secret99 R.{ANNA[1:]}")
            assert ANNA in await here.reply(1)
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.2, tune="own"))
            boris = here.carrier.handset(BORIS, Plan(ring_s=0.2, tune="own"))
            here.text("U.anna P.secret99")
            await here.reply(2)
            await here.carrier.wait_for("rtp", ANNA, 8)
            anna.press("221234999#")
            await here.carrier.wait_for("answered", BORIS, 8)
            await hears(anna, boris.own_hz)
            await hears(boris, anna.own_hz)
            anna.hang_up()
            (call,) = await here.product.finished()
            assert call.outcome == "talked"
            here.text("U.anna P.secret99 B")
            assert "EUR" in await here.reply(3)
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}
            assert here.carrier.open_calls() == []
            assert await here.product.stop() == 0

    asyncio.run(play())
