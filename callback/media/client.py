"""The dialer's way to speak to the media process.

Every method that changes something returns at once and keeps its order. While the process is away, wishes
are only noted (`wanted`); the next process is told them all, so that a conversation goes on. Events arrive
in the asyncio loop, in order. Must not know SIP or what a call is for.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from callback.clock import Clock
from callback.media import control
from callback.media.control import Message
from callback.media.events import (
    DigitHeard,
    LimitReached,
    MediaBack,
    MediaEvent,
    MediaLost,
    MediaUnavailable,
    NoMediaPorts,
    PlaybackDone,
    RtpTimeout,
    StreamStats,
)
from callback.media.figures import Figures
from callback.media.keeper import Keeper
from callback.media.wanted import WantedState

_PATHS_PER_FRAME = 50


class MediaProcess:
    """One media process and the wanted state of its streams; `await MediaProcess.start(...)` makes it."""

    def __init__(
        self,
        run_dir: Path,
        name: str,
        arguments: Sequence[str],
        preload: tuple[str, ...],
        on_event: Callable[[MediaEvent], None],
        clock: Clock,
    ) -> None:
        self.priority = "unknown"  # as granted by the operating system, for `doctor`
        self._on_event = on_event
        self._clock = clock
        self._preload = preload
        self._wanted = WantedState()
        self._figures = Figures()
        self._opening: dict[str, asyncio.Future[int]] = {}
        self._closing: dict[str, asyncio.Future[StreamStats]] = {}
        self._loop = asyncio.get_running_loop()
        self._lives = 0
        self._keeper = Keeper(run_dir, name, arguments, self._heard, self._lost)

    @classmethod
    async def start(
        cls,
        run_dir: Path,
        host: str,
        port_range: tuple[int, int],
        on_event: Callable[[MediaEvent], None],
        *,
        name: str = "media",
        rtp_timeout_s: float = 20.0,
        rest_s: float = 2.0,
        patience_s: float = 15.0,
        preload: Sequence[str | Path] = (),
        clock: Clock | None = None,
    ) -> "MediaProcess":
        """Spawn the process and wait for its hello; raises `MediaUnavailable`.

        `host` is the IPv4 address the RTP sockets bind to, `port_range` is inclusive, a closed port rests
        `rest_s`. Socket and pid file are `<run_dir>/<name>.sock` and `.pid`: two processes that share a
        directory need two names. A dialer that is stopped for `patience_s` loses its streams: it may do
        nothing any more by then (`callback/lease.py`). `preload` names prompt files to be read before they
        are needed.
        """
        low, high = port_range
        arguments = (
            f"--host={IPv4Address(host)}",
            f"--ports={low}-{high}",
            f"--rtp-timeout-s={rtp_timeout_s}",
            f"--rest-s={rest_s}",
            f"--patience-s={patience_s}",
        )
        media = cls(
            run_dir, name, arguments, tuple(str(path) for path in preload), on_event, clock or Clock()
        )
        if not await media._keeper.start():
            await media.aclose()
            raise MediaUnavailable(f"the media process '{name}' said no hello; its own output tells why")
        return media

    @property
    def pid(self) -> int | None:
        """The pid of the process that lives now."""
        return self._keeper.pid

    def open(self, stream_id: str) -> "asyncio.Future[int]":
        """Ask for a stream; the awaitable gives its RTP port or raises `NoMediaPorts`."""
        assert stream_id not in self._wanted, f"stream {stream_id} is open already"
        self._opening[stream_id] = answer = self._loop.create_future()
        self._say(control.Open(stream_id))
        return answer

    def connect(
        self,
        stream_id: str,
        host: str,
        port: int,
        payload_type: int = 0,
        dtmf_type: int | None = 101,
        direction: str = "sendrecv",
        *,
        dtmf_receive_type: int | None = None,
    ) -> None:
        """Say where the far end listens and what it takes: 0 PCMU or 8 PCMA, and its telephone-event type.

        `direction` is the attribute as the far end wrote it (RFC 4566 §6): nothing is sent to `sendonly`,
        `inactive`, host 0.0.0.0 or port 0. `dtmf_receive_type` is the type we offered, where it differs.
        To be called again for every re-INVITE. `ValueError` if host is no IPv4 address, or port or a type
        is beyond its range: the far end wrote them.
        """
        IPv4Address(host)
        if not 0 <= port <= 0xFFFF:
            raise ValueError(f"no port: {port}")
        if any(kind is not None and not 0 <= kind <= 0x7F for kind in (dtmf_type, dtmf_receive_type)):
            raise ValueError(f"no payload type: {dtmf_type} or {dtmf_receive_type}")
        assert payload_type in (0, 8), "only G.711 is spoken here"
        assert direction in ("sendrecv", "sendonly", "recvonly", "inactive"), direction
        receive = dtmf_type if dtmf_receive_type is None else dtmf_receive_type
        self._say(control.Connect(stream_id, host, port, payload_type, dtmf_type, receive, direction))

    def play(self, stream_id: str, playback_id: int, items: Sequence[str | Path], loop: bool = False) -> None:
        """Play prompt files and `tone:<name>`s in order, in place of whatever plays or is bridged.

        Starts at once, or with the first `connect`. `PlaybackDone` follows unless it is stopped, replaced,
        looped or bridged away.
        """
        self._say(control.Play(stream_id, playback_id, tuple(str(item) for item in items), loop))

    def stop(self, stream_id: str) -> None:
        """Silence the playback now, in mid-word; nothing to stop is no fault."""
        self._say(control.Stop(stream_id))

    def bridge(self, stream_id: str, other_id: str, *, listen_only: bool = False) -> None:
        """Join two streams; ends the earlier bridges and playbacks of both.

        With `listen_only` the first hears the second and is not heard: early media before the answer.
        """
        self._say(control.Bridge(stream_id, other_id, listen_only))

    def unbridge(self, stream_id: str) -> None:
        """Part the stream from whatever it is bridged to, both ways."""
        self._say(control.Unbridge(stream_id))

    def limit(self, stream_id: str, until_s_from_now: float | None) -> None:
        """Media stops both ways at that instant; a later call moves it, and revives; None lifts it."""
        until_s = None if until_s_from_now is None else time.monotonic() + until_s_from_now
        self._say(control.Limit(stream_id, until_s))

    def digits(self, stream_id: str, text: str) -> None:
        """Press keys towards the far end by RFC 4733, 100 ms each; nothing if it takes none."""
        self._say(control.Digits(stream_id, text))

    def stats(self, stream_id: str) -> StreamStats:
        """The last figures known of an open stream, a few seconds old."""
        return self._figures.of(stream_id)

    def close(self, stream_id: str) -> "asyncio.Future[StreamStats]":
        """End the stream; the awaitable gives its final figures. Safe to repeat."""
        if stream_id in self._closing:
            return self._closing[stream_id]
        answer: asyncio.Future[StreamStats] = self._loop.create_future()
        opening = self._opening.pop(stream_id, None)
        if opening and not opening.done():
            opening.cancel()
        if stream_id in self._wanted and self._keeper.connected:
            self._closing[stream_id] = answer
        else:
            answer.set_result(self._figures.take(stream_id))
        self._say(control.Close(stream_id))
        return answer

    async def aclose(self) -> None:
        """End every stream and the process; returns when it is gone. Safe to repeat."""
        await self._keeper.stop()
        for opening in self._opening.values():
            opening.cancel()
        self._opening.clear()
        self._settle_closing()

    def _say(self, command: control.Command) -> None:
        self._wanted.command(command)
        self._keeper.say(command)

    def _tell(self, event: MediaEvent) -> None:
        self._loop.call_soon(self._on_event, event)

    def _heard(self, message: Message) -> None:
        match message:
            case control.Hello(_, priority):
                self._greet(priority)
            case control.Opened(stream) | control.Refused(stream):
                self._open_answered(message)
            case control.Digit(stream, digit, at_s):
                self._tell(DigitHeard(stream, digit, round(at_s * 1000) + self._offset_ms()))
            case control.Ended(stream, playback, fault):
                self._wanted.report(message)
                self._tell(PlaybackDone(stream, playback, fault))
            case control.Silent(stream):
                self._tell(RtpTimeout(stream))
            case control.Limited(stream):
                self._tell(LimitReached(stream))
            case control.Latch():
                self._wanted.report(message)
            case control.Stats(stream, final):
                self._figures.note(message, self._offset_ms())
                if final:
                    self._settle(stream)
            case control.Alive():
                pass
            case _:
                raise AssertionError(f"the media process cannot say {message}")

    def _greet(self, priority: str) -> None:
        self.priority = priority
        self._lives += 1
        self._figures.begin_life()
        for command in (*self._preloading(), *self._wanted.replay()):
            self._keeper.say(command)
        if self._lives > 1:
            self._tell(MediaBack())

    def _preloading(self) -> Iterator[control.Preload]:
        for start in range(0, len(self._preload), _PATHS_PER_FRAME):
            yield control.Preload(self._preload[start : start + _PATHS_PER_FRAME])

    def _lost(self) -> None:
        self._settle_closing()
        self._tell(MediaLost())

    def _settle_closing(self) -> None:
        for stream in list(self._closing):
            self._settle(stream)

    def _settle(self, stream: str) -> None:
        answer, figures = self._closing.pop(stream, None), self._figures.take(stream)
        if answer and not answer.done():
            answer.set_result(figures)

    def _open_answered(self, message: control.Opened | control.Refused) -> None:
        """No port on the first try: the caller learns it. After a restart: the stream has lost its media."""
        opening = self._opening.pop(message.stream, None)
        if isinstance(message, control.Opened):
            self._wanted.report(message)
            if opening and not opening.done():
                opening.set_result(message.port)
            return
        known = message.stream in self._wanted
        self._wanted.command(control.Close(message.stream))
        if opening and not opening.done():
            opening.set_exception(NoMediaPorts(message.why))
        elif known:
            self._tell(RtpTimeout(message.stream))

    def _offset_ms(self) -> int:
        return self._clock.now_ms() - round(self._clock.monotonic_s() * 1000)
