"""Text to octets and back, for SMS in both directions. Pure.

Which alphabet a received message is in stands in its data_coding: below 16 the values of SMPP 3.4 §5.2.19,
above them the groups of 3GPP TS 23.038 §4. A long message is cut into parts that the phone joins: each
begins with a user data header (3GPP TS 23.040 §9.2.3.24.1)

    05 00 03 reference total number
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smsgw.alphabet import decode_gsm, encode_gsm

Alphabet = Literal["gsm0338", "latin1"]
"""What data_coding 0 means at a carrier."""

_DATA_CODING_DEFAULT, _DATA_CODING_LATIN1, _DATA_CODING_UCS2 = 0, 3, 8
_CODECS = {1: "latin-1", 3: "latin-1", 5: "shift_jis", 6: "iso8859-5", 7: "iso8859-8"}
_OCTETS = 140  # of one SMS; 160 septets take as many
_HEADER_OCTETS = 6
_SEPTETS = 160
_HEADER_SEPTETS = 7
_PARTS_MAX = 255


@dataclass(frozen=True, slots=True)
class OutPart:
    """One submit_sm: what goes into short_message, and how it is to be read."""

    data_coding: int
    content: bytes
    has_header: bool  # the content begins with a user data header


def decode(content: bytes, data_coding: int, default: Alphabet) -> str | None:
    """The text of a message without its header; None if it is binary or in an unknown coding."""
    match _kind(data_coding):
        case "default":
            return decode_gsm(content) if default == "gsm0338" else content.decode("latin-1")
        case "gsm":
            return decode_gsm(content)
        case "ucs2":
            return _decode_ucs2(content)
        case "octets":
            return _decode_octets(content)
        case codec:
            return content.decode(codec, "replace") if codec else None


def _kind(data_coding: int) -> str | None:
    """ "default", "gsm", "ucs2", "octets", or the name of a codec."""
    if data_coding < 0x10:
        fixed = {_DATA_CODING_DEFAULT: "default", 2: "octets", 4: "octets", _DATA_CODING_UCS2: "ucs2"}
        return fixed.get(data_coding) or _CODECS.get(data_coding)
    if data_coding < 0x80:  # general group and marked for deletion: bits 5 compressed, 3 and 2 alphabet
        return None if data_coding & 0x20 else ("gsm", "octets", "ucs2", None)[data_coding >> 2 & 3]
    if data_coding >= 0xF0:  # message class: bit 2 alphabet
        return "octets" if data_coding & 4 else "gsm"
    if data_coding >= 0xC0:  # message waiting
        return "ucs2" if data_coding >= 0xE0 else "gsm"
    return None


def _decode_ucs2(content: bytes) -> str:
    """Big-endian, surrogate pairs included; a byte order mark is obeyed and dropped."""
    if content[:2] == b"\xff\xfe":
        return content[2:].decode("utf-16-le", "replace")
    return content.removeprefix(b"\xfe\xff").decode("utf-16-be", "replace")


def _decode_octets(content: bytes) -> str | None:
    """Some centres call plain text binary; real binary has control characters."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return None if any(ord(char) < 0x20 and char not in "\r\n\t" for char in text) else text


def encode_parts(text: str, default: Alphabet, reference: int) -> tuple[OutPart, ...]:
    """The text in the alphabet that needs the fewest parts; no character is cut. `reference` is 0-255."""
    ways = [_cut(_DATA_CODING_UCS2, _ucs2(text), _OCTETS, _OCTETS - _HEADER_OCTETS)]
    if default == "latin1":
        if (latin := _latin1(text)) is not None:
            ways.append(_cut(_DATA_CODING_LATIN1, latin, _OCTETS, _OCTETS - _HEADER_OCTETS))
    elif (septets := encode_gsm(text)) is not None:
        ways.append(_cut(_DATA_CODING_DEFAULT, septets, _SEPTETS, _SEPTETS - _HEADER_SEPTETS))
    data_coding, pieces = min(reversed(ways), key=lambda way: len(way[1]))
    if len(pieces) == 1:
        return (OutPart(data_coding, pieces[0], has_header=False),)
    assert len(pieces) <= _PARTS_MAX, "our texts are short"
    return tuple(
        OutPart(data_coding, bytes([5, 0, 3, reference, len(pieces), number]) + piece, has_header=True)
        for number, piece in enumerate(pieces, 1)
    )


def _latin1(text: str) -> tuple[bytes, ...] | None:
    try:
        return tuple(bytes([octet]) for octet in text.encode("latin-1"))
    except UnicodeEncodeError:
        return None


def _ucs2(text: str) -> tuple[bytes, ...]:
    return tuple(char.encode("utf-16-be", "replace") for char in text)


def _cut(data_coding: int, chars: Sequence[bytes], alone: int, each: int) -> tuple[int, list[bytes]]:
    """Whole characters into one piece of `alone` octets, or into several of `each`."""
    whole = b"".join(chars)
    if len(whole) <= alone:
        return data_coding, [whole]
    pieces = [b""]
    for char in chars:
        if len(pieces[-1]) + len(char) > each:
            pieces.append(b"")
        pieces[-1] += char
    return data_coding, pieces
