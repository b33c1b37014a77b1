"""Mu-law WAV files: 8 kHz, mono, one byte a sample (RIFF, WAVE_FORMAT_MULAW = 7).

The standard library's `wave` reads PCM only. Other WAVs (16-bit PCM at 8 kHz, A-law) are taken too, so that
an operator's own recordings need no tool. Pure but for `read_wav`.
"""

import struct
from array import array
from pathlib import Path

from callback.media.codecs import ALAW_TO_ULAW, encode_ulaw

MULAW, ALAW, PCM = 7, 6, 1
MAX_BYTES = 32 * 1024 * 1024
_FORMAT = struct.Struct("<HHIIHH")


class BadSound(Exception):
    """The file cannot be played; the message names it and says what was expected."""

    transient = False


def read_wav(path: Path) -> bytes:
    """The file's samples as mu-law bytes; raises `BadSound`, also for a file that is not there."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadSound(f"{path}: larger than {MAX_BYTES} bytes")
        return parse_wav(path.read_bytes())
    except OSError as error:
        raise BadSound(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadSound(f"{path}: {error}") from error


def parse_wav(data: bytes) -> bytes:
    """The samples in a WAV image as mu-law bytes; `ValueError` says what is wrong with it."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        name, size = (
            data[position : position + 4],
            int.from_bytes(data[position + 4 : position + 8], "little"),
        )
        chunks.setdefault(name, data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2
    form, samples = chunks.get(b"fmt ", b""), chunks.get(b"data")
    if len(form) < _FORMAT.size or samples is None:
        raise ValueError("a WAV file without format or data")
    kind, channels, rate, _, _, bits = _FORMAT.unpack_from(form)
    if (channels, rate) != (1, 8000):
        raise ValueError(f"expected mono at 8000 Hz, found {channels} channel(s) at {rate} Hz")
    match kind, bits:
        case 7, 8:
            return samples
        case 6, 8:
            return samples.translate(ALAW_TO_ULAW)
        case 1, 16:
            return encode_ulaw(array("h", samples[: len(samples) // 2 * 2]))
    raise ValueError("expected mu-law, A-law or 16-bit samples")


def pack_wav(ulaw: bytes) -> bytes:
    """A mu-law WAV image."""
    form = _FORMAT.pack(MULAW, 1, 8000, 8000, 1, 8) + struct.pack("<H", 0)
    fact = struct.pack("<I", len(ulaw))
    body = b"WAVE"
    for name, chunk in ((b"fmt ", form), (b"fact", fact), (b"data", ulaw)):
        body += name + struct.pack("<I", len(chunk)) + chunk + bytes(len(chunk) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body
