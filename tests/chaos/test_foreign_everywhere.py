"""kill -9 at every named instant once more, with a baresip as the phone that is called back: `make soak`."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import pytest

from callback.telephony.simulator import Plan
from tests.chaos import test_kills as kills
from tests.e2e.town import ANNA, BORIS, PHONE, Town, town
from tests.peers.baresip import Baresip
from tests.waiting import becomes

_STATES = ("CALL_INCOMING", "CALL_ESTABLISHED", "CALL_CLOSED")
TALKED, EITHER = {"talked"}, {"talked", "lost"}
CASES = [
    *((point, "gateway", TALKED) for point in kills.GATEWAY),
    *((point, "dialer", TALKED) for point in kills.DIALER_BEFORE),
    *((point, "dialer", EITHER) for point in kills.DIALER_AFTER),
    *((point, "media", TALKED) for point in kills.MEDIA),
    *((point, "relay", TALKED) for point in kills.RELAY),
    *((point, "valkey", TALKED) for point in kills.VALKEY),
    *((point, "worker", TALKED) for point in kills.WORKER),
]


def _state(anna: Baresip) -> str:
    anna.count("")  # read what has come
    kinds = [kind for event in anna.events if (kind := event.get("type")) in _STATES]
    return kinds[-1] if kinds else ""


async def _rings(anna: Baresip, call: int) -> None:
    await becomes(lambda: anna.count("CALL_INCOMING") >= call, 60, f"call {call}")


async def _pick_up(anna: Baresip) -> None:
    """Whenever it rings."""
    for call in itertools.count(1):
        await _rings(anna, call)
        anna.answer()


async def _dial_and_leave(here: Town, anna: Baresip) -> None:
    """As people do: keys that had no effect are pressed again, and who is left alone hangs up."""

    def happened(kind: str) -> bool:
        return any(event.kind == kind and event.number == BORIS for event in here.carrier.events)

    while not happened("invite"):
        await becomes(lambda: _state(anna) == "CALL_ESTABLISHED", 60, "Anna has answered")
        anna.press("*221234999#")
        with contextlib.suppress(AssertionError):
            await becomes(lambda: happened("invite"), 4, "Boris rings")
    await becomes(lambda: happened("over"), 60, "Boris has hung up")
    anna.hang_up()


async def _one_callback(here: Town, anna: Baresip, point: str, victim: str) -> str:
    ours = here.product
    here.carrier.handset(BORIS, Plan(ring_s=0.2, hang_up_after_s=0.8))
    await here.serve(RINGBACK_FAILPOINT=f"{point}={victim}")
    here.text("U.anna P.secret99")
    human = [asyncio.create_task(_pick_up(anna)), asyncio.create_task(_dial_and_leave(here, anna))]
    (call,) = await ours.finished(1, 45)
    for one in human:
        one.cancel()
    await becomes((ours.run_dir / f"failpoint.{point}").exists, 5, f"{point} is reached")
    await becomes(lambda: ours.has_died(victim), 5, f"the {victim} is killed there")
    await becomes(lambda: not anna.open_calls(), 40, "the phone is idle")
    await becomes(lambda: not here.carrier.open_calls(), 40, "the other one too")
    await here.reply()
    await here.nothing_waits()
    assert len(here.replies()) == 1, here.replies()
    assert anna.was_never_called_twice_at_once
    assert ours.ask("reconcile") == {"clean": True, "faults": []}
    return call.outcome


@pytest.mark.soak
@pytest.mark.parametrize(("point", "victim", "outcomes"), CASES)
def test_a_phone_that_is_not_ours_is_called_back_once(
    tmp_path: Path, point: str, victim: str, outcomes: set[str]
) -> None:
    async def play() -> str:
        with Baresip(tmp_path / "anna", ANNA, 700) as anna:
            direct = PHONE.format(name="anna", port=anna.port, prefix=ANNA)
            async with town(number=ANNA, trunks=direct) as here:
                return await _one_callback(here, anna, point, victim)

    assert asyncio.run(play()) in outcomes
