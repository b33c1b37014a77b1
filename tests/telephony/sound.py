"""Judging recorded sound by its spectrum."""

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000


def strongest_hz(pcm: bytes) -> float:
    """The loudest frequency; 0 for silence."""
    spectrum = _spectrum(pcm)
    if spectrum.size == 0 or spectrum.max() < 1e4:
        return 0.0
    return float(np.argmax(spectrum)) * RATE_HZ / (2 * (spectrum.size - 1))


def is_tone(pcm: bytes, hz: float) -> bool:
    """Whether this is nearly all one tone, heard for at least 0.2 s."""
    samples = _samples(pcm)
    if samples.size < RATE_HZ // 5:
        return False
    spectrum = np.square(np.abs(np.fft.rfft(samples * np.hanning(samples.size))))
    frequencies = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    near = spectrum[np.abs(frequencies - hz) < 15].sum()
    return bool(near > 0.9 * spectrum[1:].sum())


def level(pcm: bytes) -> float:
    """Root of the mean square, 0 to 32767."""
    samples = _samples(pcm)
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0


def _samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def _spectrum(pcm: bytes) -> NDArray[np.float64]:
    samples = _samples(pcm)
    return np.abs(np.fft.rfft(samples * np.hanning(samples.size))) if samples.size else samples
