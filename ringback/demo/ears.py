"""What a phone heard, and whether it is what it ought to be. Pure: sound in, a share between 0 and 1 out.

A tune is a steady tone: Goertzel's filter says how much of the sound's energy is at its frequency. Speech is
compared by its loudness, frame by frame: of all places where the prompt could have begun in the recording
the one is taken at which the two curves agree best. A tone or silence agrees with no prompt.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from callback.media.codecs import decode
from callback.media.rtp import FRAME_TICKS, PCMU
from callback.media.wav import read_wav
from callback.telephony.simulator.hearing import RATE_HZ, share_of

TUNE_SHARE = 0.8  # from here on it is the tune: another tone has next to nothing at this frequency
SPEECH_LIKENESS = 0.9
_FRAME_BYTES = FRAME_TICKS * 2
_LATEST_START_FRAMES = 100  # 2 s


def tune_share(pcm: bytes, hz: int) -> float:
    """The part of the sound's energy that is at this frequency."""
    return share_of(pcm, hz)


def prompt_pcm(path: Path) -> bytes:
    """A prompt as it should arrive: PCM 16 bit, 8 kHz."""
    return decode(PCMU, read_wav(path))


def likeness(heard: bytes, wanted: bytes) -> float:
    """How well the loudness of `wanted` is found again in `heard`, which must be as long; -1 to 1."""
    curve, pattern = _loudness(heard), _loudness(wanted)
    starts = range(min(len(curve) - len(pattern), _LATEST_START_FRAMES) + 1)
    return max((_correlation(curve[at : at + len(pattern)], pattern) for at in starts), default=0.0)


def duration_ms(pcm: bytes) -> int:
    return len(pcm) // 2 * 1000 // RATE_HZ


def _loudness(pcm: bytes) -> list[float]:
    samples = memoryview(pcm[: len(pcm) // _FRAME_BYTES * _FRAME_BYTES]).cast("h")
    frames = (samples[at : at + FRAME_TICKS] for at in range(0, len(samples), FRAME_TICKS))
    return [math.sqrt(sum(sample * sample for sample in frame)) for frame in frames]


def _correlation(left: Sequence[float], right: Sequence[float]) -> float:
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    a, b = [x - mean_left for x in left], [y - mean_right for y in right]
    norm = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norm if norm else 0.0
