"""The one thread that makes every commit of a dialer, so that the loop never waits for the database.

Work is done in the order it was given, as much of it in one transaction as has come meanwhile: under load a
commit carries many calls' news. Should one piece break, each is tried in a transaction of its own. A
transient fault of the store (locked, away) is tried again until it succeeds: a call's end must be written,
however late. What a piece of work returns comes back to the loop.
"""

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from callback.store.db import Store

T = TypeVar("T")
_TOGETHER_MAX = 50
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """Work, and where its result is waited for."""

    work: Callable[[Session], Any]
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[Any]"

    def succeed(self, result: object) -> None:
        self.loop.call_soon_threadsafe(self._settle, result, None)

    def fail(self, error: Exception) -> None:
        self.loop.call_soon_threadsafe(self._settle, None, error)

    def _settle(self, result: object, error: Exception | None) -> None:
        if self.done.cancelled():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(result)


class Commits:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
        self._thread.start()
        self._log = structlog.get_logger()

    def submit(self, work: Callable[[Session], T]) -> "asyncio.Future[T]":
        """Queue some work; the future may be awaited or left. Its place in the order is taken now.

        It may run twice when its first transaction was rolled back, so it must do nothing but write.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Piece(work, loop, done))
        return done

    def leave(self, work: Callable[[Session], object], then: Callable[[], None] | None = None) -> None:
        """Queue work nobody waits for; `then` is called once it is written. The log says if it cannot be."""

        def left(done: "asyncio.Future[object]") -> None:
            if done.cancelled():
                return
            if done.exception():
                self._log.error("commit failed", exc_info=done.exception())
            elif then:
                then()

        self.submit(work).add_done_callback(left)

    async def close(self) -> None:
        """Everything given so far is written first."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            pieces, goes_on = self._next()
            if pieces:
                self._commit(pieces)

    def _next(self) -> tuple[list[_Piece], bool]:
        """What has come, after waiting for the first; False with the last."""
        pieces: list[_Piece] = []
        item = self._queue.get()
        while item is not None:
            pieces.append(item)
            if len(pieces) == _TOGETHER_MAX or self._queue.empty():
                return pieces, True
            item = self._queue.get()
        return pieces, False

    def _commit(self, pieces: list[_Piece]) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                with self._store.write() as session:
                    results = [piece.work(session) for piece in pieces]
            except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to who waits for it
                if getattr(error, "transient", False):
                    self._log.warning("commit delayed", error=str(error), again_in_s=round(pause_s, 2))
                    time.sleep(pause_s * random.uniform(0.5, 1.0))
                    pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                    continue
                self._fail(pieces, error)
                return
            for piece, result in zip(pieces, results, strict=True):
                piece.succeed(result)
            return

    def _fail(self, pieces: list[_Piece], error: Exception) -> None:
        """One of them is to blame; alone each shows which."""
        if len(pieces) == 1:
            pieces[0].fail(error)
            return
        for piece in pieces:
            self._commit([piece])
