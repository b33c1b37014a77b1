"""Every order of events: each state that can be reached, with each event in it, until nothing new comes.

A node of the search is a session and what a backend would have seen of it (`World`), with times, attempts
and playbacks counted from now on, so that two histories with the same future are one node. Time moves by the
session's own deadlines. Two searches, each complete, of callbacks and of calls
that read a code: the course of a call with all its keys, and its money.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    CallAuthorised,
    CallRefused,
    Covered,
    DigitPressed,
    EndWished,
    Event,
    HangUp,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegName,
    PlayEnded,
    Started,
)
from callback.core.outcomes import Reason
from callback.core.session import LEGAL, Policy, Session, State, new_session, step
from tests.core.timetable import FIRST, NUMBER_A, NUMBER_B, SECOND, TIME
from tests.core.world import STALE_A, STALE_B, Phone, World, witnessed

A_MOMENT_MS = 1000
FAR_MS = 10**9
PLAYING, WARNING = 1, 2  # playback ids of every node
COURSE = Policy(
    ring_a_s=2,
    ring_b_s=2,
    first_digit_s=2,
    next_digit_s=2,
    prompt_max_s=2,
    goodbye_s=2,
    code_pause_ms=2000,
    code_readings=2,
    code_call_s=FAR_MS // 1000,
    authorise_s=2,
    double_hash_ms=1000,
    clear_s=2,
    clear_repeat_s=4,
    give_up_s=6,
    max_digits=2,
    ahead_max=2,
    fading_max=2,
    empty_tries=2,
    talk_max_s=FAR_MS // 1000,
    warn_before_s=0,
)
MONEY = Policy(
    ring_a_s=3,
    ring_b_s=3,
    first_digit_s=2,
    prompt_max_s=2,
    goodbye_s=2,
    confirm_tries=1,
    code_pause_ms=1000,
    code_readings=2,
    code_call_s=4,
    authorise_s=2,
    max_digits=1,
    ahead_max=1,
    fading_max=1,
    empty_tries=1,
    talk_max_s=4,
    double_hash_ms=0,
    clear_s=2,
    clear_repeat_s=2,
    give_up_s=4,
    grow_before_s=1,
    grow_retry_s=1,
    warn_before_s=2,
)


@dataclass(frozen=True, slots=True)
class Node:
    session: Session
    world: World


def from_now_on(session: Session, world: World, now_ms: int) -> Node:
    """The same session with its past forgotten, and what its state does not look at."""
    legs_b = sorted({phone.leg for phone in world.phones if phone.leg.role == "B"})
    names = {leg: LegName("B", place) for place, leg in enumerate(legs_b, 1)}

    def rename(leg: LegName) -> LegName:
        return names.get(leg, leg)

    def shift(at_ms: int | None) -> int | None:
        return None if at_ms is None else at_ms - now_ms

    def recent(at_ms: int | None) -> int | None:
        return None if at_ms is None or now_ms - at_ms > session.policy.double_hash_ms else at_ms - now_ms

    talk_end_at_ms = shift(session.talk_end_at_ms)
    if session.policy is COURSE and talk_end_at_ms is not None:
        talk_end_at_ms = FAR_MS
    session = replace(
        session,
        b=session.b and rename(session.b),
        fading=tuple(HangUp(leg, Cause.CLEARED) for leg in sorted(rename(h.leg) for h in session.fading)),
        attempt_b=len(legs_b),
        ask=min(session.ask, 1),
        playback_id=WARNING,
        playing=session.playing and replace(session.playing, playback_id=PLAYING),
        warning=session.warning and WARNING,
        hash_at_ms=recent(session.hash_at_ms),
        echo_from_ms=recent(session.echo_from_ms),
        wake_at_ms=shift(session.wake_at_ms),
        give_up_at_ms=shift(session.give_up_at_ms),
        talk_end_at_ms=talk_end_at_ms,
        until_ms=shift(session.until_ms),
        grow_at_ms=shift(session.grow_at_ms),
        warned_for_ms=shift(session.warned_for_ms),
    )
    phones = tuple(
        sorted(
            Phone(rename(phone.leg), hung=True) if phone.hung else replace(phone, leg=rename(phone.leg))
            for phone in world.phones
        )
    )
    joined = world.joined and rename(world.joined)
    allowed = world.allowed if session.state in {State.AUTHORISE, State.RING_B} else None
    world = replace(world, phones=phones, joined=joined, asked=min(world.asked, 1), allowed=allowed)
    return Node(without_the_unread(session), World(finished=True) if world.finished else world)


def without_the_unread(session: Session) -> Session:
    """What no state to come reads any more is made alike."""
    blank = Session(session.state, session.policy, NUMBER_A, (), None, attempt_a=1)
    if session.state is State.END:
        return blank
    if session.state is State.CLEAR and session.a is None:
        return replace(
            blank,
            outcome=session.outcome,
            fading=session.fading,
            wake_at_ms=session.wake_at_ms,
            give_up_at_ms=session.give_up_at_ms,
        )
    if session.state is not State.RING_A:
        session = replace(session, destination=None, routes_a=())
    if session.state is not State.RING_B:
        session = replace(session, routes_b=(), number_b="")
    if session.state is not State.MENU:
        session = replace(session, typed="")
    return session


def of_the_course(session: Session) -> Iterable[Event]:
    """Both legs' present and past attempts, all keys, all answers."""
    a = session.a or LegName("A", session.attempt_a)
    b = session.b or LegName("B", session.attempt_b + 1)
    yield Started()
    for leg in {a, b, STALE_A, STALE_B, *(hang_up.leg for hang_up in session.fading)}:
        yield LegEarlyMedia(leg)
        yield LegAnswered(leg)
        yield LegEnded(leg, Cause.BUSY)
        yield LegEnded(leg, Cause.CONGESTION)
        yield DigitPressed(leg, "#")
    yield DigitPressed(a, "1")
    yield DigitPressed(a, "*")
    for playback_id in (PLAYING, WARNING, 99):
        yield PlayEnded(playback_id)
    for ask in (session.ask, -1):
        yield CallAuthorised(NUMBER_B, (FIRST, SECOND), 60, ask)
        yield CallRefused(Reason.NO_RATE, ask)
    yield EndWished(Cause.CANCELLED)


def of_the_money(session: Session) -> Iterable[Event]:
    """Cover of every kind at every moment of a call."""
    a, b = session.a or LegName("A", 1), session.b or STALE_B
    for until_s in (1, 3):
        yield Covered(until_s * 1000, final=False)
        yield Covered(until_s * 1000, final=True)
    yield Started()
    yield LegAnswered(a)
    yield LegEnded(a, Cause.HANGUP)
    yield LegAnswered(b)
    yield LegEnded(b, Cause.BUSY)
    yield LegEnded(b, Cause.MONEY_ENDED)
    yield DigitPressed(a, "1")
    yield PlayEnded(PLAYING)
    yield PlayEnded(WARNING)
    yield CallAuthorised(NUMBER_B, (FIRST,), 60, session.ask)
    yield EndWished(Cause.CANCELLED)
    for hang_up in session.fading:
        yield LegEnded(hang_up.leg, hang_up.cause)


def after(node: Node, event: Event, now_ms: int = 0) -> Node:
    session, world = witnessed(node.session, node.world, event, now_ms)
    if session is node.session and world == node.world:
        return node
    return from_now_on(session, world, now_ms)


@dataclass(frozen=True, slots=True)
class Search:
    """Every node, with the one to which time alone leads from it; every move between states."""

    by_time: dict[Node, Node] = field(default_factory=dict)
    moves: set[tuple[State, State]] = field(default_factory=set)


def explore(policy: Policy, alphabet: Callable[[Session], Iterable[Event]]) -> Search:
    routes = (FIRST, SECOND) if policy is COURSE else (FIRST,)
    callbacks = [new_session(NUMBER_A, routes, destination, policy) for destination in (None, NUMBER_B)]
    code_call = new_session(NUMBER_A, routes, None, policy, reads_code=True)
    waiting = deque(Node(session, World()) for session in (*callbacks, code_call))
    search = Search()
    while waiting:
        node = waiting.popleft()
        if node in search.by_time:
            continue
        deadline = node.session.deadline_at_ms
        later = node if deadline is None else after(node, TIME, max(deadline, 0))
        search.by_time[node] = later
        found = [later, *(after(node, event) for event in alphabet(node.session))]
        search.moves.update((node.session.state, new.session.state) for new in found)
        waiting.extend(found)
        if deadline is not None and deadline > A_MOMENT_MS:
            assert step(node.session, TIME, A_MOMENT_MS) == (node.session, ()), "acted too early"
            waiting.append(from_now_on(node.session, node.world, A_MOMENT_MS))
    return search


@pytest.mark.parametrize(
    ("policy", "alphabet"),
    [pytest.param(COURSE, of_the_course, id="course"), pytest.param(MONEY, of_the_money, id="money")],
)
def test_in_every_order_of_events_the_call_stays_in_order_and_ends(
    policy: Policy, alphabet: Callable[[Session], Iterable[Event]]
) -> None:
    search = explore(policy, alphabet)  # asserts at each step what `witnessed` says
    assert len(search.by_time) > 1000
    legal = {(state, to) for state in State for to in LEGAL[state]}
    assert legal <= search.moves, "a move in the table that nothing makes"
    ended = {node for node in search.by_time if node.session.state is State.END}
    for node in search.by_time:
        way = [node]
        while way[-1] not in ended and way[-1].session.deadline_at_ms is not None:
            way.append(search.by_time[way[-1]])
            assert len(way) < 100, "time alone does not end it"
        ended.update(way)
