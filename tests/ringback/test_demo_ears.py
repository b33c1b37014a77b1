"""What the demo's phones claim to hear must really be there."""

from callback.media.codecs import decode
from callback.media.rtp import PCMU
from callback.media.tones import silence, sine
from callback.prompts.catalogue import find_prompt
from ringback.demo import ears
from ringback.demo.cast import ANNA, BORIS

PROMPT = ears.prompt_pcm(find_prompt("en", "enter_number"))


def tone(hz: int, duration_ms: int = 600) -> bytes:
    return decode(PCMU, sine((hz,), duration_ms, 0.25))


def quiet(duration_ms: int) -> bytes:
    return decode(PCMU, silence(duration_ms))


def test_a_tune_is_told_from_the_other_one_and_from_silence() -> None:
    assert ears.tune_share(tone(BORIS.tune_hz), BORIS.tune_hz) > 0.95
    assert ears.tune_share(tone(ANNA.tune_hz), BORIS.tune_hz) < 0.05
    assert ears.tune_share(quiet(600), BORIS.tune_hz) < 0.05


def test_no_tone_of_the_network_passes_for_a_tune() -> None:
    for hz in (425, 440, 400, 480, 620, 1000):
        for person in (ANNA, BORIS):
            assert ears.tune_share(tone(hz), person.tune_hz) < 0.2


def test_a_prompt_is_found_again_wherever_it_begins() -> None:
    assert ears.likeness(PROMPT, PROMPT) > 0.99
    assert ears.likeness(quiet(500) + PROMPT + quiet(200), PROMPT) > 0.99


def test_a_prompt_with_a_lost_packet_is_still_the_prompt() -> None:
    at = 8000 * 2 + 320 * 10
    assert ears.likeness(PROMPT[:at] + quiet(20) + PROMPT[at + 320 :], PROMPT) > ears.SPEECH_LIKENESS


def test_silence_tones_and_other_prompts_are_not_the_prompt() -> None:
    other = ears.prompt_pcm(find_prompt("en", "emergency"))
    long = ears.duration_ms(PROMPT)
    for heard in (quiet(long), tone(425, long), other):
        assert ears.likeness(heard, PROMPT) < 0.6


def test_what_is_too_short_is_not_the_prompt() -> None:
    assert ears.likeness(b"", PROMPT) == 0.0
    assert ears.likeness(PROMPT[: len(PROMPT) // 2], PROMPT) == 0.0
