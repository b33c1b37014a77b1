"""What a backend would see of a call session, kept by other means than the session's own.

`World` is told every event and every effect, and asserts what must never be asked of a backend: a second
live leg, a join with a phone nobody hears, a dialling nobody allowed, a word after the last one. It is a
value, so that a search may keep millions of them.
"""

from dataclasses import dataclass, replace

from callback.core.events import (
    ArmLimit,
    Authorise,
    Bridge,
    CallAuthorised,
    CallRefused,
    Dial,
    DigitPressed,
    Effect,
    Event,
    Finish,
    GrowHold,
    HangUp,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegName,
    Play,
    StopPlay,
    TimedOut,
    Unbridge,
)
from callback.core.session import LEGAL, Session, State, step
from callback.core.spoken import CODE_PLACES

STALE_A, STALE_B = LegName("A", 0), LegName("B", 0)  # attempts that never were


@dataclass(frozen=True, slots=True, order=True)
class Phone:
    """A leg that was dialled and has not ended."""

    leg: LegName
    heard: bool = False  # early media or answered
    answered: bool = False
    hung: bool = False  # we asked for its end


@dataclass(frozen=True, slots=True)
class World:
    phones: tuple[Phone, ...] = ()
    a_answered: bool = False  # once, by any leg A
    joined: LegName | None = None
    asked: int = 0
    allowed: bool | None = None  # the first answer to the last question
    finished: bool = False

    def find(self, leg: LegName) -> Phone | None:
        return next((phone for phone in self.phones if phone.leg == leg), None)

    def up(self, role: str) -> list[Phone]:
        """Legs that live and that nobody asked to end."""
        return [phone for phone in self.phones if phone.leg.role == role and not phone.hung]

    # --- what happens

    def happen(self, event: Event) -> "World":
        match event:
            case LegEarlyMedia(leg) if (phone := self.find(leg)) is not None:
                return self._put(replace(phone, heard=True))
            case LegAnswered(leg) if (phone := self.find(leg)) is not None:
                a_answered = self.a_answered or (leg.role == "A" and not phone.hung)
                return replace(self._put(replace(phone, heard=True, answered=True)), a_answered=a_answered)
            case LegEnded(leg):
                return replace(self, phones=tuple(phone for phone in self.phones if phone.leg != leg))
            case CallAuthorised(ask=ask) if ask == self.asked and self.allowed is None:
                return replace(self, allowed=True)
            case CallRefused(ask=ask) if ask == self.asked and self.allowed is None:
                return replace(self, allowed=False)
        return self

    def _put(self, phone: Phone) -> "World":
        others = tuple(other for other in self.phones if other.leg != phone.leg)
        return replace(self, phones=tuple(sorted((*others, phone))))

    # --- what is wanted

    def want(self, effects: tuple[Effect, ...], because: Event) -> "World":
        world = self
        for effect in effects:
            assert not world.finished, f"{effect} after the last word"
            world = world._do(effect, because)
        assert len(world.up("A")) <= 1
        assert len(world.up("B")) <= 1
        assert world.up("A") or not world.up("B"), "B is up although A is gone"
        assert world.joined is None or any(phone.leg == world.joined for phone in world.up("B")), (
            "joined to nobody"
        )
        assert not any(phone.answered for phone in world.up("B")) or world.joined, "B talks to nobody"
        return world

    def _do(self, effect: Effect, because: Event) -> "World":
        match effect:
            case Dial():
                return self._dial(effect)
            case HangUp(leg):
                phone = self.find(leg)
                assert phone is not None, "hung up, but never dialled or ended"
                assert self.joined != leg, "hung up while joined"
                return self._put(replace(phone, hung=True))
            case Bridge(leg):
                phone = self.find(leg)
                assert phone is not None and phone.heard and not phone.hung
                assert self.a_is_up() and self.joined is None
                return replace(self, joined=leg)
            case Unbridge():
                assert self.joined is not None
                return replace(self, joined=None)
            case Authorise(_, ask):
                assert self.a_is_up() and ask > self.asked
                return replace(self, asked=ask, allowed=None)
            case Play() | StopPlay() | GrowHold():
                assert self.a_is_up()
            case ArmLimit():
                assert self.up("A")
            case Finish():
                gave_up = because == TimedOut() and all(phone.hung for phone in self.phones)
                assert not self.phones or gave_up, "the last word, and a leg is up"
                return replace(self, finished=True)
        return self

    def _dial(self, dial: Dial) -> "World":
        assert self.find(dial.leg) is None, "dialled twice"
        assert not self.up(dial.leg.role), "two at a time"
        if dial.leg.role == "A":
            assert not self.a_answered, "A is rung again after an answer"
            assert not self.phones
        else:
            assert self.a_is_up() and self.allowed
        return self._put(Phone(dial.leg))

    def a_is_up(self) -> bool:
        return any(phone.answered for phone in self.up("A"))


def witnessed(session: Session, world: World, event: Event, now_ms: int) -> tuple[Session, World]:
    """One step of the session, with everything that must hold after each."""
    after, effects = step(session, event, now_ms)
    if world.finished or getattr(event, "leg", None) in {STALE_A, STALE_B}:
        assert (after, effects) == (session, ()), "late and foreign news change nothing"
    world = world.happen(event).want(effects, event)
    _keeps_its_code(session, after, event, effects)
    assert after.state in {session.state, State.END} | _within_two_moves(session.state)
    assert world.finished == (after.state is State.END)
    assert {phone.leg for phone in world.up("A") + world.up("B")} == {after.a, after.b} - {None}
    assert after.answered == world.a_is_up()
    if world.finished:
        assert after.deadline_at_ms is None
        return after, world
    assert {phone.leg for phone in world.phones if phone.hung} == {hang_up.leg for hang_up in after.fading}
    assert after.deadline_at_ms is not None or (after.state is State.RING_A and not world.phones), "forgotten"
    if after.until_ms is not None and world.a_is_up():
        assert after.deadline_at_ms is not None
        assert after.deadline_at_ms <= after.until_ms, "A talks longer than the money lasts"
    if event == TimedOut() and after.until_ms is not None and after.until_ms <= now_ms:
        assert not world.a_is_up(), "A talks although the money has ended"
    return after, world


def _keeps_its_code(before: Session, after: Session, event: Event, effects: tuple[Effect, ...]) -> None:
    """A code is read to whoever pressed the key, and to nobody else; whom it is read to calls nobody."""
    if after.state is State.READ_CODE and before.state is not State.READ_CODE:
        assert event == DigitPressed(after.a or STALE_A, "1") or "1" in before.ahead
    for effect in effects:
        if isinstance(effect, Play) and set(effect.items) & set(CODE_PLACES):
            assert before.state is State.READ_CODE
        assert not (before.reads_code and isinstance(effect, Authorise))


def _within_two_moves(state: State) -> set[State]:
    """In one event a state may be passed through, when what was typed ahead is the answer."""
    return {far for near in LEGAL[state] for far in {near, *LEGAL[near]}}
