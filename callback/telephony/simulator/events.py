"""What the simulated carrier reports: one value per change of state. Pure."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

Report = Callable[[str, str, str, str], None]  # kind, number, Call-ID, detail


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is one of invite, ringing, early, answered, acked, rejected, cancelled, bye (received),
    bye-sent, over, no-ack, digit, rtp (the first packet heard), renegotiated, overlap, challenged.
    """

    at_ms: int
    kind: str
    number: str
    call_id: str
    detail: str = ""

    def to_json(self) -> dict[str, object]:
        return asdict(self)
