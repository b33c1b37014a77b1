"""Calls made up by chance: any event at any time, with the real times of the configuration.

The clock of these calls serves every deadline on time, as the runner does; what must hold after each step
stands in `world.witnessed`.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from callback.core.causes import Cause
from callback.core.events import (
    CallAuthorised,
    CallRefused,
    Covered,
    DigitPressed,
    EndWished,
    Event,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegName,
    LegRinging,
    PlayEnded,
    Started,
)
from callback.core.outcomes import Reason
from callback.core.session import Policy, Session, State, new_session
from tests.core.timetable import FIRST, NUMBER_A, NUMBER_B, SECOND, TIME
from tests.core.world import World, witnessed

LEG = st.one_of(st.just(LegName("A", 1)), st.builds(LegName, st.sampled_from(["A", "B"]), st.integers(0, 4)))
EVENT = st.one_of(
    st.builds(LegRinging, LEG),
    st.builds(LegEarlyMedia, LEG),
    st.builds(LegAnswered, LEG),
    st.builds(LegAnswered, LEG),
    st.builds(LegEnded, LEG, st.sampled_from(Cause)),
    st.builds(DigitPressed, st.just(LegName("A", 1)), st.sampled_from("0123456789*###A")),
    st.builds(DigitPressed, LEG, st.sampled_from("0*#")),
    st.builds(PlayEnded, st.integers(1, 12)),
    st.builds(
        CallAuthorised,
        st.just(NUMBER_B),
        st.sampled_from([(), (FIRST,), (FIRST, SECOND)]),
        st.just(60),
        st.integers(1, 4),
    ),
    st.builds(CallRefused, st.sampled_from(Reason), st.integers(1, 4)),
    st.builds(Covered, st.integers(0, 400_000), st.booleans()),
    st.just(Started()),
    st.just(TIME),
    st.builds(EndWished, st.sampled_from(Cause)),
)
CODE = "a call that reads a code"
PAUSE_MS = st.one_of(st.just(0), st.integers(0, 3_000), st.integers(0, 100_000))


class Call:
    """A session, its world and a clock that skips no deadline."""

    def __init__(self, destination: str | None, reads_code: bool = False) -> None:
        self.session: Session = new_session(
            NUMBER_A, (FIRST, SECOND), destination, Policy(), reads_code=reads_code
        )
        self.world = World()
        self.now_ms = 0
        self.happen(Started())

    def happen(self, event: Event) -> None:
        self.session, self.world = witnessed(self.session, self.world, event, self.now_ms)

    def wait(self, pause_ms: int) -> None:
        until_ms = self.now_ms + pause_ms
        while (deadline := self.session.deadline_at_ms) is not None and deadline <= until_ms:
            self.now_ms = max(self.now_ms, deadline)
            self.happen(TIME)
        self.now_ms = until_ms


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([None, NUMBER_B, CODE]), st.lists(st.tuples(PAUSE_MS, EVENT), max_size=50))
def test_whatever_happens_whenever_the_call_stays_in_order_and_ends(
    wanted: str | None, course: list[tuple[int, Event]]
) -> None:
    call = Call(None, reads_code=True) if wanted == CODE else Call(wanted)
    for pause_ms, event in course:
        call.wait(pause_ms)
        call.happen(event)
    call.wait(3 * 3600 * 1000)
    assert call.session.state is State.END


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 60_000), st.booleans()), min_size=1, max_size=8)
)
def test_nobody_talks_longer_than_the_money_lasts(covers: list[tuple[int, int, bool]]) -> None:
    call = Call(NUMBER_B)
    call.happen(LegAnswered(LegName("A", 1)))
    call.happen(CallAuthorised(NUMBER_B, (FIRST,), 60, 1))
    call.happen(LegAnswered(LegName("B", 1)))
    until_ms = 0
    for pause_ms, cover_ms, final in covers:
        call.wait(pause_ms)
        if not call.world.a_is_up():
            break
        until_ms = call.now_ms + cover_ms
        call.happen(Covered(until_ms, final))
    call.wait(until_ms - 1 - call.now_ms)
    assert len(call.world.up("A") + call.world.up("B")) in {0, 2}
    call.wait(until_ms - call.now_ms)
    assert not call.world.up("A") + call.world.up("B")
