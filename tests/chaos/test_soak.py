"""A long stretch of callbacks while processes are killed at random: `make soak` (SOAK_S seconds, else 1,800).

Two wishes a second by two hundred phones; every eight seconds one process of the product dies by SIGKILL.
At the end every SMS was answered once, no phone was called twice at a time, nothing is left on the wire, the
books agree, and memory has not grown. The seed is printed; SOAK_SEED repeats it.
"""

import asyncio
import os
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.store import accounts
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BUSY, UNREACHABLE
from smsgw.simulator_texts import MoMessage
from tests.e2e.town import ACCESS, BORIS, Town, town
from tests.waiting import becomes

_PHONES = 200
_PLANS = (
    BUSY,
    UNREACHABLE,
    Plan(ring_s=0.5, hang_up_after_s=1.5),
    Plan(ring_s=0.3, press=((0.4, "221234999#"),), hang_up_after_s=6),
)
_VICTIMS = ("gateway", "dialer", "media", "relay", "valkey", "worker")
_WISHES_EVERY_S = 0.5
_KILL_EVERY_S = 8.0


def _phone(index: int) -> str:
    return f"+48600{index:06}"


def _furnish(here: Town, dice: random.Random) -> None:
    clock = Clock()
    with here.product.store.write() as session:
        account = accounts.find_account(session, "anna")
        assert account is not None
        for index in range(_PHONES):
            accounts.verify_directly(session, account.id, _phone(index), number_id=clock.new_id(), now_ms=0)
            here.carrier.handset(_phone(index), dice.choice(_PLANS))
    here.carrier.handset(BORIS, Plan(ring_s=0.2, hang_up_after_s=1.5))


async def _kill_now_and_then(here: Town, dice: random.Random, until_s: float) -> Counter[str]:
    killed: Counter[str] = Counter()
    while time.monotonic() < until_s:
        await asyncio.sleep(_KILL_EVERY_S * dice.uniform(0.5, 1.5))  # the rhythm of the soak
        victim = dice.choice(_VICTIMS)
        with suppress(FileNotFoundError, ProcessLookupError):  # it is being restarted just now
            here.product.kill(victim)
            killed[victim] += 1
    return killed


async def _wish(here: Town, until_s: float) -> int:
    count = 0
    while time.monotonic() < until_s:
        number = _phone(count % _PHONES)
        here.smsc.deliver(MoMessage(number, ACCESS, f"U.anna P.secret99 F.{number[1:]}"))
        count += 1
        await asyncio.sleep(_WISHES_EVERY_S)  # the rhythm of the soak
    return count


def _resident_mib(here: Town) -> dict[str, float]:
    found = {}
    for name in ("gateway", "dialer", "relay", "serve"):
        pid = here.product.serving.pid if name == "serve" and here.product.serving else here.product.pid(name)
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        found[name] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return found


@pytest.mark.soak
def test_callbacks_go_on_while_processes_die() -> None:
    lasts_s = float(os.environ.get("SOAK_S", "1800"))
    seed = int(os.environ.get("SOAK_SEED", str(random.randrange(2**32))))
    dice = random.Random(seed)

    async def play() -> None:
        async with town(credit="99999.00") as here:
            _furnish(here, dice)
            await here.serve()
            until_s = time.monotonic() + lasts_s
            wishing = asyncio.create_task(_wish(here, until_s))
            killed = await _kill_now_and_then(here, dice, until_s)
            wishes = await wishing
            await becomes(lambda: not here.smsc.waiting, 60, "every SMS is accepted")
            alive = "SELECT count(*) FROM request WHERE state IN ('queued', 'running')"
            await becomes(lambda: here.product.count(alive) == 0, 120, "every callback is over")
            await becomes(lambda: not here.carrier.open_calls(), 60, "nothing is left on the wire")
            await here.nothing_waits()
            print(f"\nseed {seed}: {wishes} wishes, killed {dict(killed)}, {here.carrier.invites} INVITEs")
            print("resident MiB:", {name: round(mib) for name, mib in _resident_mib(here).items()})
            with here.product.store.read() as session:
                sql = "SELECT outcome, count(*) FROM request GROUP BY outcome"
                print("outcomes:", {row[0]: row[1] for row in session.connection().exec_driver_sql(sql)})
            assert sum(handset.overlaps for handset in here.carrier.handsets if handset.number != BORIS) == 0
            assert len(here.smsc.replies) == wishes
            assert here.product.ask("reconcile")["clean"]

    print(f"\nSOAK_SEED={seed}")
    asyncio.run(play())
