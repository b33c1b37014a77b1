"""Who listens to which phone: the loop that hears tells it to threads that stream it on.

Sound is live: whoever does not come for it in time loses the oldest of it, and nobody waits for anybody.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_BYTES = 16_000  # a second: older sound is dropped
_WORTH_BYTES = 640  # 40 ms: fewer are not worth a chunk of HTTP


class PhoneEar:
    """One listener; `webapp.stage.Ear`."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._news = threading.Condition()

    def put(self, pcm: bytes) -> None:
        with self._news:
            self._heard += pcm
            del self._heard[: max(0, len(self._heard) - _MOST_BYTES)]
            if len(self._heard) >= _WORTH_BYTES:
                self._news.notify()

    def hear(self, timeout_s: float) -> bytes | None:
        with self._news:
            self._news.wait_for(lambda: len(self._heard) >= _WORTH_BYTES, timeout_s)
            pcm = bytes(self._heard)
            self._heard.clear()
        return pcm or None


class Ears:
    """All listeners of all phones."""

    def __init__(self) -> None:
        self._open: dict[str, list[PhoneEar]] = {}
        self._lock = threading.Lock()

    def tell(self, phone: str, pcm: bytes) -> None:
        with self._lock:
            ears = tuple(self._open.get(phone, ()))
        for ear in ears:
            ear.put(pcm)

    @contextmanager
    def listen(self, phone: str) -> Iterator[PhoneEar]:
        ear = PhoneEar()
        with self._lock:
            self._open.setdefault(phone, []).append(ear)
        try:
            yield ear
        finally:
            with self._lock:
                self._open[phone].remove(ear)
