"""RTCP sender and receiver reports (RFC 3550 §6.4): how well the far end hears us, and how far away it is.

    |V=2|P|  RC  |  PT 200 or 201  |   length    |  SSRC of the sender |
    [200 only: NTP time (64), RTP time, packet count, byte count       ]
    RC times: | SSRC | lost/256 , lost (24) | highest seq | jitter | LSR | DLSR |

Pure: the times are given, the round trip is computed from LSR and DLSR in units of 1/65536 s.
"""

import struct
from dataclasses import dataclass

_HEAD = struct.Struct("!BBHI")
_SENDER = struct.Struct("!IIIII")
_BLOCK = struct.Struct("!IIIIII")
_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _GOODBYE = 200, 201, 202, 203
_NTP_LESS_UNIX_S = 2_208_988_800


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """One receiver's word on one source."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest_sequence: int
    jitter_ticks: int
    last_sr: int
    delay_since_last_sr: int


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed compound packet: when its sender report was made (if it holds one), and its blocks."""

    ssrc: int
    ntp_middle: int | None
    blocks: tuple[ReportBlock, ...]


def ntp_time(unix_s: float) -> int:
    """The 64-bit NTP timestamp of a Unix time."""
    return int((unix_s + _NTP_LESS_UNIX_S) * 0x100000000) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    """The middle 32 bits, which go into LSR."""
    return ntp >> 16 & 0xFFFFFFFF


def pack_report(
    ssrc: int, name: str, sent: tuple[int, int, int, int] | None, block: ReportBlock | None
) -> bytes:
    """A compound packet: SR if `sent` = (NTP, RTP time, packets, bytes) is given, else RR, then the CNAME."""
    tail = b""
    if block is not None:
        first = block.fraction_lost << 24 | (max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF)
        tail = _BLOCK.pack(
            block.ssrc,
            first,
            block.highest_sequence,
            block.jitter_ticks,
            block.last_sr,
            block.delay_since_last_sr,
        )
    if sent is not None:
        ntp, rtp_time, packets, octets = sent
        tail = _SENDER.pack(ntp >> 32, ntp & 0xFFFFFFFF, rtp_time, packets, octets & 0xFFFFFFFF) + tail
    kind = _RECEIVER_REPORT if sent is None else _SENDER_REPORT
    return _packet(kind, 0 if block is None else 1, ssrc, tail) + _description(ssrc, name)


def pack_goodbye(ssrc: int) -> bytes:
    """An empty receiver report and BYE: the stream is over (RFC 3550 §6.6)."""
    return _packet(_RECEIVER_REPORT, 0, ssrc, b"") + _packet(_GOODBYE, 1, ssrc, b"")


def parse_report(data: bytes) -> Report | None:
    """The first SR or RR of a compound packet; None if the datagram is no RTCP that begins with one."""
    if len(data) < _HEAD.size or data[0] >> 6 != 2:
        return None
    first, kind, words, ssrc = _HEAD.unpack_from(data)
    end = 4 * (words + 1)
    position = _HEAD.size + (_SENDER.size if kind == _SENDER_REPORT else 0)
    count = first & 0x1F
    if kind not in (_SENDER_REPORT, _RECEIVER_REPORT) or len(data) < end:
        return None
    if position + count * _BLOCK.size > end:
        return None
    ntp_middle = int.from_bytes(data[10:14], "big") if kind == _SENDER_REPORT else None
    blocks = tuple(_block(data, position + n * _BLOCK.size) for n in range(count))
    return Report(ssrc, ntp_middle, blocks)


def round_trip_s(block: ReportBlock, now_middle: int) -> float | None:
    """The round trip by one report block, None if the far end has not heard a report of ours yet."""
    if not block.last_sr:
        return None
    ticks = (now_middle - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
    return ticks / 65536 if ticks < 0x80000000 else 0.0


def _block(data: bytes, position: int) -> ReportBlock:
    ssrc, losses, highest, jitter, last_sr, delay = _BLOCK.unpack_from(data, position)
    lost = ((losses & 0xFFFFFF) ^ 0x800000) - 0x800000
    return ReportBlock(ssrc, losses >> 24, lost, highest, jitter, last_sr, delay)


def _packet(kind: int, count: int, ssrc: int, tail: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, (4 + len(tail)) // 4, ssrc) + tail


def _description(ssrc: int, name: str) -> bytes:
    item = bytes((1, len(name))) + name.encode("ascii")
    return _packet(_DESCRIPTION, 1, ssrc, item + bytes(4 - len(item) % 4))
