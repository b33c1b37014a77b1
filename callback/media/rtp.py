"""RTP packets (RFC 3550 §5.1) and the circular arithmetic of their counters.

     0                   1                   2                   3
    |V=2|P|X|  CC   |M|     PT      |        sequence number        |
    |                           timestamp                           |
    |            synchronization source (SSRC) identifier           |

Pure. Audio here is always 8 kHz, 20 ms to a packet: 160 ticks, 160 bytes of G.711.
"""

import struct
from typing import NamedTuple

CLOCK_HZ = 8000
FRAME_TICKS = 160
FRAME_S = 0.02

PCMU = 0
PCMA = 8
COMFORT_NOISE = 13

_HEADER = struct.Struct("!BBHII")
HEADER_BYTES = _HEADER.size


class Packet(NamedTuple):
    """One RTP packet, without contributing sources, extension and padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_packet(data: bytes) -> Packet | None:
    """The packet in a datagram, or None if it is no well-formed RTP (an RTCP packet is not)."""
    if len(data) < HEADER_BYTES or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if 192 <= second <= 223:  # RFC 5761 §4: RTCP packet types seen as marker and payload type
        return None
    if first == 0x80:
        payload = data[HEADER_BYTES:]
    else:
        found = _payload_of(data, first)
        if found is None:
            return None
        payload = found
    return Packet(second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, payload)


def _payload_of(data: bytes, first: int) -> bytes | None:
    start, end = HEADER_BYTES + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if start + 4 > end:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    return data[start:end] if start <= end and (not first & 0x20 or data[-1]) else None


def pack_packet(
    payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes
) -> bytes:
    """The datagram of a plain packet; counters must already be wrapped."""
    return _HEADER.pack(0x80, payload_type | marker << 7, sequence, timestamp, ssrc) + payload


def sequence_ahead(a: int, b: int) -> int:
    """How far sequence number `a` is ahead of `b`, -32768 to 32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def timestamp_ahead(a: int, b: int) -> int:
    """How many ticks timestamp `a` is ahead of `b`, negative when behind."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000
