"""How often something may be tried: the virtual scheduling algorithm of ITU-T I.371 (GCRA), one float a key.

Each try books a slot of `per_s / most` seconds; one is refused when the bookings run more than `per_s` ahead
of now. So `most` tries may come at once, and after them one per slot.
"""

from collections import OrderedDict

KEYS_MOST = 100_000
_ROUNDING_S = 1e-6  # of floating sums


class Pace:
    """`most` tries per `per_s` seconds for each key; the caller brings the time, and one thread."""

    def __init__(self, most: int, per_s: float) -> None:
        assert most >= 1 and per_s > 0
        self._slot_s = per_s / most
        self._ahead_s = per_s - self._slot_s
        self._booked_to: OrderedDict[str, float] = OrderedDict()

    def allow(self, key: str, now_s: float) -> bool:
        """Book a slot; False, and nothing booked, when there were too many."""
        start_s = max(self._booked_to.get(key, now_s), now_s)
        if start_s - now_s > self._ahead_s + _ROUNDING_S:
            return False
        self._booked_to[key] = start_s + self._slot_s
        self._booked_to.move_to_end(key)
        if len(self._booked_to) > KEYS_MOST:  # who has been quiet longest is forgotten
            self._booked_to.popitem(last=False)
        return True

    def forget(self, key: str) -> None:
        """As if nothing had been tried at this key."""
        self._booked_to.pop(key, None)
