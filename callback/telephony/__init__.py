"""What a telephony backend can do, in words and in types.

A backend rings phones, plays to them, joins them and says what happened. It decides nothing: the session
does. Every method returns at once; what becomes of it arrives as an event, in the asyncio loop of the
dialer, in the order in which it happened on that leg. Methods for a leg that has ended, or never was, do
nothing: in telephony the news always crosses the command.

The contract of a leg::

    dial ──► Trying? ─► Ringing? ─► EarlyMedia? ─► Answered ─► Ended        exactly one Ended, always last
                                                   └─ phone up, but the far end waits for our ACK:
                                                      `Answered.confirm()` after the answer is committed

`dial` is called after the leg's row is committed. `dial` of a leg id that exists already is a mistake of
ours and asserts. `Answered.dialog` must be committed before `confirm` is called (DESIGN section 3).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from callback.core.causes import Cause


@dataclass(frozen=True, slots=True)
class DialSpec:
    """One leg to be rung. `next_hop` is an address, not a name: a restart must find the same place."""

    leg_id: str
    number: str  # E.164 with plus
    callee: str  # user part of the Request-URI, after the trunk's rewriting
    cli: str  # shown to the phone, E.164 with plus
    next_hop: tuple[str, int]
    trunk: str  # name in the configuration; credentials are looked up by it
    ring_s: int  # give up after


@dataclass(frozen=True, slots=True)
class Trying:
    leg_id: str
    at_ms: int  # the INVITE is on the wire


@dataclass(frozen=True, slots=True)
class Ringing:
    leg_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class EarlyMedia:
    """The far end sends audio before it answers; `bridge` lets A hear it."""

    leg_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The phone was picked up at `at_ms`. `dialog` is all a restarted process needs to hang it up."""

    leg_id: str
    at_ms: int
    dialog: Mapping[str, object]
    confirm: Callable[[], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Digit:
    leg_id: str
    at_ms: int
    digit: str  # one of 0-9 * # A-D


@dataclass(frozen=True, slots=True)
class PlaybackDone:
    leg_id: str
    at_ms: int
    playback_id: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The leg is over at `at_ms` and nothing of it is left on the wire. Always the last event of a leg."""

    leg_id: str
    at_ms: int
    cause: Cause
    sip_status: int = 0  # 0: no final response was seen
    quality: Mapping[str, float] = field(default_factory=dict)  # rx, tx, lost, jitter_ms


BackendEvent = Trying | Ringing | EarlyMedia | Answered | Digit | PlaybackDone | Ended

LostOutcome = Literal["cancelled", "hung-up", "absent", "refused", "unreachable"]


@dataclass(frozen=True, slots=True)
class LostLeg:
    """A leg an earlier process left on the wire, as its row remembers it."""

    leg_id: str
    callee: str  # user part of the Request-URI, after the trunk's rewriting
    cli: str
    next_hop: tuple[str, int]
    trunk: str
    dialog: Mapping[str, object] | None  # None: no answer was recorded


class Backend(Protocol):
    """Implemented by `sip`, later by `asterisk` and by the GSM voice backend of `hardware`."""

    async def start(self, on_event: Callable[[BackendEvent], None]) -> None: ...

    async def recover(
        self, legs: Sequence[LostLeg], on_outcome: Callable[[str, LostOutcome, int], None]
    ) -> None:
        """End what an earlier process left; `on_outcome(leg_id, outcome, at_ms)` once per leg, in the loop.

        Returns when every CANCEL and BYE has been sent; outcomes may take 40 s. `cancelled` or `absent`:
        it may be dialled anew. `hung-up`: it had been answered. `unreachable`: not before 40 s have passed.
        """

    def dial(self, spec: DialSpec) -> None: ...

    def hang_up(self, leg_id: str, cause: Cause) -> None:
        """CANCEL, decline or BYE, as the leg stands; its Ended follows."""

    def play(self, leg_id: str, playback_id: int, items: Sequence[str], loop: bool = False) -> None:
        """Prompt keys of the leg's language or `tone:<name>`; replaces what plays; allowed while bridged."""

    def stop(self, leg_id: str) -> None: ...

    def bridge(self, leg_a: str, leg_b: str) -> None: ...

    def unbridge(self, leg_a: str) -> None: ...

    def limit(self, leg_id: str, until_ms: int, cause: Cause) -> None:
        """The media layer cuts the leg at this instant, whatever becomes of us; later calls move it.

        The leg then ends with this cause.
        """

    async def close(self) -> None:
        """Hang up what is left, wait for it (≤ 5 s) and stop."""
