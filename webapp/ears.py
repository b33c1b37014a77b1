"""Who in this process listens for news: one thread hears them all, an ear per open stream is told its own.

::

    Valkey ──► Listener ──► Ears ──► ear of anna's first page      (account anna)
                                 ──► ear of an operator's console  (everything)

An ear keeps the names of what has changed, each once, until its stream takes them: a slow reader costs a few
strings. Must not know what is read for them, nor HTTP.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from callback.news import NEWS, Listener, hint_of

EVERYTHING = "*"  # more has changed than is worth naming

_KEPT_MAX = 50
_CONNECT_S = 1.0


class Ear:
    """Of one stream. `account_id` None hears everything."""

    def __init__(self, person_id: str, account_id: str | None) -> None:
        self.person_id = person_id
        self.account_id = account_id
        self._lock = threading.Lock()
        self._changed: dict[str, None] = {}
        self._something = threading.Event()

    def tell(self, account_id: str, request_id: str) -> None:
        if self.account_id not in (None, account_id):
            return
        with self._lock:
            if len(self._changed) < _KEPT_MAX:
                self._changed |= dict.fromkeys(name for name in (request_id, account_id) if name)
            else:
                self._changed = {EVERYTHING: None}
        self._something.set()

    def wake(self) -> None:
        """Nothing has changed, but there is something to look at."""
        self._something.set()

    def take(self, timeout_s: float) -> Sequence[str]:
        """Ids of requests and accounts that have changed; empty when nothing has in that time."""
        self._something.wait(timeout_s)
        with self._lock:
            self._something.clear()
            changed, self._changed = tuple(self._changed), {}
        return changed


class Ears:
    """All ears of this process. Listening begins with the first."""

    def __init__(self, queue_url: str, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._lock = threading.Lock()
        self._ears: dict[Ear, None] = {}
        self._up = threading.Event()
        self._listener = Listener(queue_url, NEWS, self._heard, self._connected)
        self._began = False

    @property
    def are_open(self) -> bool:
        """Valkey is there; if not, nothing is heard."""
        return self._up.is_set()

    def open(self, person_id: str, account_id: str | None) -> Ear | None:
        """A seat for one stream; None if none is left, for all or for this person, or Valkey is away."""
        if not self._begin():
            return None
        ear = Ear(person_id, account_id)
        with self._lock:
            taken = Counter(each.person_id for each in self._ears)
            if len(self._ears) >= self._most or taken[person_id] >= self._most_each:
                return None
            self._ears[ear] = None
        return ear

    def close(self, ear: Ear) -> None:
        """Give the seat back; harmless to repeat."""
        with self._lock:
            self._ears.pop(ear, None)

    def stop(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _begin(self) -> bool:
        """Whether Valkey is there; only the first is worth waiting for it."""
        with self._lock:
            began, self._began = self._began, True
        if began:
            return self.are_open
        self._listener.start()
        return self._up.wait(_CONNECT_S)

    def _heard(self, message: str) -> None:
        hint = hint_of(message)
        if hint:
            self._each(lambda ear: ear.tell(*hint))

    def _connected(self, is_up: bool) -> None:
        if is_up:
            self._up.set()
        else:
            self._up.clear()
            self._each(Ear.wake)

    def _each(self, do: Callable[[Ear], None]) -> None:
        with self._lock:
            ears = list(self._ears)
        for ear in ears:
            do(ear)
