"""kill -9 of every process at ten named instants: the SMS is answered once, one callback, clean books.

Each case starts the product, arms the point (`point=victim`, see `callback/failpoints.py`), sends one SMS
and lets the callback take its course: Anna answers, dials Boris, they talk, Boris hangs up, Anna too.
"""

import asyncio
import contextlib

import pytest

from callback.telephony.simulator import Handset, Plan
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.waiting import becomes

GATEWAY = (
    "gateway.received", "gateway.stored", "gateway.acked", "gateway.claimed", "gateway.parsed",
    "gateway.executed", "gateway.waking", "gateway.woken", "gateway.submitting", "gateway.submitted",
    "gateway.sent",
)  # fmt: skip
DIALER_BEFORE = (  # nobody was in service: the callback still comes
    "dialer.woken", "dialer.claimed", "dialer.leg_committed", "dialer.invite_sending", "dialer.invite_sent",
    "dialer.ringing", "dialer.answer_seen", "dialer.answer_committing",
)  # fmt: skip
DIALER_AFTER = (  # somebody was: no second ring, ever
    "dialer.answer_committed", "dialer.ack_sent", "settlement.leg_ended", "settlement.charged",
    "dialer.finishing", "dialer.finished",
)  # fmt: skip
MEDIA = (
    "media.opened", "media.connected", "media.playing", "media.digit", "media.stopped", "media.bridged",
    "media.closed", "dialer.invite_sent", "dialer.ringing", "dialer.ack_sent",
)  # fmt: skip
RELAY = (
    "relay.elected", "relay.round", "relay.renewed", "relay.retention", "gateway.stored", "gateway.waking",
    "dialer.claimed", "dialer.ringing", "dialer.ack_sent", "dialer.finishing",
)  # fmt: skip
VALKEY = (
    "gateway.stored", "gateway.executed", "gateway.waking", "gateway.woken", "worker.woken", "dialer.claimed",
    "dialer.invite_sent", "dialer.ringing", "dialer.ack_sent", "dialer.finishing",
)  # fmt: skip
WORKER = ("worker.woken", "gateway.waking", "gateway.woken", "dialer.claimed")


async def _one_callback(here: Town, point: str, victim: str) -> str:
    """Play it and look at everything that must hold whatever was killed; the outcome."""
    ours = here.product
    anna = here.carrier.handset(ANNA, Plan(ring_s=0.4))
    here.carrier.handset(BORIS, Plan(ring_s=0.2, hang_up_after_s=0.8))
    await here.serve(RINGBACK_FAILPOINT=f"{point}={victim}")
    here.text("U.anna P.secret99")
    behaving = asyncio.create_task(_talk_to_boris_and_leave(here, anna))
    (call,) = await ours.finished(1, 45)
    behaving.cancel()
    await becomes((ours.run_dir / f"failpoint.{point}").exists, 5, f"{point} is reached")
    await becomes(lambda: ours.has_died(victim), 5, f"the {victim} is killed there")
    await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
    await here.reply()
    await here.nothing_waits()
    assert len(here.replies()) == 1, here.replies()
    assert anna.overlaps == 0
    in_service = [event for event in here.carrier.events if event.kind == "rtp" and event.number == ANNA]
    assert len(in_service) <= 1, "a second call was in service"
    assert ours.ask("reconcile") == {"clean": True, "faults": []}
    assert await ours.stop() == 0
    return call.outcome


async def _talk_to_boris_and_leave(here: Town, anna: Handset) -> None:
    """As people do: keys that had no effect are pressed again, and who is left alone hangs up."""

    def happened(kind: str) -> bool:
        return any(event.kind == kind and event.number == BORIS for event in here.carrier.events)

    while not happened("invite"):
        await becomes(lambda: anna.state == "up", 60, "Anna has answered")
        anna.press("*221234999#")
        with contextlib.suppress(AssertionError):
            await becomes(lambda: happened("invite"), 4, "Boris rings")
    await becomes(lambda: happened("over"), 60, "Boris has hung up")
    anna.hang_up()


def _play(point: str, victim: str) -> str:
    async def play() -> str:
        async with town(number=ANNA) as here:
            return await _one_callback(here, point, victim)

    return asyncio.run(play())


@pytest.mark.parametrize("point", GATEWAY)
def test_a_killed_gateway_loses_no_sms(point: str) -> None:
    assert _play(point, "gateway") == "talked"


@pytest.mark.parametrize("point", DIALER_BEFORE)
def test_a_dialer_killed_before_the_answer_rings_again(point: str) -> None:
    assert _play(point, "dialer") == "talked"


@pytest.mark.parametrize("point", DIALER_AFTER)
def test_a_dialer_killed_after_the_answer_rings_nobody_again(point: str) -> None:
    assert _play(point, "dialer") in {"lost", "talked"}


@pytest.mark.parametrize("point", MEDIA)
def test_a_call_outlives_its_media_process(point: str) -> None:
    assert _play(point, "media") == "talked"


@pytest.mark.parametrize("point", RELAY)
def test_a_killed_relay_is_not_noticed(point: str) -> None:
    assert _play(point, "relay") == "talked"


@pytest.mark.parametrize("point", VALKEY)
def test_a_killed_valkey_delays_and_loses_nothing(point: str) -> None:
    assert _play(point, "valkey") == "talked"


@pytest.mark.parametrize("point", WORKER)
def test_a_killed_worker_delays_and_loses_nothing(point: str) -> None:
    assert _play(point, "worker") == "talked"
