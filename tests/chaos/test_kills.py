"""kill -9 of every process at ten named instants: the SMS is answered once, one callback, clean books.

`point=victim` is read as in `callback/failpoints.py`. Each case starts the product, arms the point, sends
one SMS and lets the callback take its course: Anna answers, dials Boris, they talk, Boris hangs up, Anna too.
"""

import asyncio

import pytest

from callback.telephony.simulator import Plan
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.waiting import becomes

GATEWAY = (
    "gateway.received", "gateway.stored", "gateway.acked", "gateway.claimed", "gateway.parsed",
    "gateway.executed", "gateway.waking", "gateway.woken", "gateway.submitting", "gateway.sent",
)  # fmt: skip
DIALER_BEFORE = (  # nobody has answered: the callback still comes
    "dialer.woken", "dialer.claimed", "dialer.leg_committed", "dialer.invite_sending", "dialer.invite_sent",
    "dialer.ringing",
)  # fmt: skip
DIALER_AFTER = (  # somebody has: no second ring, ever
    "dialer.answer_seen", "dialer.answer_committed", "dialer.ack_sent", "settlement.leg_ended",
    "dialer.bye_sent", "dialer.finishing",
)  # fmt: skip
MEDIA = (
    "media.connected", "media.playing", "media.digit", "media.stopped", "media.bridged", "media.unbridged",
    "dialer.invite_sent", "dialer.ringing", "dialer.answer_seen", "dialer.ack_sent",
)  # fmt: skip
RELAY = (
    "relay.elected", "relay.round", "relay.renewed", "relay.retention", "gateway.stored", "gateway.waking",
    "dialer.claimed", "dialer.ringing", "dialer.ack_sent", "dialer.finishing",
)  # fmt: skip
VALKEY = (
    "gateway.stored", "gateway.executed", "gateway.waking", "gateway.woken", "worker.woken", "dialer.claimed",
    "dialer.invite_sent", "dialer.ringing", "dialer.ack_sent", "dialer.finishing",
)  # fmt: skip


async def _one_callback(here: Town, point: str, victim: str) -> str:
    """Play it and look at everything that must hold whatever was killed; the outcome."""
    anna = here.carrier.handset(ANNA, Plan(ring_s=0.5, press=((0.5, "221234999#"),), hang_up_after_s=5))
    here.carrier.handset(BORIS, Plan(ring_s=0.3, hang_up_after_s=1.5))
    await here.serve(RINGBACK_FAILPOINT=f"{point}={victim}")
    here.text("U.anna P.secret99")
    (call,) = await here.finished(1, 60)
    await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
    await here.reply(1)
    assert (here.data_dir / "run" / f"failpoint.{point}").exists(), f"{point} was never reached"
    await becomes(lambda: not _waiting_sms(here), 5, "everything is sent")
    assert len(here.smsc.replies) == 1, [reply.text for reply in here.smsc.replies]
    assert anna.overlaps == 0
    in_service = [event for event in here.carrier.events if event.kind == "rtp" and event.number == ANNA]
    assert len(in_service) <= 1, "a second call was in service"
    here.ringback("reconcile")
    await here.stop()
    return call.outcome


def _waiting_sms(here: Town) -> int:
    with here.store.read() as session:
        connection = session.connection()
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'failed')"
        )
        return int(found.scalar_one())


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
