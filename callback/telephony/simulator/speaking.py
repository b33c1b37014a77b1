"""Live sound on its way out of a simulated handset, such as somebody's microphone. Pure.

It comes in pieces of about 100 ms and leaves in packets of 20 ms: a piece waits until there is enough to
bridge a late one, and what is too old to be said is dropped, so that nobody ever hears it late.
"""

from callback.media.codecs import encode_ulaw
from callback.media.rtp import FRAME_TICKS

_FRAME_BYTES = 2 * FRAME_TICKS
_BEGIN_BYTES = 6 * _FRAME_BYTES  # 120 ms are there before the first of them leaves
_MOST_BYTES = 20 * _FRAME_BYTES  # 400 ms


class Voice:
    """PCM in (16 bit little-endian, 8 kHz), frames of mu-law out."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._flows = False

    def add(self, pcm: bytes) -> None:
        """Say this next; ValueError for half a sample."""
        if len(pcm) % 2:
            raise ValueError("PCM has two bytes a sample")
        self._waiting += pcm
        del self._waiting[: max(0, len(self._waiting) - _MOST_BYTES)]

    def frame(self) -> bytes | None:
        """The next 20 ms; None while there is nothing to say."""
        enough = _FRAME_BYTES if self._flows else _BEGIN_BYTES
        self._flows = len(self._waiting) >= enough
        if not self._flows:
            return None
        pcm = bytes(self._waiting[:_FRAME_BYTES])
        del self._waiting[:_FRAME_BYTES]
        return encode_ulaw(memoryview(pcm).cast("h"))
