"""What handsets play: a pure tone of their own, any frequency, or a little melody. Mu-law, looped. Pure."""

from functools import cache

from callback.media.rtp import FRAME_TICKS
from callback.media.tones import silence, sine

_LEVEL = 0.25  # -12 dBFS
_LOWEST_HZ, _STEP_HZ, _COUNT = 500, 50, 48  # 500 to 2850 Hz: no ringback or warning tone among them
_NOTES = {"c": 523, "d": 587, "e": 659, "f": 698, "g": 784, "a": 880, "b": 988}
_MELODIES = {
    "ode": "e2 e2 f2 g2 g2 f2 e2 d2 c2 c2 d2 e2 e3 d1 d4",
    "john": "c2 d2 e2 c2 c2 d2 e2 c2 e2 f2 g4 e2 f2 g4",
    "star": "c2 c2 g2 g2 a2 a2 g4 f2 f2 e2 e2 d2 d2 c4",
}
_BEAT_MS = 100


def own_hz(index: int) -> int:
    """The tone of the n-th handset."""
    return _LOWEST_HZ + _STEP_HZ * (index % _COUNT)


def melody_names() -> list[str]:
    return list(_MELODIES)


@cache
def render(tune: str) -> bytes:
    """One turn of a tune, whole frames; ValueError for one there is not."""
    if not tune:
        sound = silence(20)
    elif tune.isdecimal():
        sound = _steady(int(tune))
    elif tune in _MELODIES:
        notes = _MELODIES[tune].split()
        sound = b"".join(sine((_NOTES[n[0]],), int(n[1:]) * _BEAT_MS, _LEVEL) for n in notes)
    else:
        raise ValueError(f"no tune is called {tune!r}")
    return sound[: len(sound) // FRAME_TICKS * FRAME_TICKS]


def _steady(hz: int) -> bytes:
    """One second of a tone that loops without a click, for a whole number of Hz."""
    whole = sine((hz,), 3000, _LEVEL)
    return whole[8000:16000]
