"""What cannot be done is refused by one clear SMS, and leaves nothing half-done."""

import asyncio

from callback.telephony.simulator import Plan
from tests.e2e.town import ANNA, town

WRONG = "User or password is wrong. Please check both and send your SMS again."
REFUSALS = (
    ("U.anna P.secret98", WRONG),
    ("U.nobody P.secret99", WRONG),  # the same words: nobody learns who has an account
    ("U.anna P.secret99 please ring", "We did not understand your SMS (word 3)."),
    ("U.anna P. T.221234999", "Your SMS has no value for P."),
    ("U.anna P.secret99 T.hello", "hello is no number we can call."),
    ("U.anna P.secret99 T.221234", "221234 is no number we can call."),
    ("U.anna P.secret99 T.112", "We cannot connect emergency numbers. Dial 112 directly"),
    ("U.anna P.secret99 T.+48700123456", "+48700123456 is a premium or special number."),
    ("U.anna P.secret99 R.+870772001234", "+870772001234 is a premium or special number."),
    ("U.anna P.secret99 T.+442079460000", "We do not offer calls to +442079460000."),
    ("U.anna P.secret99 F.+48600316059", "+48600316059 is not your number."),
    ("U.anna P.secret99 K", "We understand K but do not offer it here."),
)


def test_every_refusal_is_one_sms_and_costs_nothing() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, Plan())
            await here.serve()
            for count, (text, words) in enumerate(REFUSALS, 1):
                here.text(text)
                assert (await here.reply(count)).startswith(words), text
            await here.nothing_waits()
            assert len(here.replies()) == len(REFUSALS)
            assert here.product.requests() == []
            assert here.carrier.invites == 0
            wallet = here.product.ask("account", "show", "anna")
            assert (wallet["balance_micro"], wallet["held_micro"]) == (10_000_000, 0)
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())


def test_an_empty_wallet_is_said_and_nobody_is_rung() -> None:
    async def play() -> None:
        async with town(number=ANNA, credit="") as here:
            await here.serve()
            here.text("U.anna P.secret99")
            assert (await here.reply()).startswith("Your balance is too low for this call.")
            assert here.product.requests() == []
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
