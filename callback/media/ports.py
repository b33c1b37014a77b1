"""The pool of RTP port pairs: even for RTP, the odd one above for RTCP (RFC 3550 §11).

A port given back rests before it is given out again, so that the last packets of an old call reach nobody
new. Pure: the time is given and the caller binds.
"""

from collections import deque
from collections.abc import Iterator


class PortPool:
    """Even ports of an inclusive range, least recently used first."""

    def __init__(self, low: int, high: int, rest_s: float) -> None:
        self._free = deque(range(low + low % 2, high, 2))
        self._resting: deque[tuple[float, int]] = deque()
        self._rest_s = rest_s

    def candidates(self, now_s: float) -> Iterator[int]:
        """Each rested port once; the caller takes the first it can bind by `take`."""
        while self._resting and self._resting[0][0] <= now_s:
            self._free.append(self._resting.popleft()[1])
        yield from tuple(self._free)

    def take(self, port: int) -> None:
        """The port is bound. One outside the pool, or resting (its stream was brought back), is no fault."""
        if port in self._free:
            self._free.remove(port)
        self._resting = deque(entry for entry in self._resting if entry[1] != port)

    def give_back(self, port: int, now_s: float) -> None:
        """The port's sockets are closed; it rests from now."""
        self._resting.append((now_s + self._rest_s, port))
