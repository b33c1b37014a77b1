"""The media figures of each open stream, summed over every media process that has carried it.

The wire speaks in seconds of the monotonic clock; here they become Unix milliseconds. Pure: the clock's
offset is given.
"""

from callback.media.control import Stats
from callback.media.events import StreamStats


def from_wire(report: Stats, unix_less_monotonic_ms: int) -> StreamStats:
    """The figures of one process's life of a stream."""

    def unix_ms(at_s: float | None) -> int | None:
        return None if at_s is None else round(at_s * 1000) + unix_less_monotonic_ms

    return StreamStats(
        rx_packets=report.rx_packets,
        tx_packets=report.tx_packets,
        lost_packets=report.lost_packets,
        foreign_packets=report.foreign_packets,
        jitter_ms=report.jitter_ms,
        remote_lost_packets=report.remote_lost_packets,
        remote_jitter_ms=report.remote_jitter_ms,
        rtt_ms=report.rtt_ms,
        first_rx_at_ms=unix_ms(report.first_rx_s),
        last_rx_at_ms=unix_ms(report.last_rx_s),
    )


def add_lives(earlier: StreamStats, later: StreamStats) -> StreamStats:
    """Counters add up; of the rest the later life's word counts, where it has one."""
    return StreamStats(
        rx_packets=earlier.rx_packets + later.rx_packets,
        tx_packets=earlier.tx_packets + later.tx_packets,
        lost_packets=earlier.lost_packets + later.lost_packets,
        foreign_packets=earlier.foreign_packets + later.foreign_packets,
        jitter_ms=later.jitter_ms if later.rx_packets else earlier.jitter_ms,
        remote_lost_packets=earlier.remote_lost_packets + later.remote_lost_packets,
        remote_jitter_ms=later.remote_jitter_ms
        if later.remote_jitter_ms is not None
        else earlier.remote_jitter_ms,
        rtt_ms=later.rtt_ms if later.rtt_ms is not None else earlier.rtt_ms,
        first_rx_at_ms=earlier.first_rx_at_ms if earlier.first_rx_at_ms is not None else later.first_rx_at_ms,
        last_rx_at_ms=later.last_rx_at_ms if later.last_rx_at_ms is not None else earlier.last_rx_at_ms,
    )


class Figures:
    """What is known of every stream that is open."""

    def __init__(self) -> None:
        self._earlier: dict[str, StreamStats] = {}
        self._present: dict[str, StreamStats] = {}

    def note(self, report: Stats, unix_less_monotonic_ms: int) -> None:
        """The living process's newest word, which contains its older ones."""
        self._present[report.stream] = from_wire(report, unix_less_monotonic_ms)

    def begin_life(self) -> None:
        """A new process counts from zero: what the last one said is kept apart."""
        for stream in self._present:
            self._earlier[stream] = self.of(stream)
        self._present.clear()

    def of(self, stream: str) -> StreamStats:
        """Zeros for a stream nobody has reported on."""
        return add_lives(self._earlier.get(stream, StreamStats()), self._present.get(stream, StreamStats()))

    def take(self, stream: str) -> StreamStats:
        """The last word on a stream, which is forgotten with it."""
        total = self.of(stream)
        self._earlier.pop(stream, None)
        self._present.pop(stream, None)
        return total
