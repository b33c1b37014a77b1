"""The one clock: Unix milliseconds that never jump.

The wall clock is read once, at the start; from then on the monotonic clock moves it. An operator who
sets the machine's time in mid-call changes no bill.
"""

import os
import time

from callback.core.ids import ENTROPY_BYTES, new_id


class Clock:
    """Milliseconds for records, seconds for leases, and ids born of both."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def new_id(self) -> str:
        return new_id(self.now_ms(), os.urandom(ENTROPY_BYTES))
