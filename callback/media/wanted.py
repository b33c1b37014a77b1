"""What the dialer wants of the media process at this moment, so that a new process can be told it all.

Every command passes through here on its way out and every report on its way in; `replay` is the shortest
list of commands that makes a fresh process carry the same conversations on the same ports. A prompt starts
from its beginning. Pure: no socket, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from callback.media.control import (
    Bridge,
    Close,
    Command,
    Connect,
    Ended,
    Latch,
    Limit,
    Open,
    Opened,
    Play,
    Report,
    Stop,
    Unbridge,
)
from callback.media.farend import is_reachable


@dataclass(slots=True)
class _Wish:
    open: Open
    connect: Connect | None = None
    address: tuple[str, int] | None = None  # the last one that is not a hold
    latch: Latch | None = None
    limit: Limit | None = None
    play: Play | None = None


class WantedState:
    """The open streams and what each of them should be doing."""

    def __init__(self) -> None:
        self._wishes: dict[str, _Wish] = {}
        self._bridges: list[Bridge] = []

    def __contains__(self, stream: str) -> bool:
        return stream in self._wishes

    def command(self, command: Command) -> None:
        """Take note of a command that goes out."""
        match command:
            case Open(stream):
                self._wishes[stream] = _Wish(command)
            case Close(stream):
                self._unbridge(stream)
                self._wishes.pop(stream, None)
            case Bridge(stream, other) if stream in self._wishes and other in self._wishes:
                self._unbridge(stream)
                self._unbridge(other)
                self._bridges.append(command)
                self._wishes[stream].play = self._wishes[other].play = None
            case Unbridge(stream):
                self._unbridge(stream)
            case Connect(stream) | Play(stream) | Limit(stream) | Stop(stream) if stream in self._wishes:
                self._note(self._wishes[stream], command)
            case _:
                pass

    def report(self, report: Report) -> None:
        """Take note of what came back: ports, real addresses, playbacks that are over."""
        match report:
            case Opened(stream, port) if stream in self._wishes:
                self._wishes[stream].open = replace(self._wishes[stream].open, port=port)
            case Latch(stream) if stream in self._wishes:
                self._wishes[stream].latch = report
            case Ended(stream, playback) if stream in self._wishes:
                wish = self._wishes[stream]
                if wish.play is not None and wish.play.playback == playback:
                    wish.play = None
            case _:
                pass

    def replay(self) -> Iterator[Command]:
        """Commands for a fresh process: sockets and addresses, then bridges, then what plays over them."""
        for wish in self._wishes.values():
            yield from (w for w in (wish.open, wish.connect, wish.latch, wish.limit) if w is not None)
        yield from self._bridges
        yield from (wish.play for wish in self._wishes.values() if wish.play is not None)

    def _note(self, wish: _Wish, command: Connect | Play | Limit | Stop) -> None:
        match command:
            case Connect(_, host, port):
                wish.connect = command
                if is_reachable(host, port) and (host, port) != wish.address:
                    wish.address, wish.latch = (host, port), None
            case Play():
                wish.play = command
            case Limit():
                wish.limit = command
            case Stop():
                wish.play = None

    def _unbridge(self, stream: str) -> None:
        self._bridges = [b for b in self._bridges if stream not in (b.stream, b.other)]
