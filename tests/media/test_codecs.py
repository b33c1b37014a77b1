"""G.711 against its own tables, written as formulas for all values at once."""

import numpy as np
import pytest

from callback.media.codecs import (
    ALAW_TO_ULAW,
    ULAW_TO_ALAW,
    alaw_to_linear,
    decode,
    encode_ulaw,
    linear_to_alaw,
    linear_to_ulaw,
    translate,
    ulaw_as,
    ulaw_to_linear,
)
from callback.media.rtp import PCMA, PCMU

SEGMENT, STEP = np.divmod(np.arange(128), 16)
# ITU-T G.711 tables 1 and 2: output values and lower decision values of one sign, in 16-bit units.
ULAW_LEVELS = ((2 * STEP + 33) * 2**SEGMENT - 33) * 4
ULAW_DECISIONS = ((2 * STEP + 32) * 2**SEGMENT - 33) * 4
ALAW_LEVELS = np.where(SEGMENT == 0, 2 * STEP + 1, (2 * STEP + 33) * 2 ** np.maximum(SEGMENT - 1, 0)) * 8
ALAW_DECISIONS = np.where(SEGMENT == 0, STEP, (STEP + 16) * 2 ** np.maximum(SEGMENT - 1, 0)) * 16
SAMPLES = np.arange(-32768, 32768)


def test_every_mu_law_byte_has_the_level_of_the_table() -> None:
    for step, level in enumerate(ULAW_LEVELS.tolist()):
        assert ulaw_to_linear(0xFF - step) == level
        assert ulaw_to_linear(0x7F - step) == -level


def test_every_a_law_byte_has_the_level_of_the_table() -> None:
    for step, level in enumerate(ALAW_LEVELS.tolist()):
        assert alaw_to_linear((0x80 | step) ^ 0x55) == level
        assert alaw_to_linear(step ^ 0x55) == -level


def test_every_sample_falls_into_the_mu_law_interval_of_the_table() -> None:
    steps = np.searchsorted(ULAW_DECISIONS, np.abs(SAMPLES), side="right") - 1
    expected = np.where(SAMPLES < 0, 0x7F, 0xFF) - steps
    assert [linear_to_ulaw(sample) for sample in SAMPLES.tolist()] == expected.tolist()


def test_every_sample_falls_into_the_a_law_interval_of_the_table() -> None:
    magnitudes = np.where(SAMPLES < 0, -SAMPLES - 1, SAMPLES)
    steps = np.searchsorted(ALAW_DECISIONS, magnitudes, side="right") - 1
    expected = (np.where(SAMPLES < 0, 0, 0x80) | steps) ^ 0x55
    assert [linear_to_alaw(sample) for sample in SAMPLES.tolist()] == expected.tolist()


def test_every_byte_survives_its_own_law() -> None:
    for code in range(256):
        assert linear_to_alaw(alaw_to_linear(code)) == code
        if code != 0x7F:  # minus zero, which a sample cannot be
            assert linear_to_ulaw(ulaw_to_linear(code)) == code


def test_each_law_becomes_the_other_by_the_samples_they_stand_for() -> None:
    for code in range(256):
        assert ULAW_TO_ALAW[code] == linear_to_alaw(ulaw_to_linear(code))
        assert ALAW_TO_ULAW[code] == linear_to_ulaw(alaw_to_linear(code))


def test_a_tone_through_both_laws_stays_clean() -> None:
    tone = np.round(8000 * np.sin(2 * np.pi * 1000.5 / 8000 * np.arange(8000)))
    twice = translate(translate(encode_ulaw(tone.astype(int).tolist()), PCMU, PCMA), PCMA, PCMU)
    noise = np.frombuffer(decode(PCMU, twice), "<i2") - tone
    assert 10 * np.log10((tone**2).mean() / (noise**2).mean()) > 33


def test_payloads_are_translated_only_between_laws() -> None:
    every = bytes(range(256))
    assert translate(every, PCMU, PCMU) is every
    assert translate(every, PCMA, PCMA) is every
    assert translate(every, PCMU, PCMA) == ulaw_as(PCMA, every) == ULAW_TO_ALAW
    assert translate(every, PCMA, PCMU) == ALAW_TO_ULAW
    assert ulaw_as(PCMU, every) is every


@pytest.mark.parametrize(("kind", "expand"), [(PCMU, ulaw_to_linear), (PCMA, alaw_to_linear)])
def test_payloads_become_samples(kind: int, expand: object) -> None:
    assert callable(expand)
    every = bytes(range(256))
    assert np.frombuffer(decode(kind, every), "<i2").tolist() == [expand(code) for code in every]


def test_samples_become_mu_law() -> None:
    assert encode_ulaw([0, 32767, -32768]) == b"\xff\x80\x00"
