"""Every prompt has words and a recording that is heard at once, evenly loud and unclipped."""

import numpy as np
import pytest

from callback.core.spoken import PROMPT_KEYS
from callback.media.codecs import decode
from callback.media.rtp import PCMU
from callback.media.wav import read_wav
from callback.prompts.catalogue import WORDS, PromptMissing, find_prompt, languages, prompts_of

PROMPTS = [(language, key) for language, words in WORDS.items() for key in words]
FRAME = 80


def heard(language: str, key: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    samples = np.frombuffer(decode(PCMU, read_wav(find_prompt(language, key))), "<i2")
    return samples.astype(np.float64) / 32768


def frames_dbfs(sound: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float]:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return [float(level) for level in 10 * np.log10((frames**2).mean(axis=1) + 1e-12)]


@pytest.mark.parametrize("language", languages())
def test_whatever_a_session_may_say_has_words_in_every_language(language: str) -> None:
    assert set(WORDS[language]) >= PROMPT_KEYS


@pytest.mark.parametrize(("language", "key"), PROMPTS)
def test_a_prompt_is_evenly_loud_and_not_clipped(language: str, key: str) -> None:
    sound = heard(language, key)
    loudness = np.array(frames_dbfs(sound))
    active = loudness[loudness > loudness.max() - 30]
    assert -21 < 10 * np.log10((10 ** (active / 10)).mean()) < -19
    finer = np.fft.irfft(np.fft.rfft(sound), 4 * len(sound)) * 4
    assert 20 * np.log10(np.abs(finer).max()) <= -3


@pytest.mark.parametrize(("language", "key"), PROMPTS)
def test_a_prompt_is_heard_at_once_and_takes_as_long_as_its_words(language: str, key: str) -> None:
    sound = heard(language, key)
    loudness = frames_dbfs(sound)
    audible = [n for n, level in enumerate(loudness) if level > max(loudness) - 40]
    assert audible[0] * FRAME / 8000 <= 0.06
    assert (len(loudness) - audible[-1]) * FRAME / 8000 <= 0.3
    spoken_s = (audible[-1] - audible[0]) * FRAME / 8000
    assert 0.03 < spoken_s / len(WORDS[language][key]) < 0.12, "seconds for each letter"


@pytest.mark.parametrize(("language", "key"), PROMPTS)
def test_a_prompt_keeps_to_the_band_of_a_telephone(language: str, key: str) -> None:
    sound = heard(language, key)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / 8000)
    assert power[hz > 3600].sum() < 0.001 * power.sum()


def test_a_region_speaks_its_language() -> None:
    assert find_prompt("en-GB", "busy") == find_prompt("en", "busy")


@pytest.mark.parametrize(("language", "key"), [("en", "hullo"), ("tlh", "busy")])
def test_a_prompt_there_is_not_is_named_with_its_language(language: str, key: str) -> None:
    with pytest.raises(PromptMissing, match=f"'{key}' in the language '{language}'"):
        find_prompt(language, key)


def test_what_is_read_beforehand_is_every_prompt_of_the_language() -> None:
    assert {path.stem for path in prompts_of("en-GB")} == set(WORDS["en"])
    assert prompts_of("xx") == []
