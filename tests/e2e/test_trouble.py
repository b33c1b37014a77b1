"""The world fails in the middle of things: nothing is lost, nothing happens twice, somebody says why."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import SILENT
from tests.e2e.product import Product
from tests.e2e.town import ANNA, BORIS, TRUNK, town
from tests.ports import free_port
from tests.waiting import becomes

SECOND = "+48600316059"
LOCKED_S = 8.0
AWAY_S = 10.0
PATIENT = "[session]\nring_a_s = 40\n"  # longer than a trunk may be silent (RFC 3261 timer B)


@asynccontextmanager
async def _locked(ours: Product) -> AsyncIterator[None]:
    """Somebody else writes to the database for the length of the block."""
    with closing(sqlite3.connect(ours.directory / "data" / "ringback.db", isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 5000")
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def test_a_dead_and_a_silent_trunk_are_the_carriers_trouble() -> None:
    async def play() -> None:
        dead = TRUNK.format(name="dead", port=free_port(), prefix=ANNA)
        async with town(number=ANNA, trunks=dead, times=PATIENT) as here:
            here.carrier.handset(SECOND, SILENT)
            await here.serve()
            here.text(f"U.anna P.secret99 R.{SECOND}", SECOND)
            await here.reply(number=SECOND)
            here.text(f"U.anna P.secret99 F.{ANNA}")
            here.text(f"U.anna P.secret99 F.{SECOND}", SECOND)
            assert (await here.reply()).startswith(f"We are calling {ANNA} now.")
            assert (await here.reply(2, SECOND)).startswith(f"We are calling {SECOND} now.")
            for call in await here.product.finished(2, 50):
                assert (call.state, call.outcome) == ("failed", "a-failed")
                (cdr,) = here.product.ask("trace", call.id)["cdrs"]
                assert (cdr["cause"], cdr["blame"], cdr["cost_micro"]) == ("trunk-down", "carrier", 0)
            _nothing_is_owed(here.product)

    asyncio.run(play())


def test_without_any_prompt_the_call_goes_on_and_the_log_says_why() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.2))
            here.carrier.handset(BORIS, Plan(ring_s=0.2))
            await here.serve(RINGBACK__SERVICE__LOCALE="xx")
            here.text("U.anna P.secret99")
            await here.carrier.wait_for("acked", ANNA, 10)
            anna.press("221234999#")
            await here.carrier.wait_for("answered", BORIS, 10)
            anna.hang_up()
            (call,) = await here.product.finished()
            assert call.outcome == "talked"
            assert "there is no prompt 'enter_number' in the language 'xx'" in here.product.log

    asyncio.run(play())


def test_a_database_locked_for_eight_seconds_loses_no_sms_and_cuts_no_call() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.2))
            here.carrier.handset(BORIS, Plan(ring_s=0.2))
            await here.serve()
            here.text("U.anna P.secret99 T.221234999")
            await here.carrier.wait_for("acked", BORIS, 10)
            async with _locked(here.product):
                here.text("U.anna P.secret99 B")
                await asyncio.sleep(LOCKED_S)  # the time itself is tried
                assert len(here.replies()) == 1
            assert (await here.reply(2)).startswith("Your balance is")
            assert anna.state == "up"
            anna.hang_up()
            (call,) = await here.product.finished()
            assert call.outcome == "talked"
            await here.nothing_waits()
            assert len(here.replies()) == 2
            _nothing_is_owed(here.product)

    asyncio.run(play())


def test_after_ten_seconds_without_valkey_the_call_comes_within_five() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.2, hang_up_after_s=0.5))
            await here.serve()
            os.kill(here.product.pid("valkey"), signal.SIGSTOP)
            here.text("U.anna P.secret99")
            assert (await here.reply()).startswith(f"We are calling {ANNA} now.")
            await asyncio.sleep(AWAY_S)  # the time itself is tried
            assert here.carrier.invites == 0
            here.product.kill("valkey")  # whatever it had been sent meanwhile is lost as well
            await here.carrier.wait_for("invite", ANNA, 5)
            await here.product.finished()
            assert here.carrier.invites == 1
            _nothing_is_owed(here.product)

    asyncio.run(play())


def test_an_sms_sent_again_after_a_cut_is_executed_and_answered_once() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.2, hang_up_after_s=0.5))
            await here.serve()
            async with _locked(here.product):
                delivery = here.text("U.anna P.secret99")
                await becomes(lambda: delivery.sent == 1, 5, "the SMS is on its way")
                here.smsc.cut()
                await becomes(lambda: delivery.sent == 2, 10, "the SMS is sent again")
            await becomes(lambda: delivery.accepted, 10, "the SMS is accepted")
            await here.product.finished()
            await here.nothing_waits()
            stored = here.product.count("SELECT count(*) FROM inbox")
            assert (stored, len(here.product.requests()), len(here.replies())) == (2, 1, 1)
            assert here.carrier.invites == 1
            _nothing_is_owed(here.product)

    asyncio.run(play())


def _nothing_is_owed(ours: Product) -> None:
    wallet: Any = ours.ask("account", "show", "anna")
    assert wallet["held_micro"] == 0
    assert ours.ask("reconcile") == {"clean": True, "faults": []}
