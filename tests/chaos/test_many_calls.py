"""kill -9 of the dialer with calls in every state at once: each gets what is right for it."""

import asyncio

from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.e2e.town import Town, town
from tests.waiting import becomes

RINGING = ("+48600316071", "+48600316072")
ASKED = ("+48600316073", "+48600316074")  # in the menu
TALKING = {"+48600316075": "+48221234991", "+48600316076": "+48221234992"}
ANNAS = (*RINGING, *ASKED, *TALKING)
ANSWERS_AND_LEAVES = Plan(ring_s=0.2, hang_up_after_s=0.5)


async def _six_calls(here: Town) -> None:
    for number in ANNAS:
        here.text(f"U.anna P.secret99 R.{number}", number)
        await here.reply(number=number)
        here.carrier.handset(number, BY_HAND if number in RINGING else Plan())
    for number in ANNAS:
        wanted = ""
        if number in TALKING:
            wanted = f" T.{TALKING[number]}"
            here.carrier.handset(TALKING[number], Plan())
        here.text(f"U.anna P.secret99 F.{number}{wanted}", number)
    for number in RINGING:
        await here.carrier.wait_for("ringing", number, 15)
    for number in (*ASKED, *TALKING.values()):
        await here.carrier.wait_for("acked", number, 15)


def test_a_dialer_killed_with_calls_in_every_state() -> None:
    async def play() -> None:
        async with town(credit="100.00") as here:
            await here.serve()
            await _six_calls(here)
            for number in RINGING:
                here.carrier.handset(number, ANSWERS_AND_LEAVES)
            here.product.kill("dialer")
            calls = await here.product.finished(len(ANNAS), 45)
            outcomes = {call.number_a: call.outcome for call in calls}
            assert outcomes == {
                **dict.fromkeys(RINGING, "not-connected"),  # rung again, answered
                **dict.fromkeys((*ASKED, *TALKING), "lost"),
            }
            await becomes(lambda: not here.carrier.open_calls(), 40, "no dialog is left on the wire")
            for number in ANNAS:
                assert here.carrier.handset(number).invites == (2 if number in RINGING else 1)
                assert here.carrier.handset(number).overlaps == 0
                assert len(here.replies(number)) == 2
            wallet = here.product.ask("account", "show", "anna")
            assert wallet["held_micro"] == 0
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
