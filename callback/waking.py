"""What whoever commits something knows of those who wait for it: dialers, and people before a page."""

from collections.abc import Sequence
from typing import Protocol


class QueueDown(Exception):
    """The queue is away. Shrug: the request is committed, and the relay enqueues it again."""

    transient = True


class Wakes(Protocol):
    def enqueue(self, ids: Sequence[str]) -> None:
        """Wake a dialer for these requests; raises `QueueDown` soon rather than wait. Safe to repeat."""


class Tells(Protocol):
    def tell(self, account_id: str, request_id: str = "") -> None:
        """Something of this account, or of this request of it, has changed; nobody waits, it may be lost."""
