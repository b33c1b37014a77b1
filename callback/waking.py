"""The wish that a dialer may look at requests: what whoever commits them knows of the queue."""

from collections.abc import Sequence
from typing import Protocol


class QueueDown(Exception):
    """The queue is away. Shrug: the request is committed, and the relay enqueues it again."""

    transient = True


class Wakes(Protocol):
    def enqueue(self, ids: Sequence[str]) -> None:
        """Wake a dialer for these requests; raises `QueueDown` soon rather than wait. Safe to repeat."""
