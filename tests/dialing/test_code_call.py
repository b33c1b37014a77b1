"""Calls that read a one-time code, over real SIP and RTP."""

import asyncio

from sqlmodel import select

from callback.core.outcomes import Refused
from callback.intake import Accepted
from callback.store import accounts, trace
from callback.store.accounts import Verified
from callback.store.models import Number
from callback.store.rows import every
from callback.telephony.simulator.plan import BUSY, Plan
from tests.dialing.box import BORIS, Box, box
from tests.listening import digits_in
from tests.waiting import becomes

PHONE = "+48600316059"  # not verified yet


def asked(here: Box, key: str = "k1", wake: bool = True) -> str:
    """Anna, on her page, wants it to be called."""
    with here.store.write() as session:
        anna = accounts.get_account(session, "anna")
        accepted = here.numbers.call_with_code(session, anna, PHONE, "192.0.2.7", key)
    assert isinstance(accepted, Accepted), accepted
    if wake:
        here.dialer.wake([accepted.request_id])
    return accepted.request_id


def confirmed(here: Box, code: str) -> Verified | Refused:
    with here.store.write() as session:
        return here.numbers.confirm(session, accounts.get_account(session, "anna"), PHONE, code)


def test_who_presses_one_hears_the_code_and_pays_nothing() -> None:
    async def play() -> None:
        async with box() as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1, press=((0.3, "1"),)))
            request_id = asked(here)
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 15, "the code is read")
            code = digits_in(phone.heard())[:6]
            await becomes(lambda: len(digits_in(phone.heard())) >= 12, 15, "the code is read again")
            phone.hang_up()
            request = await here.ended(request_id)
            assert digits_in(phone.heard())[:12] == code * 2
            assert (request.state, request.outcome, request.code_sealed) == ("done", "code-read", None)
            (cdr,) = here.cdrs(request_id)
            assert (cdr.role, cdr.number, cdr.trunk) == ("A", PHONE, "carrier")
            assert (cdr.disposition, cdr.cost_micro) == ("answered", 0)
            assert cdr.billed_s >= 8
            assert here.balance_micro() == 10_000_000
            assert here.faults() == []
            assert isinstance(confirmed(here, code), Verified)

    asyncio.run(play())


def test_the_trace_of_the_call_names_places_and_no_digits() -> None:
    """Nor those that somebody types who takes the code for a question."""

    async def play() -> None:
        async with box() as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1, press=((0.3, "1"), (4, "7"))))
            request_id = asked(here)
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 15, "the code is read")
            phone.hang_up()
            await here.ended(request_id)

            def kept() -> str:
                with here.store.read() as session:
                    lines = trace.lines_of(session, request_id)
                return "".join(line.event + line.effects for line in lines)

            await becomes(lambda: "code-read" in kept(), 5, "the trace is written")
            assert "code:1" in kept()
            assert "digit_" not in kept()
            assert '"digit":"0"' in kept()
            assert '"digit":"7"' not in kept()

    asyncio.run(play())


def test_a_machine_that_takes_the_call_hears_no_code() -> None:
    async def play() -> None:
        async with box() as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1, press=((0.3, "2"),), hang_up_after_s=4))
            request = await here.ended(asked(here))
            assert (request.state, request.outcome, request.code_sealed) == ("failed", "not-confirmed", None)
            assert digits_in(phone.heard()) == ""
            assert here.faults() == []

    asyncio.run(play())


def test_a_busy_phone_may_be_rung_with_another_code() -> None:
    async def play() -> None:
        async with box() as here:
            here.carrier.handset(PHONE, BUSY)
            request = await here.ended(asked(here))
            assert (request.outcome, request.code_sealed) == ("a-busy", None)
            here.carrier.handset(PHONE, Plan(ring_s=0.1, hang_up_after_s=0.2))
            assert (await here.ended(asked(here, "k2"))).outcome == "not-confirmed"
            assert here.faults() == []

    asyncio.run(play())


def test_a_code_that_has_expired_rings_nobody() -> None:
    async def play() -> None:
        async with box() as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1))
            request_id = asked(here, wake=False)
            with here.store.write() as session:
                (waiting,) = every(session, select(Number).where(Number.e164 == PHONE))
                late = session.get_one(Number, waiting.id)
                late.code_expires_at_ms = here.clock.now_ms()
            here.dialer.wake([request_id])
            request = await here.ended(request_id)
            assert (request.state, request.outcome, request.code_sealed) == ("cancelled", "cancelled", None)
            assert phone.invites == 0
            assert here.faults() == []

    asyncio.run(play())


def test_a_code_sealed_under_another_key_rings_nobody() -> None:
    async def play() -> None:
        async with box() as here:
            here.numbers = type(here.numbers)(here.config, here.clock, b"p" * 32, lambda code: "00" * 40)
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1))
            request = await here.ended(asked(here))
            assert (request.outcome, phone.invites) == ("cancelled", 0)
            assert here.faults() == []

    asyncio.run(play())


def test_whoever_hears_the_code_can_dial_nobody() -> None:
    async def play() -> None:
        async with box() as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=0.1, press=((0.3, "1221234999#"),)))
            boris = here.carrier.handset(BORIS, Plan(ring_s=0.1))
            request_id = asked(here)
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 15, "the code is read")
            phone.hang_up()
            await here.ended(request_id)
            assert [cdr.number for cdr in here.cdrs(request_id)] == [PHONE]
            assert boris.invites == 0

    asyncio.run(play())
