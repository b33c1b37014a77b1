"""G.711: PCMU (mu-law) and PCMA (A-law), to and from 16-bit samples and to each other.

A byte holds a sign, a segment (the power of two) and four bits of step, so that a whisper and a shout
have the same relative error. Bytes are stored inverted (mu-law) or with every second bit inverted (A-law).
Pure; used by the packet loop (`bytes.translate` alone) and by whoever makes or judges sound.
"""

import struct
from collections.abc import Iterable
from functools import cache

from callback.media.rtp import PCMA

_BIAS = 0x84  # ITU-T G.711 table 2a: 33 in 14-bit units, times four
_CLIP = 32635

ULAW_SILENCE = 0xFF
ALAW_SILENCE = 0xD5


def ulaw_to_linear(code: int) -> int:
    """One mu-law byte as a 16-bit sample."""
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + _BIAS) << (code >> 4 & 7)) - _BIAS
    return -magnitude if code & 0x80 else magnitude


def linear_to_ulaw(sample: int) -> int:
    """The nearest mu-law byte of a 16-bit sample; loud ones clip."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | (magnitude >> segment + 3 & 0x0F)) & 0xFF


def alaw_to_linear(code: int) -> int:
    """One A-law byte as a 16-bit sample."""
    code ^= 0x55
    segment = code >> 4 & 7
    magnitude = ((code & 0x0F) << 4) + 8
    if segment:
        magnitude = (magnitude + 0x100) << segment - 1
    return magnitude if code & 0x80 else -magnitude


def linear_to_alaw(sample: int) -> int:
    """The nearest A-law byte of a 16-bit sample."""
    sign = 0x80 if sample >= 0 else 0
    magnitude = (sample if sample >= 0 else -sample - 1) >> 4  # 12 bits, G.711 table 1a
    segment = max(magnitude.bit_length() - 4, 0)
    step = magnitude >> max(segment - 1, 0) if segment else magnitude
    return (sign | segment << 4 | step & 0x0F) ^ 0x55


ULAW_TO_ALAW = bytes(linear_to_alaw(ulaw_to_linear(code)) for code in range(256))
ALAW_TO_ULAW = bytes(linear_to_ulaw(alaw_to_linear(code)) for code in range(256))


def ulaw_as(payload_type: int, payload: bytes) -> bytes:
    """Mu-law bytes in the wanted law."""
    return payload.translate(ULAW_TO_ALAW) if payload_type == PCMA else payload


def translate(payload: bytes, source_type: int, wanted_type: int) -> bytes:
    """G.711 bytes of one law in the other."""
    if source_type == wanted_type:
        return payload
    return payload.translate(ULAW_TO_ALAW if wanted_type == PCMA else ALAW_TO_ULAW)


def encode_ulaw(samples: Iterable[int]) -> bytes:
    """16-bit samples as mu-law."""
    return bytes(map(linear_to_ulaw, samples))


def decode(payload_type: int, payload: bytes) -> bytes:
    """G.711 bytes as little-endian 16-bit PCM."""
    table = _decoding(payload_type)
    return b"".join([table[code] for code in payload])


@cache
def _decoding(payload_type: int) -> tuple[bytes, ...]:
    expand = alaw_to_linear if payload_type == PCMA else ulaw_to_linear
    return tuple(struct.pack("<h", expand(code)) for code in range(256))
