"""How often something may be tried, counted for all processes together: by SMS and by web alike.

    allow(key) ──► Valkey answers within 0.2 s: its count
               └─► away or silent: our own count, and Valkey is not asked again for 5 s

A limiter may forget, but must neither block nor fail: who waits for it is a customer. Keys are hashed, so
that Valkey holds no login and no address. The only module that knows `limits`.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from callback.core.pace import Pace

_TIMEOUT_S = 0.2
_AWAY_S = 5.0
_PREFIX = "ringback:tries"


class Tries(Protocol):
    """Counts tries by key."""

    def allow(self, key: str) -> bool:
        """Count a try; False, and nothing counted, when there were too many."""

    def forget(self, key: str) -> None:
        """The tries at this key were those of somebody who has proved to be right."""


class OwnPace:
    """`most` tries per `per_s` seconds for each key, counted in this process. Threads may share it."""

    def __init__(self, most: int, per_s: int, monotonic_s: Callable[[], float]) -> None:
        self._pace = Pace(most, per_s)
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()

    def allow(self, key: str) -> bool:
        with self._lock:
            return self._pace.allow(key, self._monotonic_s())

    def forget(self, key: str) -> None:
        with self._lock:
            self._pace.forget(key)


class _Storage(RedisStorage):
    """Its parent imports the client packages of both servers, 14 MB; one does for both."""

    STORAGE_SCHEME = ["ringback"]  # noqa: RUF012 - both as the parent has them
    DEPENDENCIES = {"redis": None}  # noqa: RUF012 - both as the parent has them


class SharedPace:
    """The same, counted by Valkey for every process that asks it. Make it after a fork."""

    def __init__(self, url: str, most: int, per_s: int, monotonic_s: Callable[[], float]) -> None:
        storage = _Storage(
            url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url,
            key_prefix=_PREFIX,
            wrap_exceptions=True,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # limits hands it on to redis unseen
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._limit = RateLimitItemPerSecond(most, per_s)
        self._own = OwnPace(most, per_s, monotonic_s)
        self._monotonic_s = monotonic_s
        self._away_until_s = 0.0
        self._log = structlog.get_logger()

    def allow(self, key: str) -> bool:
        """Takes at most 0.2 s, and then only once in 5 s."""
        if self._monotonic_s() < self._away_until_s:
            return self._own.allow(key)
        try:
            return self._limiter.hit(self._limit, _hashed(key))
        except (StorageError, OSError) as error:
            self._note_away(error)
            return self._own.allow(key)

    def forget(self, key: str) -> None:
        """As quick as `allow`; with Valkey away its own count of this key lives until it is over."""
        self._own.forget(key)
        if self._monotonic_s() < self._away_until_s:
            return
        try:
            self._limiter.clear(self._limit, _hashed(key))
        except (StorageError, OSError) as error:
            self._note_away(error)

    def _note_away(self, error: Exception) -> None:
        self._away_until_s = self._monotonic_s() + _AWAY_S
        self._log.warning("tries are counted by each process alone", error=str(error.__cause__ or error))


def _hashed(key: str) -> str:
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=16).hexdigest()
