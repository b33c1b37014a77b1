"""Hearing spoken digits: where in a recording is the prompt of each, and how surely?

A prompt is looked for by its wave, at every sample; another digit's wave, a tone or silence agrees with it
nowhere near as well.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callback.media.codecs import decode
from callback.media.rtp import PCMU
from callback.media.wav import read_wav
from callback.prompts.catalogue import find_prompt

_SURE = 0.8  # of 1, the very same wave
Sound = NDArray[np.float64]


def digits_in(pcm: bytes, language: str = "en") -> str:
    """The digits somebody says in this recording (16 bit, 8 kHz), in order."""
    heard = np.frombuffer(pcm, "<i2").astype(np.float64)
    found = [
        (at, digit)
        for digit in "0123456789"
        for at in _places_of(_spoken(find_prompt(language, f"digit_{digit}")), heard)
    ]
    return "".join(digit for _, digit in sorted(found))


def _spoken(path: Path) -> Sound:
    samples = np.frombuffer(decode(PCMU, read_wav(path)), "<i2").astype(np.float64)
    audible = np.flatnonzero(np.abs(samples) > 30)
    return samples[audible[0] : audible[-1] + 1]


def _places_of(pattern: Sound, heard: Sound) -> list[int]:
    """Where the pattern begins in what was heard."""
    if heard.size < pattern.size:
        return []
    size = heard.size + pattern.size
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(pattern, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(heard**2)])
    energy = energy[pattern.size :] - energy[: -pattern.size]
    likeness = product[: energy.size] / np.sqrt(np.maximum(energy, 1.0) * (pattern**2).sum())
    places: list[int] = []
    for at in np.flatnonzero(likeness > _SURE):
        if not places or at - places[-1] > pattern.size // 2:
            places.append(int(at))
    return places
