"""News by pub/sub: that something of an account has changed, and that somebody wishes something.

    dialer, gateway, web ── Publisher.tell ──► queue ──► thread ──► Valkey ──► Listener's thread ──► pages
                            never waits        full: dropped        away: dropped

A hint and nothing more: it names an account and a request, and whoever hears it reads the row. What is lost
is made good by a look at the row every few seconds. Neither may be used by two processes: make them after
the fork; their threads start with their first use.
"""

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

NEWS, WISHES = "ringback:news", "ringback:wishes"

_TIMEOUT_S = 0.5
_WAITING_MAX = 1000  # hints; beyond, nobody hears them in time anyway
_TOGETHER_MAX = 100
_STOP_S = 1.0
_PING_S = 5.0  # a listener hears from Valkey this often, or thinks it away
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0

_Hint = tuple[str, str]  # channel, message


def hint_of(message: str) -> tuple[str, str] | None:
    """(account, request) of a message on the channel `NEWS`; None for anything that is not ours."""
    try:
        told = json.loads(message)
        account_id, request_id = told["account"], told["request"]
    except (ValueError, TypeError, KeyError):
        return None
    return (account_id, request_id) if isinstance(account_id, str) and isinstance(request_id, str) else None


class Publisher:
    """Whoever changes something that people may be looking at. Threads may share one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: queue.Queue[_Hint | None] = queue.Queue(_WAITING_MAX)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._down = False

    def tell(self, account_id: str, request_id: str = "") -> None:
        """Something of this account, or of this request of it, is not as it was. After the commit."""
        self._put(NEWS, json.dumps({"account": account_id, "request": request_id}))

    def tell_wish(self) -> None:
        """A wish was stored; whoever owns what it is about may look. After the commit."""
        self._put(WISHES, "")

    def close(self) -> None:
        """What waits is told first, if that takes no time."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread:
            with suppress(queue.Full):
                self._waiting.put_nowait(None)
            thread.join(_STOP_S)

    def _put(self, channel: str, message: str) -> None:
        with suppress(queue.Full):
            self._waiting.put_nowait((channel, message))
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="news", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        redis = _connected(self._url, tries=2)  # the first after a restart finds a dead connection
        while True:
            hints = [self._waiting.get()]
            with suppress(queue.Empty):
                while hints[-1] is not None and len(hints) < _TOGETHER_MAX:
                    hints.append(self._waiting.get_nowait())
            self._publish(redis, dict.fromkeys(hint for hint in hints if hint is not None))
            if hints[-1] is None:
                redis.close()
                return

    def _publish(self, redis: Redis, hints: dict[_Hint, None]) -> None:
        try:
            with redis.pipeline(transaction=False) as pipeline:
                for channel, message in hints:
                    pipeline.publish(channel, message)
                pipeline.execute()
            self._down = False
        except RedisError as error:
            if not self._down:
                structlog.get_logger().warning("nobody hears our news", error=str(error))
            self._down = True


class Listener:
    """Hears one channel for a whole process, in a thread of its own. Valkey may come and go."""

    def __init__(
        self,
        url: str,
        channel: str,
        heard: Callable[[str], None],
        connected: Callable[[bool], None],
        ping_s: float = _PING_S,
    ) -> None:
        """Both are called from the thread; `connected` at each change, and until then hints were lost."""
        self._url = url
        self._channel = channel
        self._heard = heard
        self._connected = connected
        self._ping_s = ping_s
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Listen from now on; harmless to repeat."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """The thread ends soon; nobody waits for it, and nobody is told of anything more."""
        self._stop.set()

    def _run(self) -> None:
        pause_s, log = _FIRST_PAUSE_S, structlog.get_logger().bind(channel=self._channel)
        while not self._stop.is_set():
            redis, up = _connected(self._url, tries=1), False  # another try would hide what was missed
            pubsub: Any = redis.pubsub()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            try:
                pubsub.subscribe(self._channel)
                for message in self._messages(pubsub):
                    if self._stop.is_set():
                        return
                    if message["type"] == "subscribe":
                        up, pause_s = True, _FIRST_PAUSE_S
                        log.debug("listening")
                        self._connected(True)
                    elif message["type"] == "message":
                        self._heard(message["data"])
            except (RedisError, OSError) as error:
                log.debug("cannot listen", error=str(error))
            finally:
                pubsub.close()
                redis.close()
            if up and not self._stop.is_set():
                log.warning("Valkey is away; until it is back nothing is heard")
                self._connected(False)
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _messages(self, pubsub: Any) -> Any:
        """Whatever comes, until nothing at all does: then Valkey is asked, and must answer."""
        asked = False
        while not self._stop.is_set():
            message = pubsub.get_message(timeout=self._ping_s)
            if message is not None:
                asked = False
                yield message
            elif asked:
                return
            else:
                pubsub.ping()
                asked = True


def _connected(url: str, tries: int) -> Redis:
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_TIMEOUT_S,
        socket_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), tries - 1),
    )
