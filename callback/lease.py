"""The life of a node: its lease, and the fence it puts around itself when the lease is not renewed.

All decisions are made on the monotonic clock: nine seconds without a renewal and no new leg is dialled,
fifteen and everything is hung up. Twenty seconds is when the relay takes over; the gap between fifteen and
twenty is what keeps two leg-A calls of one request from overlapping.
"""

from dataclasses import dataclass, replace

RENEW_S = 3.0
NO_NEW_LEG_S = 9.0
HANG_UP_S = 15.0
TAKE_OVER_S = 20.0


@dataclass(frozen=True, slots=True)
class Lease:
    """What a node knows of its own right to act. `renewed_s` is a monotonic reading."""

    node: str
    epoch: int
    renewed_s: float
    lost: bool = False  # the row says another life of this node has begun

    def renewed(self, asked_s: float) -> "Lease":
        """`asked_s` is when the renewal was asked for, not when its answer came."""
        return replace(self, renewed_s=asked_s)

    def may_dial(self, now_s: float) -> bool:
        return not self.lost and now_s - self.renewed_s < NO_NEW_LEG_S

    def must_hang_up(self, now_s: float) -> bool:
        return self.lost or now_s - self.renewed_s >= HANG_UP_S
