"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.01


def eventually(find: Callable[[], T | None], timeout_s: float, what: str) -> T:
    """The first true answer of `find`; fails, naming `what`, when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(_POLL_S)


async def becomes(find: Callable[[], T | None], timeout_s: float, what: str) -> T:
    """The same in an asyncio loop that goes on running."""
    deadline = time.monotonic() + timeout_s
    while not (found := find()):  # the world outside has no event to await
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        await asyncio.sleep(_POLL_S)
    return found
