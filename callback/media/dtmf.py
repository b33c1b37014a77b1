"""Key presses as RFC 4733 telephone events.

    | event 0-15 |E|R| volume 0-63 |  duration in ticks (16 bit) |     payload, 4 bytes

One press is many packets with one and the same RTP timestamp: growing durations, then the last one three
times with the end bit E. Any of them may be lost or come twice or late, so the timestamp, and only the
timestamp, tells presses apart. Pure.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from callback.media.rtp import FRAME_TICKS, timestamp_ahead

KEYS = "0123456789*#ABCD"
PRESS_FRAMES = 5  # 100 ms, above the 40 ms every receiver must recognise (ITU-T Q.24)
PAUSE_FRAMES = 4  # 80 ms of nothing, so that two equal keys stay two
END_REPEATS = 3  # RFC 4733 §2.5.1.4
_VOLUME = 10  # dBm0 below zero
_EVENT = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    key: str
    ended: bool
    duration: int


def parse_event(payload: bytes) -> TelephoneEvent | None:
    """The event in a payload; None for what is no key (hook flash, modem tones) or too short."""
    if len(payload) < _EVENT.size:
        return None
    event, flags, duration = _EVENT.unpack_from(payload)
    return TelephoneEvent(KEYS[event], bool(flags & 0x80), duration) if event < len(KEYS) else None


def pack_event(event: TelephoneEvent) -> bytes:
    """The four bytes of an event."""
    return _EVENT.pack(KEYS.index(event.key), event.ended << 7 | _VOLUME, event.duration)


def press(key: str) -> Iterator[TelephoneEvent]:
    """One press, a packet for each 20 ms: what is sent towards a far end."""
    for frame in range(1, PRESS_FRAMES + 1):
        yield TelephoneEvent(key, ended=False, duration=frame * FRAME_TICKS)
    for _ in range(END_REPEATS):
        yield TelephoneEvent(key, ended=True, duration=PRESS_FRAMES * FRAME_TICKS)


class KeyListener:
    """Hears each press once, at the first of its packets that arrives."""

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._timestamp = 0  # of the newest press

    def hear(self, ssrc: int, timestamp: int, payload: bytes) -> str | None:
        """The key, if this packet is the first sign of a press."""
        event = parse_event(payload)
        if event is None:
            return None
        if self._ssrc == ssrc and timestamp_ahead(timestamp, self._timestamp) <= 0:
            return None
        self._ssrc, self._timestamp = ssrc, timestamp
        return event.key
