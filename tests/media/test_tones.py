"""Tones have the pitch, cadence and level a caller knows."""

import numpy as np
import pytest

from callback.core.spoken import TONE_RINGBACK, TONE_WARNING
from callback.media.codecs import decode
from callback.media.rtp import PCMU
from callback.media.tones import find_tone, silence, sine, tone_names


def samples(ulaw: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.frombuffer(decode(PCMU, ulaw), "<i2").astype(np.float64)


@pytest.mark.parametrize(("item", "pitches", "on_s", "period_s"), [
    ("tone:ringback", [425], 1.0, 5.0),
    ("tone:ringback-us", [440, 480], 2.0, 6.0),
    ("tone:warning", [440], 0.2, 0.5),
    ("tone:busy", [425], 0.5, 1.0),
])  # fmt: skip
def test_a_tone_has_its_pitch_and_cadence(
    item: str, pitches: list[int], on_s: float, period_s: float
) -> None:
    tone = find_tone(item)
    assert tone is not None
    assert len(tone) == period_s * 8000
    heard = samples(tone)[: int(on_s * 8000)]
    spectrum = np.abs(np.fft.rfft(heard))
    loudest = np.argsort(spectrum)[-len(pitches) :] / on_s
    assert sorted(loudest.tolist()) == pytest.approx(pitches, abs=3)
    if on_s < period_s and item != "tone:warning":
        assert not samples(tone)[int(on_s * 8000) :].any()


def test_a_tone_is_as_loud_as_speech_and_never_clips() -> None:
    for name in tone_names():
        tone = find_tone(f"tone:{name}")
        assert tone is not None
        assert np.abs(samples(tone)).max() < 0.3 * 32768


def test_whatever_a_session_may_play_is_there() -> None:
    assert find_tone(TONE_RINGBACK)
    assert find_tone(TONE_WARNING)
    assert find_tone("tone:birdsong") is None


def test_a_sine_starts_and_ends_softly() -> None:
    heard = samples(sine([1000], 100))
    assert len(heard) == 800
    assert np.abs(heard[:5]).max() < 0.2 * np.abs(heard).max()
    assert np.abs(heard[-5:]).max() < 0.2 * np.abs(heard).max()
    assert np.abs(np.diff(heard)).max() < 0.9 * np.abs(heard).max(), "no click inside"


def test_silence_is_silent() -> None:
    assert len(silence(300)) == 2400
    assert not samples(silence(300)).any()
