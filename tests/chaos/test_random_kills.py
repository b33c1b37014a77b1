"""kill -9 of any process at any instant, again and again; hours of it by `make soak`."""

import asyncio
import random

import pytest

from callback.telephony.simulator import Plan
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.waiting import becomes

VICTIMS = ("gateway", "dialer", "media", "relay", "valkey", "worker", "keeper")
_CALL_S = 5.0  # from the SMS to the end of an undisturbed call


async def _strike(here: Town, chance: random.Random) -> None:
    for after_s in sorted(chance.uniform(0, _CALL_S) for _ in range(chance.randint(1, 3))):
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        await asyncio.sleep(after_s)
        victim = chance.choice(VICTIMS)
        print(f"{loop.time() - begun_s:.2f} s: {victim}")
        try:
            here.product.kill(victim)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it is dead already


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_whoever_dies_whenever(seed: int) -> None:
    async def play() -> None:
        chance = random.Random(seed)
        async with town(number=ANNA) as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=chance.uniform(0, 2), hang_up_after_s=3))
            here.carrier.handset(BORIS, Plan(ring_s=chance.uniform(0, 1), hang_up_after_s=1))
            await here.serve()
            here.text("U.anna P.secret99 T.221234999")
            await _strike(here, chance)
            await here.product.finished(1, 90)
            await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
            await here.reply()
            await here.nothing_waits()
            assert len(here.replies()) == 1, here.replies()
            assert anna.overlaps == 0
            in_service = [e for e in here.carrier.events if e.kind == "rtp" and e.number == ANNA]
            assert len(in_service) <= 1, "a second call was in service"
            assert here.product.ask("account", "show", "anna")["held_micro"] == 0
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
