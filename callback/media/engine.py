"""The loop of the media process: one thread, one epoll, the dialer's words and everybody's packets.

Nothing here waits, and a disk is read for a prompt's first use only. The process lives as long as its
control connection and the dialer behind it: when either is gone, or a stopped dialer has said nothing for
as long as it needs to lose its right to act, every stream goes with it.
"""

import os
import random
import select
import time
from collections.abc import Callable
from functools import partial

from callback.failpoints import reach
from callback.media import control
from callback.media.control import Message, ProtocolFault, Report
from callback.media.line import DialerGone, DialerLine
from callback.media.outflow import Outflow
from callback.media.ports import PortPool
from callback.media.rtcp import pack_goodbye
from callback.media.sockets import PortPair
from callback.media.sounds import Sounds
from callback.media.speech import Playback
from callback.media.stream import Stream, Surroundings
from callback.media.timetable import Timetable

_IDLE_S = 1.0
_EVENTS_PER_POLL = 64  # so that a flood of packets does not hold up what is due
_REPORT_S = 5.0
_BEAT_S = 1.0


class Engine:
    """Owns the sockets; streams decide what goes through them."""

    def __init__(
        self, line: DialerLine, host: str, ports: PortPool, rtp_timeout_s: float, patience_s: float
    ) -> None:
        self._line = line
        self._host = host
        self._ports = ports
        self._sounds = Sounds()
        self._patience_s = patience_s
        self._heard_s = time.monotonic()
        self._timetable = Timetable()
        self._around = Surroundings(self._timetable, self._tell, rtp_timeout_s)
        self._streams: dict[str, tuple[Stream, PortPair]] = {}
        self._poll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._unix_less_monotonic_s = time.time() - time.monotonic()
        self._random = random.SystemRandom()

    def run(self, priority: str) -> None:
        """Serve until the dialer is gone; every stream has ended when this returns."""
        try:
            dialer = self._line.watch_dialer()
            if dialer is not None:
                self._watch(dialer, self._dialer_died)
            self._watch(self._line.socket.fileno(), self._on_line)
            reach("media.hello")
            self._tell(control.Hello(os.getpid(), priority))
            self._beat(time.monotonic())
            self._loop()
        except (DialerGone, ProtocolFault):
            pass  # the normal end: the dialer went, or went mad
        finally:
            for name in list(self._streams):
                self._remove(name)

    def _loop(self) -> None:
        poll, readers, timetable, clock = self._poll.poll, self._readers, self._timetable, time.monotonic
        while True:
            next_s = timetable.next_s()
            wait_s = _IDLE_S if next_s is None else min(max(next_s - clock(), 0.0), _IDLE_S)
            for number, _ in poll(wait_s, _EVENTS_PER_POLL):
                reader = readers.get(number)
                if reader is not None:  # None: closed by an earlier event of this round
                    reader()
            timetable.keep(clock())

    def _beat(self, now_s: float) -> None:
        if now_s - self._heard_s > self._patience_s:
            raise DialerGone
        self._tell(control.Alive())
        self._timetable.at(now_s + _BEAT_S, self._beat)

    def _watch(self, number: int, reader: Callable[[], None]) -> None:
        self._readers[number] = reader
        self._poll.register(number, select.EPOLLIN)

    def _dialer_died(self) -> None:
        raise DialerGone

    def _on_line(self) -> None:
        if self._line.has_unsent:
            self._line.flush()
        for message in self._line.read():
            self._heard_s = time.monotonic()
            self._obey(message, time.monotonic())
        self._mind_unsent()

    def _tell(self, report: Report) -> None:
        if isinstance(report, control.Digit):
            reach("media.digit")
        self._line.say(report)
        self._mind_unsent()

    def _mind_unsent(self) -> None:
        wanted = select.EPOLLIN | (select.EPOLLOUT if self._line.has_unsent else 0)
        self._poll.modify(self._line.socket.fileno(), wanted)

    def _obey(self, message: Message, now_s: float) -> None:
        """Do as told. A stream that is no more is no fault: the news of its end crossed the command."""
        match message:
            case control.Preload(paths):
                self._sounds.load(paths)
            case control.Open(name, port):
                self._open(name, port, now_s)
            case control.Bridge(name, other, listen_only):
                self._bridge(name, other, listen_only)
            case control.Close(name):
                self._close(name, now_s)
            case control.Connect(name) | control.Latch(name) | control.Play(name) | control.Stop(name):
                self._obey_stream(name, message, now_s)
            case control.Unbridge(name) | control.Limit(name) | control.Digits(name):
                self._obey_stream(name, message, now_s)

    def _obey_stream(self, name: str, message: Message, now_s: float) -> None:
        if name not in self._streams:
            return
        stream = self._streams[name][0]
        match message:
            case control.Connect():
                stream.connect(message, now_s)
                reach("media.connected")
            case control.Latch(_, host, port):
                stream.latch((host, port))
            case control.Play(_, playback, items, loop):
                sound, fault = self._sounds.load(items)
                stream.play(Playback(playback, sound, loop, fault), now_s)
                reach("media.playing")
            case control.Stop():
                stream.speech.stop()
                reach("media.stopped")
            case control.Unbridge():
                self._unbridge(stream)
                reach("media.unbridged")
            case control.Limit(_, until_s):
                stream.limit(until_s)
                reach("media.limited")
            case control.Digits(_, text):
                stream.press(text, now_s)

    def _open(self, name: str, port: int | None, now_s: float) -> None:
        pair = self._bind(port, now_s)
        if pair is None:
            why = "every media port is in use" if port is None else f"media port {port} was taken meanwhile"
            self._tell(control.Refused(name, why))
            return
        self._ports.take(pair.port)
        numbers = self._random.getrandbits
        stream = Stream(name, Outflow(numbers(32), numbers(16), numbers(32)), pair.send, self._around)
        self._streams[name] = stream, pair
        self._watch(pair.rtp.fileno(), partial(self._on_rtp, stream, pair))
        self._watch(pair.rtcp.fileno(), partial(self._on_rtcp, stream, pair))
        self._plan_report(name, stream, _REPORT_S / 2)
        reach("media.opened")
        self._tell(control.Opened(name, pair.port))

    def _bind(self, port: int | None, now_s: float) -> PortPair | None:
        for candidate in self._ports.candidates(now_s) if port is None else (port,):
            try:
                return PortPair(self._host, candidate)
            except OSError:
                continue  # somebody else's; the next one
        return None

    def _bridge(self, name: str, other_name: str, listen_only: bool) -> None:
        if name not in self._streams or other_name not in self._streams:
            return
        stream, other = self._streams[name][0], self._streams[other_name][0]
        for side in (stream, other):
            self._unbridge(side)
            side.speech.stop()
        other.sink = stream
        stream.sink = None if listen_only else other
        reach("media.bridged")

    def _unbridge(self, stream: Stream) -> None:
        stream.sink = None
        for other, _ in self._streams.values():
            if other.sink is stream:
                other.sink = None

    def _close(self, name: str, now_s: float) -> None:
        if name in self._streams:
            stream, pair = self._remove(name)
            self._ports.give_back(pair.port, now_s)
            reach("media.closed")
            self._tell(stream.stats(final=True))

    def _remove(self, name: str) -> tuple[Stream, PortPair]:
        stream, pair = self._streams.pop(name)
        self._unbridge(stream)
        stream.close()
        if stream.far_end.address is not None:
            pair.send_report(pack_goodbye(stream.ssrc), stream.far_end.address)
        for udp in (pair.rtp, pair.rtcp):
            del self._readers[udp.fileno()]
            self._poll.unregister(udp.fileno())
        pair.close()
        return stream, pair

    def _on_rtp(self, stream: Stream, pair: PortPair) -> None:
        received = pair.receive()
        if received is not None:
            stream.receive(*received, time.monotonic())

    def _on_rtcp(self, stream: Stream, pair: PortPair) -> None:
        received = pair.receive_report()
        now_s = time.monotonic()
        if received and stream.take_report(*received, now_s, now_s + self._unix_less_monotonic_s):
            pair.answer_reports_to(received[1])

    def _plan_report(self, name: str, stream: Stream, wait_s: float) -> None:
        due_s = time.monotonic() + wait_s * self._random.uniform(0.5, 1.5)  # RFC 3550 §6.3.1: not all at once
        self._timetable.at(due_s, partial(self._report, name, stream))

    def _report(self, name: str, stream: Stream, now_s: float) -> None:
        held = self._streams.get(name)
        if held is None or held[0] is not stream:
            return
        address = stream.far_end.address
        if address is not None:
            held[1].send_report(stream.make_report(now_s, now_s + self._unix_less_monotonic_s), address)
        stream.keep_open(now_s)
        self._tell(stream.stats(final=False))
        self._plan_report(name, stream, _REPORT_S)
