"""kill -9 of the dialer while a phone that is not ours rings or talks: it ends with no open dialog."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callback.telephony.simulator import Plan
from tests.e2e.town import ANNA, BORIS, PHONE, Town, town
from tests.peers.baresip import Baresip
from tests.peers.sipp import Sipp
from tests.waiting import becomes

NO_DIALOG_S = 40


@contextlib.asynccontextmanager
async def _armed(port: int, point: str, victim: str) -> AsyncIterator[Town]:
    """Anna's phone is at `port`, Boris's at the simulated carrier; the wish is sent."""
    async with town(number=ANNA, trunks=PHONE.format(name="anna", port=port, prefix=ANNA)) as here:
        here.carrier.handset(BORIS, Plan(ring_s=0.2, hang_up_after_s=1.5))
        await here.serve(RINGBACK_FAILPOINT=f"{point}={victim}")
        here.text("U.anna P.secret99")
        yield here
        assert (here.product.run_dir / f"failpoint.{point}").exists(), f"{point} was never reached"
        assert here.product.has_died(victim)
        assert len(here.replies()) == 1
        assert here.product.ask("reconcile") == {"clean": True, "faults": []}


async def _pick_up_and_dial(anna: Baresip) -> None:
    """Every time it rings it is picked up and Boris is dialled; when he has left, so does she."""
    for call in itertools.count(1):
        await _counts(anna, "CALL_INCOMING", call, 60)
        established = anna.count("CALL_ESTABLISHED")
        anna.answer()
        with contextlib.suppress(AssertionError):  # the dialer is dead: nobody hears the answer
            await _counts(anna, "CALL_ESTABLISHED", established + 1, 2)
            anna.press("221234999#")


async def _counts(anna: Baresip, kind: str, count: int, timeout_s: float) -> None:
    await becomes(lambda: anna.count(kind) >= count, timeout_s, f"{kind} {count}")


async def _leave_after_boris(here: Town, anna: Baresip) -> None:
    await here.carrier.wait_for("over", BORIS, 60)
    anna.hang_up()


@pytest.mark.parametrize(
    ("point", "victim", "outcome"),
    [
        ("dialer.invite_sent", "dialer", "talked"),
        ("dialer.ringing", "dialer", "talked"),
        ("dialer.answer_seen", "dialer", "talked"),
        ("dialer.answer_committed", "dialer", "lost"),
        ("dialer.ack_sent", "dialer", "lost"),
        ("media.bridged", "dialer", "lost"),
        ("media.bridged", "media", "talked"),
    ],
)
def test_a_baresip_is_left_with_no_dialog(tmp_path: Path, point: str, victim: str, outcome: str) -> None:
    async def play() -> None:
        with Baresip(tmp_path / "anna", ANNA, 700) as anna:
            async with _armed(anna.port, point, victim) as here:
                human = [
                    asyncio.create_task(_pick_up_and_dial(anna)),
                    asyncio.create_task(_leave_after_boris(here, anna)),
                ]
                (call,) = await here.product.finished(1, 45)
                assert call.outcome == outcome
                await becomes(lambda: not anna.open_calls(), NO_DIALOG_S, "the phone is idle")
                await becomes(lambda: not here.carrier.open_calls(), NO_DIALOG_S, "the other one too")
                for one in human:
                    one.cancel()
                assert anna.was_never_called_twice_at_once

    asyncio.run(play())


@pytest.mark.parametrize("point", ["dialer.answer_committed", "dialer.ack_sent"])
def test_a_sipp_is_told_good_bye(tmp_path: Path, point: str) -> None:
    """Its script wants INVITE, ACK and BYE, and nothing else: whoever repeats its 200 OK is heard."""

    async def play() -> None:
        with Sipp("answers", tmp_path / "sipp") as anna:
            async with _armed(anna.port, point, "dialer") as here:
                await becomes(lambda: anna.is_over, NO_DIALOG_S, "sipp has ended its script")
                assert anna.verdict == ""
                await here.product.finished(1, 60)

    asyncio.run(play())
