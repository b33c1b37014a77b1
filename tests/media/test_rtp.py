"""RTP packets come apart and together as RFC 3550 §5.1 draws them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.media.rtp import Packet, pack_packet, parse_packet, sequence_ahead, timestamp_ahead

PLAIN = Packet(8, True, 65535, 0xFFFFFFFF, 0xDEADBEEF, b"sound")


@given(
    st.integers(0, 63),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=400),
)
def test_what_is_packed_is_parsed_again(
    kind: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes
) -> None:
    packet = Packet(kind, marker, sequence, timestamp, ssrc, payload)
    assert parse_packet(pack_packet(*packet)) == packet


def test_contributing_sources_extension_and_padding_are_no_sound() -> None:
    plain = pack_packet(*PLAIN)
    sources = b"src1src2"
    extension = b"\xbe\xde\x00\x01" + b"ext1"
    rich = bytes((0x80 | 0x20 | 0x10 | 2,)) + plain[1:12] + sources + extension + b"sound" + b"\0\0\3"
    assert parse_packet(rich) == PLAIN


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80\x00\x00",
        b"\x40" + bytes(20),
        bytes((0x80, 200)) + bytes(26),  # an RTCP sender report
        bytes((0x8F, 0)) + bytes(10),  # fifteen contributing sources that are not there
        bytes((0x90, 0)) + bytes(10),  # an extension that is not there
        bytes((0x90, 0)) + bytes(10) + b"\xbe\xde\xff\xff",  # one longer than the datagram
        bytes((0xA0, 0)) + bytes(10) + b"\x09",  # more padding than payload
        bytes((0xA0, 0)) + bytes(10) + b"\x00",  # padding that does not count itself
    ],
)
def test_what_is_no_rtp_is_nothing(datagram: bytes) -> None:
    assert parse_packet(datagram) is None


@given(st.binary(max_size=64))
def test_no_datagram_whatever_breaks_the_parser(datagram: bytes) -> None:
    parse_packet(datagram)


def test_counters_go_round() -> None:
    assert sequence_ahead(2, 65534) == 4
    assert sequence_ahead(65534, 2) == -4
    assert timestamp_ahead(100, 0xFFFFFFFF) == 101
    assert timestamp_ahead(0xFFFFFFFF, 100) == -101
