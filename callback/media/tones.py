"""Call progress tones (ITU-T E.180, supplement 2) as mu-law bytes, made from sines. Pure.

A tone is one period of its cadence: looped, it goes on for ever.
"""

import math
from collections.abc import Sequence
from functools import cache

from callback.media.codecs import ULAW_SILENCE, encode_ulaw
from callback.media.rtp import CLOCK_HZ

PREFIX = "tone:"

_LEVEL = 0.1  # amplitude of one sine against full scale: about -20 dBm0
_RAMP = 40  # samples of fade at either end (5 ms), against clicks

# name: frequencies in Hz, then (tone, pause) in ms, repeated to fill the period
_CADENCES: dict[str, tuple[tuple[int, ...], tuple[tuple[int, int], ...]]] = {
    "ringback": ((425,), ((1000, 4000),)),
    "ringback-uk": ((400, 450), ((400, 200), (400, 2000))),
    "ringback-us": ((440, 480), ((2000, 4000),)),
    "busy": ((425,), ((500, 500),)),
    "busy-us": ((480, 620), ((500, 500),)),
    "warning": ((440,), ((200, 100), (200, 0))),
    "beep": ((1000,), ((200, 0),)),
    "pause": ((), ((0, 300),)),
}


def find_tone(item: str) -> bytes | None:
    """One period of `tone:<name>`, None for a name there is not."""
    name = item.removeprefix(PREFIX)
    return _render(name) if name in _CADENCES else None


def tone_names() -> list[str]:
    """Every name `find_tone` knows."""
    return list(_CADENCES)


def sine(frequencies: Sequence[int], duration_ms: int, level: float = _LEVEL) -> bytes:
    """The sum of sines as mu-law, faded in and out over 5 ms; `level` is each sine's amplitude, 0 to 1."""
    count = duration_ms * CLOCK_HZ // 1000
    period = CLOCK_HZ // math.gcd(CLOCK_HZ, *frequencies)
    turn, scale = 2 * math.pi / CLOCK_HZ, level * 32767
    wave = [scale * sum(math.sin(turn * f * n) for f in frequencies) for n in range(period)]
    steady = encode_ulaw(map(int, wave)) * (count // period + 1)
    rise = encode_ulaw(int(wave[n % period] * n / _RAMP) for n in range(_RAMP))
    fall = encode_ulaw(int(wave[n % period] * (count - n) / _RAMP) for n in range(count - _RAMP, count))
    return rise + steady[_RAMP : count - _RAMP] + fall


def silence(duration_ms: int) -> bytes:
    """Mu-law silence."""
    return bytes((ULAW_SILENCE,)) * (duration_ms * CLOCK_HZ // 1000)


@cache
def _render(name: str) -> bytes:
    frequencies, cadence = _CADENCES[name]
    return b"".join(sine(frequencies, on_ms) + silence(off_ms) for on_ms, off_ms in cadence)
