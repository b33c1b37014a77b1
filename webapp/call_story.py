"""Everything known of one call, read at once: for its own page, the operator's and the demo's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callback.ladder import Rung, ladder
from callback.store import cdrs, requests, trace
from callback.store.models import Cdr, Leg, Request
from callback.timeline import Charge, Moment, Sound, charges, sounds, timeline


@dataclass(frozen=True, slots=True)
class CallStory:
    request: Request
    legs: Sequence[Leg]
    cdrs: Sequence[Cdr]
    moments: Sequence[Moment]
    charges: Sequence[Charge]
    sounds: Sequence[Sound]
    rungs: Sequence[Rung]  # for operators: everything

    @property
    def is_over(self) -> bool:
        return self.request.ended_at_ms is not None

    @property
    def cost_micro(self) -> int:
        return sum(cdr.cost_micro for cdr in self.cdrs)

    @property
    def currency(self) -> str:
        """Empty while no leg is over."""
        return self.cdrs[0].currency if self.cdrs else ""

    @property
    def talked_ms(self) -> int:
        return sum(cdr.duration_ms for cdr in self.cdrs if cdr.role == "B")

    @property
    def destinations(self) -> tuple[str, ...]:
        """As dialled, one after another; else what was wanted."""
        dialled = tuple(dict.fromkeys(leg.number for leg in self.legs if leg.role == "B"))
        wanted = self.request.destination
        return dialled or ((wanted,) if wanted else ())

    def next_hop(self, leg_id: str) -> str:
        """Where a leg was sent: "ip:port"."""
        return next(leg.next_hop for leg in self.legs if leg.id == leg_id)


def read_story(session: Session, request_id: str, account_id: str | None = None) -> CallStory | None:
    """The story of a call; None if there is none, or not of this account. Four statements."""
    request = requests.find_request(session, request_id)
    if request is None or (account_id is not None and request.account_id != account_id):
        return None
    legs, records = requests.legs_of(session, request_id), cdrs.cdrs_of(session, request_id)
    steps = trace.lines_of(session, request_id)
    return CallStory(
        request,
        legs,
        records,
        timeline(request, legs, steps, records),
        charges(legs, records),
        sounds(records),
        ladder(request, legs, steps, records),
    )
