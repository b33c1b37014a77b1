"""What the caller may not dial, and money that ends: heard in the ear, and nothing half-done."""

import asyncio

import pytest

from callback.prompts.catalogue import find_prompt
from callback.telephony.simulator import Handset, Plan
from callback.telephony.simulator.hearing import share_of
from ringback.demo.ears import SPEECH_LIKENESS, duration_ms, likeness, prompt_pcm
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.waiting import becomes

pytestmark = pytest.mark.realtime

_PROMPT_STARTS_WITHIN_MS = 1500
_KEY_MS = 180
_WARNING_HZ = 440
_MONEY_FOR_NINE_SECONDS = "1.34"  # Boris's first minute is 1.25, a second of Anna's 0.01


async def _dials(here: Town, anna: Handset, keys: str, prompt: str) -> None:
    """She dials it as soon as she is asked for a number, and hears this prompt."""
    anna.press(keys)
    pressed_at_ms = here.carrier.clock.now_ms() + _KEY_MS * (len(keys) - 1)
    wanted = prompt_pcm(find_prompt("en", prompt))
    enough_ms = duration_ms(wanted) + _PROMPT_STARTS_WITHIN_MS

    def heard() -> bytes:
        return anna.heard(pressed_at_ms)

    await becomes(lambda: duration_ms(heard()) >= enough_ms, 15, "a prompt")
    assert likeness(heard(), wanted) > SPEECH_LIKENESS, f"{keys} is answered by {prompt!r}"


def test_a_number_that_may_not_be_dialled_is_refused_by_voice() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.2))
            await here.serve()
            here.text("U.anna P.secret99")
            await here.carrier.wait_for("rtp", ANNA, 10)
            await _dials(here, anna, "112#", "emergency")
            await _dials(here, anna, "700123456#", "not_allowed")
            await _dials(here, anna, "221234#", "invalid_number")
            await _dials(here, anna, "00442079460000#", "no_rate")
            anna.hang_up()
            (call,) = await here.product.finished()
            assert call.outcome == "not-connected"
            (leg,) = here.product.ask("trace", call.id)["cdrs"]
            assert leg["role"] == "A"
            assert here.carrier.invites == 1
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())


def test_money_that_ends_is_warned_of_and_cuts_at_the_second() -> None:
    async def play() -> None:
        async with town(number=ANNA, credit=_MONEY_FOR_NINE_SECONDS) as here:
            anna = here.carrier.handset(ANNA, Plan(ring_s=0.2))
            here.carrier.handset(BORIS, Plan(ring_s=0.2))
            await here.serve()
            here.text("U.anna P.secret99 T.221234999")
            await here.carrier.wait_for("answered", BORIS, 10)
            await becomes(lambda: _tone_is_heard(anna), 5, "Anna hears the warning")
            (call,) = await here.product.finished()
            assert call.outcome == "talked"
            legs = {cdr["role"]: cdr for cdr in here.product.ask("trace", call.id)["cdrs"]}
            assert (legs["A"]["cause"], legs["A"]["billed_s"]) == ("money-ended", 9)
            assert legs["A"]["duration_ms"] == 9000
            wallet = here.product.ask("account", "show", "anna")
            assert (wallet["balance_micro"], wallet["held_micro"]) == (0, 0)
            await becomes(lambda: not here.carrier.open_calls(), 5, "both phones are idle")
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())


def _tone_is_heard(anna: Handset) -> bool:
    return share_of(anna.recording.last_ms(100), _WARNING_HZ) > 0.5
