"""What a handset heard, and when; and whether a certain tone is in it."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

RATE_HZ = 8000
_BYTES_PER_MS = RATE_HZ * 2 // 1000
_FRAMES_KEPT = 30_000  # ten minutes: a demo may be left alone for days


@dataclass(slots=True)
class Recording:
    """PCM, 16 bit little-endian, 8 kHz, as it arrived; a frame's time is that of its arrival.

    Of what it heard it remembers the last ten minutes.
    """

    frames: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=_FRAMES_KEPT))
    listeners: list[Callable[[bytes], None]] = field(default_factory=list)  # told of each frame as it comes

    def add(self, at_ms: int, pcm: bytes) -> None:
        self.frames.append((at_ms, pcm))
        for listener in self.listeners:
            listener(pcm)

    def pcm(self, from_ms: int = 0, until_ms: int | None = None) -> bytes:
        """The sound that arrived in that time; what did not arrive is not there."""
        end = until_ms if until_ms is not None else math.inf
        return b"".join(pcm for at_ms, pcm in self.frames if from_ms <= at_ms < end)

    def last_ms(self, duration_ms: int) -> bytes:
        wanted, found = duration_ms * _BYTES_PER_MS, 0
        pieces: list[bytes] = []
        for _, pcm in reversed(self.frames):
            pieces.append(pcm)
            found += len(pcm)
            if found >= wanted:
                break
        return b"".join(reversed(pieces))[-wanted:] if wanted else b""


def share_of(pcm: bytes, hz: float) -> float:
    """The part of the sound's energy that is at `hz`, 0 to 1 (Goertzel)."""
    samples = memoryview(pcm).cast("h")
    count = len(samples)
    energy = sum(s * s for s in samples)
    if not energy:
        return 0.0
    turn = 2 * math.pi * hz / RATE_HZ
    coefficient = 2 * math.cos(turn)
    last = before = 0.0
    for sample in samples:
        last, before = sample + coefficient * last - before, last
    power = last * last + before * before - coefficient * last * before
    return min(2 * power / (count * energy), 1.0)
