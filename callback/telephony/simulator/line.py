"""The sound of one simulated call: an RTP socket that plays a tune, presses keys and records."""

import asyncio
import contextlib
import random
import socket
from collections import deque
from collections.abc import Callable

from callback.clock import Clock
from callback.media.codecs import decode, ulaw_as
from callback.media.dtmf import PAUSE_FRAMES, KeyListener, TelephoneEvent, pack_event, press
from callback.media.rtp import FRAME_TICKS, PCMA, PCMU, pack_packet, parse_packet
from callback.telephony.simulator import tunes
from callback.telephony.simulator.hearing import Recording
from callback.telephony.simulator.speaking import Voice

_EVENT_TYPE = 101


class Line:
    """A socket on a free port of `host`; `tick` is called every 20 ms."""

    def __init__(
        self, host: str, clock: Clock, recording: Recording, on_news: Callable[[str, str], None]
    ) -> None:
        self.received = 0
        self.sending = False
        self.payload_type = PCMU
        self.event_type: int | None = _EVENT_TYPE
        self._clock = clock
        self._recording = recording
        self._on_news = on_news
        self._keys = KeyListener()
        self._far_end: tuple[str, int] | None = None
        self._tune = tunes.render("")
        self._position = 0
        self._voice = Voice()
        self._pressing: deque[TelephoneEvent | None] = deque()
        self._event_timestamp = 0
        self._sequence = random.randrange(1 << 16)
        self._timestamp = random.randrange(1 << 32)
        self._ssrc = random.randrange(1 << 32)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def _readable(self) -> None:
        try:
            while True:
                self._hear(self._socket.recv(2048))
        except OSError:
            return  # nothing more; or the far end's port is closed already, and so is the call, soon

    def _hear(self, data: bytes) -> None:
        packet = parse_packet(data)
        if packet is None:
            return
        if packet.payload_type in (PCMU, PCMA):
            self.received += 1
            if self.received == 1:
                self._on_news("rtp", "")
            self._recording.add(self._clock.now_ms(), decode(packet.payload_type, packet.payload))
        elif packet.payload_type in (self.event_type, _EVENT_TYPE):
            key = self._keys.hear(packet.ssrc, packet.timestamp, packet.payload)
            if key is not None:
                self._on_news("digit", key)

    def point(self, host: str, port: int) -> None:
        """Send there from now on; port 0 or 0.0.0.0 is a hold."""
        self._far_end = (host, port) if port and host != "0.0.0.0" else None  # noqa: S104 - RFC 2543's hold

    def play(self, tune: str) -> None:
        self._tune, self._position = tunes.render(tune), 0

    def speak(self, pcm: bytes) -> None:
        """Say this, and the tune again when it was said."""
        self._voice.add(pcm)

    def press(self, keys: str) -> None:
        """Queue key presses as telephone-events."""
        for key in keys:
            self._pressing.extend(press(key))
            self._pressing.extend([None] * PAUSE_FRAMES)

    def tick(self) -> None:
        """Send the packet of this 20 ms."""
        if self.sending:
            event = self._pressing.popleft() if self._pressing else None
            if event is not None and self.event_type is not None:
                self._send_event(event)
            else:
                self._send_sound()
        self._timestamp = self._timestamp + FRAME_TICKS & 0xFFFFFFFF

    def close(self) -> None:
        self.sending = False
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _send_event(self, event: TelephoneEvent) -> None:
        assert self.event_type is not None
        first = event.duration == FRAME_TICKS
        if first:
            self._event_timestamp = self._timestamp
        self._send(self.event_type, first, self._event_timestamp, pack_event(event))

    def _send_sound(self) -> None:
        frame = self._tune[self._position : self._position + FRAME_TICKS]
        self._position = (self._position + FRAME_TICKS) % len(self._tune)
        said = self._voice.frame() or frame
        self._send(self.payload_type, False, self._timestamp, ulaw_as(self.payload_type, said))

    def _send(self, payload_type: int, marker: bool, timestamp: int, payload: bytes) -> None:
        if self._far_end is None:
            return
        data = pack_packet(payload_type, marker, self._sequence, timestamp, self._ssrc, payload)
        self._sequence = self._sequence + 1 & 0xFFFF
        with contextlib.suppress(OSError):  # the far end's port is closed: a lost packet
            self._socket.sendto(data, self._far_end)
