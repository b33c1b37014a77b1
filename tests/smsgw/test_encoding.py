"""Alphabets of SMS, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.alphabet import decode_gsm, encode_gsm
from smsgw.encoding import Alphabet, OutPart, decode, encode_parts


@pytest.mark.parametrize(
    ("content", "data_coding", "text"),
    [
        (b"\x00A\x02\x65", 0, "@A$e"),
        (b"\x1b\x65 5", 0, "€ 5"),
        (b"\x1b\x1bA\x1b", 0, " A"),
        (b"\x1bA", 0, "A"),
        (b"\xe9", 0, "é"),
        (b"caf\xe9", 3, "café"),
        (b"plain", 1, "plain"),
        ("żółw 🐢".encode("utf-16-be"), 8, "żółw 🐢"),
        (b"\xfe\xff\x00A", 8, "A"),
        (b"\xff\xfeA\x00", 8, "A"),
        ("привет".encode("iso8859-5"), 6, "привет"),
        ("שלום".encode("iso8859-8"), 7, "שלום"),
        (b"U.a P.b", 4, "U.a P.b"),
        (b"caf\xe9", 2, "café"),
        ("żółw".encode(), 4, "żółw"),
        (b"\x01\x02", 4, None),
        (b"x", 9, None),
        (b"hi", 0x10, "hi"),
        (b"hi", 0x14, "hi"),
        (b"\x00h", 0x18, "h"),
        (b"hi", 0x1C, None),
        (b"hi", 0x20, None),
        (b"hi", 0x80, None),
        (b"hi", 0xC8, "hi"),
        (b"\x00h", 0xE0, "h"),
        (b"hi", 0xF0, "hi"),
        (b"hi", 0xF5, "hi"),
    ],
)
def test_data_coding_says_how_the_octets_are_read(content: bytes, data_coding: int, text: str | None) -> None:
    assert decode(content, data_coding, "gsm0338") == text


def test_default_is_latin_1_where_the_carrier_means_it() -> None:
    assert decode(b"caf\xe9@", 0, "latin1") == "café@"


def test_every_gsm_character_survives_the_way_there_and_back() -> None:
    alphabet = "".join(decode_gsm(bytes([code])) for code in range(128) if code != 0x1B) + "\f^{}\\[~]|€"
    septets = encode_gsm(alphabet)
    assert septets is not None
    assert decode_gsm(b"".join(septets)) == alphabet
    assert len(set(alphabet)) == 127 + 10


@pytest.mark.parametrize(
    ("text", "default", "data_coding", "parts"),
    [
        ("a" * 160, "gsm0338", 0, 1),
        ("a" * 161, "gsm0338", 0, 2),
        ("€" * 80, "gsm0338", 0, 1),
        ("ż" * 70, "gsm0338", 8, 1),
        ("ż" * 71, "gsm0338", 8, 2),
        ("é" * 140, "latin1", 3, 1),
        ("é" * 141, "latin1", 3, 2),
        ("ż", "latin1", 8, 1),
        ("", "gsm0338", 0, 1),
    ],
)
def test_the_alphabet_that_needs_fewest_parts_is_taken(
    text: str, default: Alphabet, data_coding: int, parts: int
) -> None:
    made = encode_parts(text, default, 7)
    assert ({part.data_coding for part in made}, len(made)) == ({data_coding}, parts)


def test_parts_carry_the_header_that_joins_them() -> None:
    first, second = encode_parts("a" * 200, "gsm0338", 0xAB)
    assert first.content[:6] == bytes([5, 0, 3, 0xAB, 2, 1])
    assert second.content[:6] == bytes([5, 0, 3, 0xAB, 2, 2])
    assert len(first.content) == 6 + 153
    assert first.has_header and second.has_header


def test_no_escape_pair_is_cut() -> None:
    parts = encode_parts("a" * 152 + "€" * 10, "gsm0338", 1)
    assert [_text(part) for part in parts] == ["a" * 152, "€" * 10]


def test_no_surrogate_pair_is_cut() -> None:
    parts = encode_parts("ż" * 66 + "🐢" * 5, "gsm0338", 1)
    assert [_text(part) for part in parts] == ["ż" * 66, "🐢" * 5]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=500))
def test_whatever_is_cut_can_be_joined(text: str) -> None:
    parts = encode_parts(text, "gsm0338", 0)
    assert all(len(part.content) <= 160 for part in parts)
    assert "".join(_text(part) for part in parts) == text


def _text(part: OutPart) -> str:
    content = part.content[6:] if part.has_header else part.content
    if part.data_coding == 8:
        return content.decode("utf-16-be")
    return decode(content, part.data_coding, "gsm0338") or ""
