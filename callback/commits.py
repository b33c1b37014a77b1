"""The one thread that makes every commit of a dialer, so that the loop never waits for the database.

Work is done in the order it was given. A transient fault of the store (locked, away) is tried again until
it succeeds: a call's end must be written, however late. What the work returns comes back to the loop.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from sqlmodel import Session

from callback.store.db import Store, StoreError

T = TypeVar("T")
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0


class Commits:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commits")
        self._log = structlog.get_logger()

    def submit(self, work: Callable[[Session], T]) -> "asyncio.Future[T]":
        """Queue one transaction; the future may be awaited or left. Its place in the order is taken now."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._write, work)

    def leave(self, work: Callable[[Session], object]) -> None:
        """Queue one transaction nobody waits for; should it fail for good, the log says so."""
        self.submit(work).add_done_callback(self._left)

    def _left(self, done: "asyncio.Future[object]") -> None:
        if not done.cancelled() and done.exception():
            self._log.error("commit failed", exc_info=done.exception())

    def read(self, work: Callable[[Session], T]) -> "asyncio.Future[T]":
        """A look that must see what was submitted before it."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._read, work)

    def _write(self, work: Callable[[Session], T]) -> T:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                with self._store.write() as session:
                    return work(session)
            except StoreError as error:
                if not error.transient:
                    raise
                self._log.warning("commit delayed", error=str(error), again_in_s=round(pause_s, 2))
            time.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _read(self, work: Callable[[Session], T]) -> T:
        with self._store.read() as session:
            return work(session)

    async def close(self) -> None:
        """Everything given so far is written first."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
