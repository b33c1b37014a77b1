"""What arrived and what did not: loss and jitter of one received stream (RFC 3550 §6.4.1, A.3, A.8). Pure."""

from callback.media.rtp import CLOCK_HZ, sequence_ahead

_RESTART = 3000  # RFC 3550 A.1 MAX_DROPOUT: a greater leap is a new stream, not a loss


class Reception:
    """Counts one leg's incoming packets over all the sources it has had."""

    def __init__(self) -> None:
        self.packets = 0
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.ssrc: int | None = None
        self._lost_before = 0
        self._base = self._highest = 0  # extended sequence numbers of the present source
        self._received = 0
        self._jitter_ticks = 0.0
        self._transit: float | None = None
        self._reported = (0, 0)  # (expected, received) at the last report

    @property
    def lost(self) -> int:
        """Packets expected but not received; duplicates make it no smaller than zero."""
        return self._lost_before + max(self._expected - self._received, 0)

    @property
    def jitter_ms(self) -> float:
        return round(self._jitter_ticks * 1000 / CLOCK_HZ, 2)

    @property
    def jitter_ticks(self) -> int:
        return int(self._jitter_ticks)

    @property
    def highest_sequence(self) -> int:
        """The extended highest sequence number received."""
        return self._highest & 0xFFFFFFFF

    @property
    def _expected(self) -> int:
        return self._highest - self._base + 1 if self._received else 0

    def note(self, ssrc: int, sequence: int, timestamp: int, now_s: float, audio: bool) -> None:
        """Count a packet; only audio packets carry a timestamp that tells the time they were sent."""
        self.packets += 1
        if self.first_s is None:
            self.first_s = now_s
        self.last_s = now_s
        leap = sequence_ahead(sequence, self._highest & 0xFFFF)
        if ssrc != self.ssrc or not -_RESTART < leap < _RESTART:
            self._begin(ssrc, sequence)
        else:
            self._highest += max(leap, 0)
        self._received += 1
        if not audio:
            return
        transit = (now_s * CLOCK_HZ - timestamp) % 0x100000000
        if self._transit is not None:
            change = abs((transit - self._transit + 0x80000000) % 0x100000000 - 0x80000000)
            self._jitter_ticks += (min(change, CLOCK_HZ) - self._jitter_ticks) / 16
        self._transit = transit

    def fraction_lost(self) -> int:
        """The loss since the last call, in 1/256 (RFC 3550 A.3)."""
        expected = self._expected - self._reported[0]
        lost = expected - (self._received - self._reported[1])
        self._reported = (self._expected, self._received)
        return min(256 * lost // expected, 255) if expected > 0 and lost > 0 else 0

    def _begin(self, ssrc: int, sequence: int) -> None:
        self._lost_before = self.lost
        self.ssrc = ssrc
        self._base = self._highest = sequence
        self._received = 0
        self._transit = None
        self._reported = (0, 0)
