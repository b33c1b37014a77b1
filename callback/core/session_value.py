"""What a call session is at one instant: a value with a state, its legs, its sounds and its timers.

Nothing here happens. What happens is in `session_states.py` and `session_money.py`; the door is `session.py`.

Legs. `a` and `b` are the legs that are wanted. A leg we hung up leaves these fields at once and is kept in
`fading` until its end is reported, so that the last word of the session really is the last.

Timers. `wake_at_ms` is the timer of the present state, with one meaning in each:

    RING_A, RING_B  it has rung long enough
    MENU            the prompt should have ended / no digit came / the number is complete
    AUTHORISE       no answer came
    CONFIRM         the prompt should have ended / no key came
    READ_CODE       the reading should have ended / the pause after it is over
    CLEAR           the goodbye should have ended / say the hang-up again
    TALK            none

The others belong to the call: `talk_end_at_ms` and `until_ms` (time and money end), `grow_at_ms` (ask for
more money), the warning before the end, and `give_up_at_ms` (nobody reports the end of a leg we hung up).
"""

from dataclasses import dataclass
from enum import StrEnum

from callback.core.causes import Cause
from callback.core.events import HangUp, LegName, Play, Route


class State(StrEnum):
    RING_A = "ring-a"  # also before `Started`
    CONFIRM = "confirm"  # A is to press a key, as machines do not
    READ_CODE = "read-code"  # A hears a one-time code
    MENU = "menu"  # A is asked for a number
    AUTHORISE = "authorise"  # the number is being looked at
    RING_B = "ring-b"
    TALK = "talk"
    CLEAR = "clear"  # nothing new begins: goodbye, hang up, wait for the ends
    END = "end"


LEGAL = {
    State.RING_A: frozenset({State.CONFIRM, State.MENU, State.AUTHORISE, State.CLEAR}),
    State.CONFIRM: frozenset({State.READ_CODE, State.CLEAR}),
    State.READ_CODE: frozenset({State.CLEAR}),
    State.MENU: frozenset({State.AUTHORISE, State.CLEAR}),
    State.AUTHORISE: frozenset({State.MENU, State.RING_B, State.CLEAR}),
    State.RING_B: frozenset({State.MENU, State.TALK, State.CLEAR}),
    State.TALK: frozenset({State.MENU, State.CLEAR}),
    State.CLEAR: frozenset({State.END}),
    State.END: frozenset[State](),
}


class Outcome(StrEnum):
    """What became of the whole callback. The values stand in `request.outcome`."""

    TALKED = "talked"
    NOT_CONNECTED = "not-connected"  # A answered, no B did
    CODE_READ = "code-read"  # A heard the one-time code, or began to
    NOT_CONFIRMED = "not-confirmed"  # A answered, and pressed no key to hear it
    A_BUSY = "a-busy"
    A_NO_ANSWER = "a-no-answer"
    A_REJECTED = "a-rejected"
    A_UNREACHABLE = "a-unreachable"
    A_WRONG_NUMBER = "a-wrong-number"
    A_FAILED = "a-failed"  # trouble of a carrier, or ours
    CANCELLED = "cancelled"
    LOST = "lost"  # our process died or lost its lease


_OUTCOME_UNANSWERED = {
    Cause.HANGUP: Outcome.A_REJECTED,
    Cause.CLEARED: Outcome.CANCELLED,
    Cause.CANCELLED: Outcome.CANCELLED,
    Cause.CUSTOMER_WISH: Outcome.CANCELLED,
    Cause.OPERATOR_WISH: Outcome.CANCELLED,
    Cause.BUSY: Outcome.A_BUSY,
    Cause.NO_ANSWER: Outcome.A_NO_ANSWER,
    Cause.REJECTED: Outcome.A_REJECTED,
    Cause.WRONG_NUMBER: Outcome.A_WRONG_NUMBER,
    Cause.UNREACHABLE: Outcome.A_UNREACHABLE,
    Cause.CONGESTION: Outcome.A_FAILED,
    Cause.TRUNK_DOWN: Outcome.A_FAILED,
    Cause.MEDIA_TIMEOUT: Outcome.A_FAILED,
    Cause.MONEY_ENDED: Outcome.CANCELLED,
    Cause.TIME_ENDED: Outcome.CANCELLED,
    Cause.LOST: Outcome.LOST,
    Cause.FENCED: Outcome.LOST,
    Cause.SYSTEM_TROUBLE: Outcome.A_FAILED,
}


def outcome_unanswered(cause: Cause) -> Outcome:
    """What became of a callback whose leg A ended before anybody answered it."""
    return _OUTCOME_UNANSWERED[cause]


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things may take, and how often. From the configuration."""

    ring_a_s: int = 45
    ring_b_s: int = 60  # per route
    first_digit_s: int = 8  # after the prompt
    next_digit_s: int = 4  # the pause that ends a number
    max_digits: int = 20
    ahead_max: int = 40  # keys kept for the menu: two long numbers
    empty_tries: int = 3
    prompt_max_s: int = 30  # a prompt whose end is not reported has ended after this
    authorise_s: int = 10
    goodbye_s: int = 10
    confirm_tries: int = 2
    code_pause_ms: int = 1500  # before each reading of a code
    code_readings: int = 3
    code_call_s: int = 90  # from A's answer, for a call that reads a code
    double_hash_ms: int = 1500  # two `#` within it are `##`
    talk_max_s: int = 7200  # from A's answer
    grow_before_s: int = 20
    grow_retry_s: int = 5
    warn_before_s: int = 60
    fading_max: int = 5  # legs given up but not yet ended, beyond which no other is dialled
    clear_s: int = 5  # say the hang-up again
    clear_repeat_s: int = 20  # but no longer than this
    give_up_s: int = 60  # a backend reports every end within 40 s; this is for one that died


@dataclass(frozen=True, slots=True)
class Session:
    state: State
    policy: Policy
    number_a: str
    routes_a: tuple[Route, ...]  # not tried yet
    destination: str | None  # None: ask
    attempt_a: int  # of the present or next leg A
    reads_code: bool = False  # a one-time code is read to A, and no B is called
    outcome: Outcome | None = None  # known from CLEAR on
    # legs
    a: LegName | None = None
    b: LegName | None = None
    joined: bool = False  # A and B hear each other
    talked: bool = False  # some B has answered
    fading: tuple[HangUp, ...] = ()
    # the destination being called
    ask: int = 0  # counts `Authorise`
    number_b: str = ""
    routes_b: tuple[Route, ...] = ()  # not tried yet
    attempt_b: int = 0  # counts legs B
    # what A types
    typed: str = ""  # of the number the menu is collecting
    ahead: str = ""  # waiting for the menu
    empties: int = 0
    readings: int = 0  # of the code
    hash_at_ms: int | None = None  # the first `#` of what may become `##`
    echo_from_ms: int | None = None  # soon after it, a lone `#` in the menu is an echo and no empty try
    # what A hears
    playback_id: int = 0  # the last one given away
    playing: Play | None = None
    warning: int | None = None  # playback of a warning tone, for which `playing` pauses
    # timers
    wake_at_ms: int | None = None
    give_up_at_ms: int | None = None
    talk_end_at_ms: int | None = None
    until_ms: int | None = None  # the money set aside lasts until then
    final: bool = False
    grow_at_ms: int | None = None
    grow_asked: bool = False  # the last `GrowHold` is not answered yet
    warned_for_ms: int | None = None  # the end that was warned of

    @property
    def answered(self) -> bool:
        """Leg A is up: its time costs money."""
        return self.a is not None and self.state is not State.RING_A

    @property
    def end_at_ms(self) -> int | None:
        """The instant nothing can postpone any more, if there is one yet."""
        ends = [self.talk_end_at_ms, self.until_ms if self.final else None]
        return min((at for at in ends if at is not None), default=None)

    @property
    def warn_at_ms(self) -> int | None:
        """When A is to be warned of the end; None once it has been, and where nobody talks."""
        if (
            self.reads_code
            or self.end_at_ms is None
            or self.end_at_ms == self.warned_for_ms
            or self.state is State.CLEAR
        ):
            return None
        return self.end_at_ms - self.policy.warn_before_s * 1000

    @property
    def deadline_at_ms(self) -> int | None:
        """The runner feeds `TimedOut` then. None before `Started` and at the END only."""
        timers = [self.wake_at_ms, self.give_up_at_ms]
        if self.answered:
            timers += [self.talk_end_at_ms, self.until_ms, self.grow_at_ms, self.warn_at_ms]
        return min((at for at in timers if at is not None), default=None)
