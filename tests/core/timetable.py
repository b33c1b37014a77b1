"""A call session's script: at this second this happens, and exactly these effects follow.

A timetable cannot cheat: no row may stand after a timer that should have been served before it, and `TIME`
must stand at the very second the session asked for.
"""

from callback.core.events import (
    CallAuthorised,
    Dial,
    DigitPressed,
    Effect,
    Event,
    LegAnswered,
    LegName,
    Play,
    Route,
    Started,
    TimedOut,
)
from callback.core.session import Policy, Session, State, new_session, step

NUMBER_A, NUMBER_B = "+48600316058", "+442079460000"
A1, A2, B1, B2, B3 = LegName("A", 1), LegName("A", 2), LegName("B", 1), LegName("B", 2), LegName("B", 3)
FIRST = Route("first", ("192.0.2.1", 5060), "600316058")
SECOND = Route("second", ("192.0.2.2", 5060), "48600316058")
TIME = TimedOut()
RINGBACK = ("tone:ringback",)
WARNING = ("tone:warning",)
ANOTHER = "another_number"

Row = tuple[float, Event, tuple[Effect, ...]]


def row(at_s: float, event: Event, *effects: Effect) -> Row:
    return at_s, event, effects


def key(digit: str) -> DigitPressed:
    return DigitPressed(A1, digit)


def asking(policy: Policy | None = None, routes: tuple[Route, ...] = (FIRST,), **known: str) -> Session:
    """A session before `Started`; `destination=…` when it need not be asked for."""
    return new_session(NUMBER_A, routes, known.get("destination"), policy or Policy())


def play_through(session: Session, *rows: Row) -> Session:
    for at_s, event, expected in rows:
        now_ms = round(at_s * 1000)
        deadline = session.deadline_at_ms
        if event == TIME:
            assert deadline == now_ms, f"at {at_s} s the session waits for {deadline} ms"
        elif deadline is not None:
            assert now_ms <= deadline, f"at {at_s} s the timer of {deadline} ms is overdue"
        session, effects = step(session, event, now_ms)
        assert effects == expected, f"at {at_s} s, after {event}"
    return session


def in_menu(policy: Policy | None = None) -> Session:
    """A answered at 10 s and hears the first prompt, playback 1."""
    session = play_through(
        asking(policy),
        row(0, Started(), Dial(A1, NUMBER_A, FIRST)),
        row(10, LegAnswered(A1), Play(1, ("enter_number",))),
    )
    assert session.state is State.MENU
    return session


def in_ring_b(policy: Policy | None = None, routes: tuple[Route, ...] = (FIRST,)) -> Session:
    """From 12 s on the destination rings, and A hears ringback, playback 2."""
    answer = row(12, authorised(1, routes), Play(2, RINGBACK, loop=True), Dial(B1, NUMBER_B, routes[0]))
    session = in_menu(policy)
    for at_s, digit in [(11, "1"), (12, "#")]:
        session, _ = step(session, key(digit), at_s * 1000)
    session = play_through(session, answer)
    assert session.state is State.RING_B
    return session


def in_talk(policy: Policy | None = None) -> Session:
    """From 20 s on A and B talk."""
    session, _ = step(in_ring_b(policy), LegAnswered(B1), 20_000)
    assert session.state is State.TALK
    return session


def authorised(ask: int, routes: tuple[Route, ...] = (FIRST,)) -> CallAuthorised:
    return CallAuthorised(NUMBER_B, routes, 600, ask)
