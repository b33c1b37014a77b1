"""RTP streams kept open in advance, so that dialling waits for no other process.

A leg takes a stream from the shelf and the shelf is filled up behind it; an empty shelf makes the leg wait
for the media process, which is a millisecond.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from callback.media.events import NoMediaPorts

_AHEAD = 4


class Opener(Protocol):
    def open(self, stream_id: str) -> "asyncio.Future[int]": ...


class StreamShelf:
    """Streams of one media process that nobody uses yet."""

    def __init__(self, media: Opener) -> None:
        self._media = media
        self._numbers = itertools.count(1)
        self._open: deque[tuple[str, int]] = deque()
        self._wanting: deque[Callable[[str, int], None]] = deque()
        self._failing: deque[Callable[[], None]] = deque()
        self._opening = 0

    def fill(self) -> None:
        """Ask for as many as are missing."""
        while len(self._open) + self._opening < _AHEAD + len(self._wanting):
            stream_id = f"s{next(self._numbers)}"
            self._opening += 1
            self._media.open(stream_id).add_done_callback(partial(self._opened, stream_id))

    def take(self, then: Callable[[str, int], None], otherwise: Callable[[], None]) -> None:
        """Call `then(stream_id, port)`, at once if there is one; `otherwise()` if every port is in use."""
        self._wanting.append(then)
        self._failing.append(otherwise)
        self._serve()
        self.fill()

    def _opened(self, stream_id: str, done: "asyncio.Future[int]") -> None:
        self._opening -= 1
        if done.cancelled():
            return
        if isinstance(done.exception(), NoMediaPorts):
            if self._wanting and not self._open:
                self._wanting.popleft()
                self._failing.popleft()()
            return
        self._open.append((stream_id, done.result()))
        self._serve()

    def _serve(self) -> None:
        while self._wanting and self._open:
            self._failing.popleft()
            self._wanting.popleft()(*self._open.popleft())
