"""Calls from the wish to the charge, over real SIP and RTP."""

import asyncio

from callback.core.outcomes import Reason, Refused
from callback.intake import Accepted
from callback.telephony.simulator import Handset
from callback.telephony.simulator.hearing import share_of
from callback.telephony.simulator.plan import BUSY, Plan
from tests.dialing.box import ANNA, BORIS, Box, box
from tests.waiting import becomes


async def _asked(here: Box, key: str, destination: str | None = None) -> str:
    accepted = here.ask(key, destination)
    assert isinstance(accepted, Accepted), accepted
    return accepted.request_id


def test_a_keypad_call_rings_both_phones_and_charges_both_legs() -> None:
    async def play() -> None:
        async with box() as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.1, tune="own", press=((0.3, "221234999#"),)))
            boris = here.carrier.handset(BORIS, Plan(ring_s=0.1, tune="own"))
            request_id = await _asked(here, "k1")
            await here.carrier.wait_for("answered", BORIS, 8)
            await _hears(anna, boris.own_hz)
            await _hears(boris, anna.own_hz)
            anna.hang_up()
            request = await here.ended(request_id)
            assert request.outcome == "talked"
            first, second = here.cdrs(request_id)
            assert (first.role, second.role) == ("A", "B")
            assert second.cost_micro == 50_000 + 1_200_000
            assert first.cost_micro == first.billed_s * 10_000
            assert here.balance_micro() == 10_000_000 - first.cost_micro - second.cost_micro
            assert here.faults() == []
            assert here.carrier.open_calls() == []

    asyncio.run(play())


def test_after_a_busy_destination_another_number_may_be_dialled() -> None:
    async def play() -> None:
        async with box() as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.1, press=((0.3, "221234888#"),)))
            here.carrier.handset("+48221234888", BUSY)
            here.carrier.handset(BORIS, Plan(ring_s=0.1, hang_up_after_s=0.5))
            request_id = await _asked(here, "k1")
            await here.carrier.wait_for("rejected", "+48221234888", 8)
            await becomes(lambda: here.cdrs(request_id), 5, "the menu is back: it takes keys")
            anna.press("221234999#")
            await here.carrier.wait_for("over", BORIS, 8)
            assert here.request(request_id).state == "running"
            anna.hang_up()
            await here.ended(request_id)
            assert [cdr.disposition for cdr in here.cdrs(request_id)] == ["answered", "busy", "answered"]
            assert here.faults() == []

    asyncio.run(play())


def test_the_call_is_cut_when_the_money_ends() -> None:
    async def play() -> None:
        async with box(topup_micro=20_000) as here:  # two seconds of leg A
            here.carrier.handset(ANNA, Plan(ring_s=0.1))
            request_id = await _asked(here, "k1")
            await here.ended(request_id)
            (cdr,) = here.cdrs(request_id)
            assert (cdr.cause, cdr.billed_s, cdr.cost_micro) == ("money-ended", 2, 20_000)
            assert cdr.duration_ms == 2000
            assert here.balance_micro() == 0
            assert here.faults() == []

    asyncio.run(play())


def test_an_empty_wallet_rings_nobody() -> None:
    async def play() -> None:
        async with box(topup_micro=1) as here:
            assert here.ask("k1") == Refused(Reason.BALANCE_LOW)
            assert here.faults() == []

    asyncio.run(play())


async def _hears(handset: Handset, hz: float) -> None:
    await becomes(
        lambda: share_of(handset.recording.last_ms(400), hz) > 0.5, 5, f"{handset.number} hears {hz} Hz"
    )
