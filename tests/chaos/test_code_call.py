"""kill -9 of the dialer while a phone is rung to hear its code, and while it hears it."""

import asyncio

from callback.store.accounts import Verified
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.e2e.number_desk import AnnasPage
from tests.e2e.town import Town, town
from tests.listening import digits_in
from tests.waiting import becomes

PHONE = "+48600316059"
TAKES_IT = Plan(ring_s=0.2, press=((0.5, "1"),))


async def _nothing_is_left(here: Town) -> None:
    await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
    assert here.carrier.handset(PHONE).overlaps == 0
    assert not here.product.count("SELECT count(*) FROM request WHERE code_sealed IS NOT NULL")
    assert here.product.ask("reconcile") == {"clean": True, "faults": []}


def test_a_dialer_killed_while_it_rings_rings_again_and_reads_the_same_code() -> None:
    async def play() -> None:
        async with town() as here:
            ours, phone = here.product, here.carrier.handset(PHONE, BY_HAND)
            await here.serve()
            page = AnnasPage(ours)
            page.call_with_code(PHONE)
            await here.carrier.wait_for("ringing", PHONE, 10)
            phone.plan = TAKES_IT
            ours.kill("dialer")
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 45, "the code is read")
            phone.hang_up()
            (call,) = await ours.finished()
            assert (call.outcome, call.recovered, phone.invites) == ("code-read", 1, 2)
            assert isinstance(page.confirm(PHONE, digits_in(phone.heard())[:6]), Verified)
            page.close()
            await _nothing_is_left(here)

    asyncio.run(play())


def test_a_dialer_killed_while_it_reads_rings_nobody_again_and_the_code_is_good() -> None:
    async def play() -> None:
        async with town() as here:
            ours, phone = here.product, here.carrier.handset(PHONE, TAKES_IT)
            await here.serve()
            page = AnnasPage(ours)
            page.call_with_code(PHONE)
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 20, "the code is read")
            ours.kill("dialer")
            (call,) = await ours.finished(1, 45)
            assert (call.outcome, phone.invites) == ("lost", 1)
            assert isinstance(page.confirm(PHONE, digits_in(phone.heard())[:6]), Verified)
            page.close()
            await _nothing_is_left(here)

    asyncio.run(play())
