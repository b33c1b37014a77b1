"""Sending a message again and again until it is answered, as RFC 3261 wants over UDP (§17, §13.3.1.4)."""

import asyncio
from collections.abc import Callable

T1_S = 0.5
T2_S = 4.0
GIVE_UP_S = 64 * T1_S


class Repeater:
    """Sends at once, then after 0.5, 1, 2, 4, 4 … s until `stop`, or gives up after 32 s."""

    def __init__(self, send: Callable[[], None], on_give_up: Callable[[], None]) -> None:
        self._send = send
        self._on_give_up = on_give_up
        self._loop = asyncio.get_running_loop()
        self._interval_s = T1_S
        self._until_s = self._loop.time() + GIVE_UP_S
        self._timer: asyncio.TimerHandle | None = None
        send()
        self._wait()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._timer = self._loop.call_later(self._interval_s, self._again)
        self._interval_s = min(2 * self._interval_s, T2_S)

    def _again(self) -> None:
        if self._loop.time() >= self._until_s:
            self._timer = None
            self._on_give_up()
            return
        self._send()
        self._wait()
