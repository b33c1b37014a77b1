"""All that the page shows of the database: SMS, callbacks, counts, and whether the books agree."""

from dataclasses import dataclass

from callback.clock import Clock
from callback.store.db import Store
from callback.store.reports import SmsSeen
from callback.store.tally import Tally
from ringback.demo import cast
from ringback.demo.witness import Seen, Witness

_CALLS = 4  # so many of the newest are told
_SMS = 40
_SETTLED_MS = 5_000  # a callback that ended so long ago changes no more
_RECONCILE_MS = 1_000


@dataclass(frozen=True, slots=True)
class Records:
    sms: tuple[SmsSeen, ...]  # the oldest first
    calls: tuple[Seen, ...]  # the oldest first
    tally: Tally
    faults: tuple[str, ...]
    verified: bool  # Anna's phone is hers


class Reader:
    """Reads again and again, and what cannot change any more only once. For one thread at a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._witness = Witness(store)
        self._clock = clock
        self._ended: dict[str, Seen] = {}
        self._faults: tuple[str, ...] = ()
        self._reconciled_at_ms = 0
        self._first_sms = 0

    def read(self) -> Records:
        """Raises StoreError."""
        sms = self._witness.sms_after(self._first_sms)
        while len(sms) > _SMS:
            self._first_sms = sms.pop(0).id
        newest = self._witness.newest_requests(_CALLS)[::-1]
        self._ended = {known: seen for known, seen in self._ended.items() if known in newest}
        now_ms = self._clock.now_ms()
        if now_ms - self._reconciled_at_ms >= _RECONCILE_MS:
            self._faults, self._reconciled_at_ms = self._witness.faults(), now_ms
        return Records(
            tuple(sms),
            tuple(self._look(request_id, now_ms) for request_id in newest),
            self._witness.tally(),
            self._faults,
            self._witness.is_verified(cast.ANNA.number),
        )

    def _look(self, request_id: str, now_ms: int) -> Seen:
        if request_id in self._ended:
            return self._ended[request_id]
        seen = self._witness.look(request_id)
        ended_at_ms = seen.request.ended_at_ms
        if ended_at_ms is not None and now_ms - ended_at_ms > _SETTLED_MS:
            self._ended[request_id] = seen
        return seen
