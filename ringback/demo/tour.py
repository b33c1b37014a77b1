"""The play: seven stages of one callback, from the SMS to the charge, each proven before the next begins.

A stage acts as a person would (send, answer, dial, hang up) and waits for what must follow. It returns what
is proven by then; what does not come raises `Missing`, which names it.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine

from callback.core.money import format_money
from callback.core.spoken import ENTER_NUMBER
from callback.prompts.catalogue import WORDS, find_prompt
from ringback.demo import cast, ears
from ringback.demo.cast import ANNA, BORIS, Person
from ringback.demo.news import Finished, StageAhead, StageBegan, StageDone
from ringback.demo.stagecraft import Missing, Stagecraft

Stage = Callable[[Stagecraft], Awaitable[str]]
_SMS_S = 10.0
_CALL_S = 15.0
_LET_RING_S = 1.2
_TUNE_MS = 600
_CODE = re.compile(r"\bOK (\d{6})\b")


async def register(craft: Stagecraft) -> str:
    if craft.witness.is_verified(ANNA.number):
        return f"{ANNA.shown} is verified already, by whoever plays on the page"
    await craft.text(ANNA, cast.REGISTER, "Anna registers her phone")
    since_ms = craft.chapter_at_ms()

    def find_code() -> str | None:
        found = (_CODE.search(sms.text) for sms in craft.sms_for(ANNA, since_ms))
        return next((match[1] for match in found if match), None)

    code = await craft.until(find_code, _SMS_S, "no SMS with a code came to Anna's phone")
    await craft.pause(1.0)
    await craft.text(ANNA, f"OK {code}", "Anna proves that it is hers")
    verified = f"{ANNA.number} is not verified in the database"
    await craft.until(lambda: craft.witness.is_verified(ANNA.number), _SMS_S, verified)
    await _reply(craft, "confirmed")
    return f"{ANNA.shown} is verified: the code came back from it"


async def ask(craft: Stagecraft) -> str:
    earlier, craft.before_micro = craft.witness.newest_request(), craft.witness.balance_micro()
    craft.request_id, craft.faults = None, None
    words = cast.CALL_ME_HERE[craft.callbacks % len(cast.CALL_ME_HERE)]
    craft.callbacks += 1
    await craft.text(ANNA, words, "Anna asks for a callback")

    def find_request() -> str | None:
        newest = craft.witness.newest_request()
        return newest if newest != earlier else None

    craft.request_id = await craft.until(find_request, _SMS_S, "the SMS made no request")
    ringing = "Anna's phone does not ring"
    invite = await craft.until(lambda: craft.event("invite", ANNA), _CALL_S, ringing)
    await craft.until(lambda: craft.event("ringing", ANNA), _CALL_S, ringing)
    await _reply(craft, "calling")
    return f"her phone got the INVITE {invite.at_ms - craft.sent_at_ms} ms after the SMS left"


async def ring(craft: Stagecraft) -> str:
    await craft.pause(_LET_RING_S)
    anna = craft.handset(ANNA)
    await anna.answer()
    first = await craft.until(lambda: craft.event("rtp", ANNA), _CALL_S, "no sound comes to Anna's phone")
    wanted = ears.prompt_pcm(find_prompt("en", ENTER_NUMBER))
    craft.phone(ANNA).change(heard="…")
    await craft.pause(ears.duration_ms(wanted) / 1000)
    deadline_s = craft.clock.monotonic_s() + _CALL_S
    while (share := ears.likeness(await anna.heard(first.at_ms), wanted)) < ears.SPEECH_LIKENESS:
        if craft.clock.monotonic_s() > deadline_s:
            raise Missing(f"Anna hears no prompt: what came agrees with it to {share:.0%} only")
        await craft.pause(0.3)
    words = f"“{WORDS['en'][ENTER_NUMBER]}”"
    craft.phone(ANNA).change(heard=words)
    craft.prove("prompt", "Anna hears the prompt", f"{share:.0%} alike")
    return f"Anna hears {words}"


async def dial(craft: Stagecraft) -> str:
    await craft.handset(ANNA).press(f"{cast.DIALLED}#")
    await craft.until(lambda: craft.event("ringing", BORIS), _CALL_S, "Boris's phone does not ring")
    await craft.pause(_LET_RING_S)
    await craft.handset(BORIS).answer()
    await craft.until(lambda: craft.event("acked", BORIS), _CALL_S, "Boris's answer is not acknowledged")
    await craft.until(lambda: craft.has_told("talk"), _CALL_S, "the two legs are not joined")
    return f"{BORIS.shown} rang, and Boris answered"


async def talk(craft: Stagecraft) -> str:
    await craft.handset(ANNA).play_tune(str(ANNA.tune_hz))
    await craft.handset(BORIS).play_tune(str(BORIS.tune_hz))
    await craft.pause(1.0)
    shares = [await _hears(craft, ANNA, BORIS), await _hears(craft, BORIS, ANNA)]
    await craft.pause(1.5)
    return f"each hears the other's tune: {shares[0]:.0%} and {shares[1]:.0%} of the sound"


async def hang_up(craft: Stagecraft) -> str:
    await craft.handset(ANNA).hang_up()
    bye = await craft.until(lambda: craft.event("bye", BORIS), _CALL_S, "Boris's phone was not hung up")
    await craft.until(lambda: craft.seen().request.ended_at_ms, _CALL_S, "the callback does not end")
    await craft.pause(0.5)
    left = await craft.open_calls()
    if left:
        raise Missing(f"{left} calls are still open at the carrier")
    late = [p.name for p in cast.PEOPLE if await craft.handset(p).heard(bye.at_ms + 100)]
    if late:
        raise Missing(f"{' and '.join(late)} heard something after the hang-up")
    return "both phones are free, and nothing was heard after it"


async def charge(craft: Stagecraft) -> str:
    await craft.until(lambda: craft.has_told("release"), _CALL_S, "what was set aside is not given back")
    seen, craft.faults = craft.seen(), craft.witness.faults()
    craft.look()
    if craft.faults:
        raise Missing("the books disagree: " + "; ".join(craft.faults))
    paid_micro = sum(record.cost_micro for record in seen.records)
    due_micro = craft.before_micro - paid_micro
    if seen.balance_micro != due_micro:
        raise Missing(f"the balance is {seen.balance_micro} micro instead of {due_micro}")
    return f"{format_money(paid_micro, cast.CURRENCY)} charged; reconcile finds the books right"


STAGES: tuple[Stage, ...] = (register, ask, ring, dial, talk, hang_up, charge)
AGAIN = 1  # the stage from which another callback begins


async def play(
    craft: Stagecraft, may_go_on: Callable[[int], Coroutine[None, None, None]], first: int = 0
) -> None:
    """All stages from `first`; `may_go_on` waits for whoever watches. Raises `Missing`."""
    for number in range(first, len(STAGES)):
        craft.stage = number
        craft.tell(StageAhead(number))
        await craft.ask_whoever_watches(may_go_on(number))
        craft.tell(StageBegan(number))
        proof = await STAGES[number](craft)
        craft.tell(StageDone(number, proof))
    craft.tell(_figures(craft))


async def _reply(craft: Stagecraft, word: str) -> None:
    since_ms = craft.chapter_at_ms()
    await craft.until(
        lambda: any(word in sms.text for sms in craft.sms_for(ANNA, since_ms)),
        _SMS_S,
        f"no SMS with the word {word!r} came to Anna's phone",
    )


async def _hears(craft: Stagecraft, listener: Person, player: Person) -> float:
    """Prove that one hears the other's tune, and not the own one."""
    handset, deadline_s = craft.handset(listener), craft.clock.monotonic_s() + _CALL_S
    while True:
        pcm = await handset.heard(craft.now_ms() - _TUNE_MS)
        share = ears.tune_share(pcm, player.tune_hz) if pcm else 0.0
        if share >= ears.TUNE_SHARE:
            break
        if craft.clock.monotonic_s() > deadline_s:
            raise Missing(f"{listener.name} does not hear {player.name}'s tune: {share:.0%} of the sound")
        await craft.pause(0.2)
    heard = f"{player.name}'s tune, {player.tune_hz} Hz"
    craft.phone(listener).change(heard=f"♪ {heard}")
    craft.prove(listener.name, f"{listener.name} hears {heard}", f"{share:.0%} of the sound")
    return share


def _figures(craft: Stagecraft) -> Finished:
    invite, answered, sound = (craft.event(kind, ANNA) for kind in ("invite", "answered", "rtp"))
    assert invite and answered and sound and craft.request_id, "every stage was proven"
    return Finished(
        craft.request_id,
        craft.config_file,
        invite.at_ms - craft.sent_at_ms,
        sound.at_ms - answered.at_ms,
    )
