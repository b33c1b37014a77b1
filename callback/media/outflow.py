"""One continuous RTP stream made of many sources.

A phone must see one SSRC whose sequence numbers and timestamps only grow, whatever we send: a prompt, a
tone, then the other leg's packets, then a prompt again. Own frames count on from the last one. Relayed
packets keep their distances from each other, so that the far end still sees what was lost, late or pressed:

    sent = received + shift,      the shift being set anew when the source changes

After a silence the timestamp moves on by the time that has passed and the marker bit begins a talkspurt
(RFC 3551 §4.1). Pure: the time is given.
"""

from callback.media.rtp import (
    CLOCK_HZ,
    FRAME_S,
    FRAME_TICKS,
    Packet,
    pack_packet,
    sequence_ahead,
    timestamp_ahead,
)

_LEAP_PACKETS = 250  # five seconds: a greater leap is a new source under an old SSRC
_BACK_TICKS = CLOCK_HZ
_AHEAD_S = 10
_TALKSPURT_GAP_S = 0.1  # a later frame of ours begins anew; a sooner one was merely late


class Outflow:
    """Numbers everything that leaves towards one far end."""

    def __init__(self, ssrc: int, sequence: int, timestamp: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.timestamp = timestamp  # newest sent, and when:
        self.sent_s: float | None = None
        self._sequence = sequence
        self._source: int | None = None  # SSRC of the relayed source, None while we speak ourselves
        self._sequence_shift = 0
        self._timestamp_shift = 0
        self._floor = sequence  # what was sent before the present source

    def own(
        self,
        payload_type: int,
        payload: bytes,
        now_s: float,
        *,
        marker: bool = False,
        timestamp: int | None = None,
    ) -> bytes:
        """The next 20 ms frame of ours; the packets of one key press share a given `timestamp`."""
        continues = (
            self._source is None and self.sent_s is not None and now_s - self.sent_s < _TALKSPURT_GAP_S
        )
        self.timestamp = (self.timestamp + FRAME_TICKS) & 0xFFFFFFFF if continues else self._resumed(now_s)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._source = None
        self.sent_s = now_s
        marker = marker or not continues
        return self._count(
            payload_type, marker, self._sequence, self.timestamp if timestamp is None else timestamp, payload
        )

    def relay(
        self, packet: Packet, payload_type: int, payload: bytes, now_s: float, *, audio: bool
    ) -> bytes | None:
        """The far leg's packet under our numbers; None for a latecomer from before the present source."""
        marker = packet.marker
        if self._is_new_source(packet, now_s, audio):
            self._source = packet.ssrc
            self._floor = self._sequence
            self._sequence_shift = self._sequence + 1 - packet.sequence
            self._timestamp_shift = self._resumed(now_s) - packet.timestamp
            marker = marker or audio
        sequence = (packet.sequence + self._sequence_shift) & 0xFFFF
        timestamp = (packet.timestamp + self._timestamp_shift) & 0xFFFFFFFF
        if sequence_ahead(sequence, self._sequence) > 0:
            self._sequence = sequence
            self.sent_s = now_s
            if timestamp_ahead(timestamp, self.timestamp) > 0:
                self.timestamp = timestamp
        elif sequence_ahead(sequence, self._floor) <= 0:
            return None
        return self._count(payload_type, marker, sequence, timestamp, payload)

    def timestamp_at(self, now_s: float) -> int:
        """The timestamp this very moment would have, for a sender report."""
        passed_s = 0.0 if self.sent_s is None else now_s - self.sent_s
        return (self.timestamp + round(passed_s * CLOCK_HZ)) & 0xFFFFFFFF

    def _is_new_source(self, packet: Packet, now_s: float, audio: bool) -> bool:
        if packet.ssrc != self._source or self.sent_s is None:
            return True
        leap = sequence_ahead((packet.sequence + self._sequence_shift) & 0xFFFF, self._sequence)
        if abs(leap) > _LEAP_PACKETS:
            return True
        if not audio or leap <= 0:
            return False
        ahead = timestamp_ahead((packet.timestamp + self._timestamp_shift) & 0xFFFFFFFF, self.timestamp)
        return not -_BACK_TICKS < ahead < (now_s - self.sent_s + _AHEAD_S) * CLOCK_HZ

    def _resumed(self, now_s: float) -> int:
        if self.sent_s is None:
            return self.timestamp
        frames = max(1, round((now_s - self.sent_s) / FRAME_S))
        return (self.timestamp + frames * FRAME_TICKS) & 0xFFFFFFFF

    def _count(self, payload_type: int, marker: bool, sequence: int, timestamp: int, payload: bytes) -> bytes:
        self.packets += 1
        self.octets += len(payload)
        return pack_packet(payload_type, marker, sequence, timestamp, self.ssrc, payload)
