"""One leg's RTP stream: what comes in, what goes out, and when it must end.

                     ┌── KeyListener ──► Digit
    datagram ─► FarEnd ─► Reception ─► sink.carry ─► Outflow ─► datagram of the other leg
                                          ▲ not while Speech is active: a tone takes the bridge's place

Must not know sockets: datagrams, time and the words to the dialer come and go by its arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass

from callback.media.codecs import ULAW_SILENCE, translate, ulaw_as
from callback.media.control import Connect, Digit, Ended, Latch, Limited, Report, Silent, Stats
from callback.media.dtmf import KeyListener, TelephoneEvent, pack_event
from callback.media.farend import Address, FarEnd, is_reachable
from callback.media.outflow import Outflow
from callback.media.reception import Reception
from callback.media.reporting import Reporting
from callback.media.rtp import COMFORT_NOISE, FRAME_S, FRAME_TICKS, PCMA, PCMU, Packet, parse_packet
from callback.media.speech import Playback, Speech
from callback.media.timetable import Appointment, Timetable

_IDLE_S = 4.0
_SILENCE = bytes((ULAW_SILENCE,)) * FRAME_TICKS


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every stream of a process shares."""

    timetable: Timetable
    tell: Callable[[Report], None]
    rtp_timeout_s: float


class Stream:
    """The state of one stream; `sink` is whoever hears its far end."""

    def __init__(
        self, name: str, outflow: Outflow, transmit: Callable[[bytes, Address], None], around: Surroundings
    ) -> None:
        self.name = name
        self.far_end = FarEnd()
        self.sink: Stream | None = None
        self.speech = Speech(around.timetable, self._say_frame, self._say_key, self._speech_ended)
        self._outflow = outflow
        self._reception = Reception()
        self._reporting = Reporting(outflow, self._reception)
        self._transmit = transmit
        self._around = around
        self._keys = KeyListener()
        self._payload_type = PCMU
        self._dtmf_type: int | None = None
        self._event_types: frozenset[int] = frozenset()
        self._sends = self._receives = self._limited = False
        self._connected = False
        self._foreign = 0
        self._press_timestamp = 0
        self._limit: Appointment | None = None
        self._heard_s = 0.0
        self._watch: Appointment | None = None

    @property
    def ssrc(self) -> int:
        """The source identifier the far end sees."""
        return self._outflow.ssrc

    def connect(self, wanted: Connect, now_s: float) -> None:
        """Take the far end's address, types and direction; what waits to be said begins."""
        self.far_end.signal(wanted.host, wanted.port)
        self._payload_type = wanted.payload_type
        self._dtmf_type = wanted.dtmf_type
        types = (wanted.dtmf_type, wanted.dtmf_receive_type)
        self._event_types = frozenset(kind for kind in types if kind is not None)
        reachable = is_reachable(wanted.host, wanted.port)
        self._sends = reachable and wanted.direction in ("sendrecv", "recvonly")
        self._receives = wanted.direction in ("sendrecv", "sendonly")
        self._connected = True
        self._heard_s = now_s
        self._watch_silence(expected=reachable and wanted.direction == "sendrecv")
        self._speak(now_s)

    def latch(self, source: Address) -> None:
        """Go on with the address an earlier process had found."""
        self.far_end.latch(source)

    def play(self, playback: Playback, now_s: float) -> None:
        """Play now, or once connected."""
        if not self._limited:
            self.speech.play(playback)
            self._speak(now_s)

    def press(self, text: str, now_s: float) -> None:
        """Send key presses, if the far end takes them."""
        if self._dtmf_type is not None and not self._limited:
            self.speech.press(text)
            self._speak(now_s)

    def limit(self, until_s: float | None) -> None:
        """Set, move or lift the instant at which media stops both ways."""
        self._limited = False
        if self._limit is not None:
            self._limit.call_off()
        self._limit = None if until_s is None else self._around.timetable.at(until_s, self._cut)

    def receive(self, data: bytes, source: Address, now_s: float) -> None:
        """One datagram from the network."""
        packet = parse_packet(data)
        if packet is None or self._limited or not self._connected:
            return
        kind = packet.payload_type
        event = kind in self._event_types
        audio = kind in (PCMU, PCMA) and not event
        if not (event or audio or kind == COMFORT_NOISE):
            return
        if not self._admits(source):
            return
        self._reception.note(packet.ssrc, packet.sequence, packet.timestamp, now_s, audio)
        self._heard(now_s)
        if not self._receives:
            return
        if event:
            key = self._keys.hear(packet.ssrc, packet.timestamp, packet.payload)
            if key is not None:
                self._around.tell(Digit(self.name, key, now_s))
        if self.sink is not None and (audio or event):
            self.sink.carry(packet, now_s, audio=audio)

    def carry(self, packet: Packet, now_s: float, *, audio: bool) -> None:
        """Send on what the other leg said, under our numbers and in our law."""
        if not self._sends or self._limited or self.speech.active:
            return
        if audio:
            kind = self._payload_type
            payload = translate(packet.payload, packet.payload_type, kind)
        elif self._dtmf_type is not None:
            kind, payload = self._dtmf_type, packet.payload
        else:
            return
        self._send(self._outflow.relay(packet, kind, payload, now_s, audio=audio))

    def take_report(self, data: bytes, source: Address, now_s: float, unix_s: float) -> bool:
        """One RTCP datagram; False if it is none of our far end's."""
        if self.far_end.address is None or source[0] != self.far_end.address[0]:
            return False
        taken = self._reporting.take(data, now_s, unix_s)
        if taken:
            self._heard(now_s)
        return taken

    def make_report(self, now_s: float, unix_s: float) -> bytes:
        """Our RTCP report of this moment."""
        return self._reporting.make(now_s, unix_s)

    def keep_open(self, now_s: float) -> None:
        """A frame of silence after some seconds of nothing, so that no NAT forgets us (RFC 6263 §4.1)."""
        sent_s = self._outflow.sent_s
        idle = not self.speech.active and (sent_s is None or now_s - sent_s > _IDLE_S)
        if idle and not self._limited:
            self._say_frame(_SILENCE, now_s)

    def stats(self, *, final: bool) -> Stats:
        """The figures since this process opened the stream."""
        return Stats(
            stream=self.name,
            final=final,
            rx_packets=self._reception.packets,
            tx_packets=self._outflow.packets,
            lost_packets=self._reception.lost,
            foreign_packets=self._foreign,
            jitter_ms=self._reception.jitter_ms,
            remote_lost_packets=self._reporting.remote_lost,
            remote_jitter_ms=self._reporting.remote_jitter_ms,
            rtt_ms=self._reporting.rtt_ms,
            first_rx_s=self._reception.first_s,
            last_rx_s=self._reception.last_s,
        )

    def close(self) -> None:
        """No more appointments; the sockets are the engine's to close."""
        self.speech.silence()
        self.limit(None)
        self._watch_silence(expected=False)

    def _admits(self, source: Address) -> bool:
        before = self.far_end.address
        if not self.far_end.admits(source):
            self._foreign += 1
            return False
        if source != before:
            self._around.tell(Latch(self.name, *source))
        return True

    def _heard(self, now_s: float) -> None:
        self._heard_s = now_s
        if self._watch is not None and self._watch.act is None:
            self._watch_silence(expected=True)

    def _watch_silence(self, *, expected: bool) -> None:
        if self._watch is not None:
            self._watch.call_off()
        due_s = self._heard_s + self._around.rtp_timeout_s
        self._watch = self._around.timetable.at(due_s, self._is_silent) if expected else None

    def _is_silent(self, now_s: float) -> None:
        if now_s - self._heard_s < self._around.rtp_timeout_s:
            self._watch_silence(expected=True)
        elif not self._limited:
            self._around.tell(Silent(self.name))

    def _cut(self, _now_s: float) -> None:
        self._limited = True
        self.speech.silence()
        self._around.tell(Limited(self.name))

    def _speak(self, now_s: float) -> None:
        if self._connected:
            sent_s = self._outflow.sent_s
            self.speech.begin(now_s, 0.0 if sent_s is None else sent_s + FRAME_S)

    def _say_frame(self, frame: bytes, now_s: float) -> None:
        if self._sends:
            self._send(self._outflow.own(self._payload_type, ulaw_as(self._payload_type, frame), now_s))

    def _say_key(self, event: TelephoneEvent, now_s: float) -> None:
        if not self._sends or self._dtmf_type is None:
            return
        first = not event.ended and event.duration == FRAME_TICKS
        timestamp = None if first else self._press_timestamp
        self._send(
            self._outflow.own(self._dtmf_type, pack_event(event), now_s, marker=first, timestamp=timestamp)
        )
        if first:
            self._press_timestamp = self._outflow.timestamp

    def _speech_ended(self, playback: Playback) -> None:
        self._around.tell(Ended(self.name, playback.playback, playback.fault))

    def _send(self, datagram: bytes | None) -> None:
        if datagram is not None and self.far_end.address is not None:
            self._transmit(datagram, self.far_end.address)
