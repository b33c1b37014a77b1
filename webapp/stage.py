"""The demo's telecom as the page sees it: two phones, what happens, what it costs, and whom to kill.

A description and nothing else: who plays (the simulators) and where it is written down (the database) is
known to `ringback/demo`, which brings a `Stage` when it starts the web face. Words are told as a `Say`: a
name known to `webapp/demo_words.py`, and values to put into its sentence; so the page speaks every language.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


class StageTrouble(Exception):
    """The demo cannot do that now: a simulator is gone, or does not answer. Trying again may help."""

    transient = True


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence: its name and what is put into it. An empty name says nothing."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sms:
    """On a phone. `state`: sending | delivered | failed of what it sent, arrived of what came."""

    text: str
    at_ms: int
    sent: bool
    state: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text worth sending now, and why."""

    why: str  # register | prove | ask | balance | help | hello
    text: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as its owner sees it."""

    id: str
    name: str
    number: str
    shown: str  # the number as people write it
    state: str = "idle"  # idle | ringing | in-call
    since_ms: int = 0  # of the state
    display: str = ""  # who calls
    caption: Say = field(default_factory=Say)  # what it hears
    typed: str = ""
    tune: str = ""
    muted: bool = False
    dials: str = ""  # keys worth pressing now
    sms: tuple[Sms, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; the same key again is the same moment."""

    key: str
    since_ms: int  # the chapter began
    place: str
    say: Say
    detail: Say
    mark: bool  # one of those that tell the story


@dataclass(frozen=True, slots=True)
class Chapter:
    """An SMS or a button began it; all that followed, in the order of time."""

    key: str
    title: Say
    at_ms: int
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class LegCharge:
    """A leg and its price; `cost` is empty until it is charged."""

    role: str
    who: str
    number: str
    prefix: str
    connect: str
    minute: str
    first_s: int
    next_s: int
    talked_ms: int
    billed_s: int
    increments: int  # steps of `next_s` after the first `first_s`
    cost: str


@dataclass(frozen=True, slots=True)
class Charge:
    """The money of the newest callback, as it stands; amounts are written out with their currency."""

    before: str
    held: str
    settled: str
    released: str
    balance: str
    closed: bool
    legs: tuple[LegCharge, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the service. `deaths`: how often it was killed or fell while somebody watched."""

    name: str
    pid: int  # 0 while it is away
    deaths: int = 0
    back_after_ms: int | None = None  # its last death to its new life


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says became of everything: the proof that nothing is lost."""

    sms_received: int = 0
    sms_handled: int = 0  # executed once each, repeats of the carrier not counted
    sms_put_aside: int = 0  # could not be executed: must be 0
    replies_owed: int = 0  # who sends nonsense again and again is owed none
    sms_answered: int = 0  # of those
    replies_unproven: int = 0  # were leaving as their process died: nobody knows whether they arrived
    replies_failed: int = 0  # must be 0
    callbacks: int = 0
    callbacks_live: int = 0
    answered_twice: int = 0  # callbacks whose subscriber was answered by two calls: must be 0
    records: int = 0
    faults: tuple[str, ...] = ()  # what `ringback reconcile` finds


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next for the first callback: 1 register … 5 talk; 6 it is done."""

    number: int
    name: str
    phone: str  # whose control is next; empty for none


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything there is to see at one instant."""

    version: int
    now_ms: int
    phones: tuple[Phone, ...]
    step: Step
    chapters: tuple[Chapter, ...] = ()
    charge: Charge | None = None
    processes: tuple[Process, ...] = ()
    facts: Facts = field(default_factory=Facts)
    trouble: str = ""  # what is missing, if anything is


@dataclass(frozen=True, slots=True)
class Visitor:
    """An account of the demo that anybody here may use."""

    login: str
    password: str
    code: str = ""  # of an operator: the one-time code of now
    code_left_s: int = 0


class Ear(Protocol):
    """What one phone hears, from now on."""

    def hear(self, timeout_s: float) -> bytes | None:
        """The sound that has come since (PCM, 16 bit little-endian, 8 kHz); None: nothing in that time."""


class Stage(Protocol):
    """May be used by many threads at once. A verb that has no call to act upon does nothing.

    Raises `StageTrouble` when a simulator is away, ValueError for a phone or process there is not.
    """

    def picture(self) -> Picture:
        """What is to be seen now."""

    def wait(self, seen: int, timeout_s: float) -> Picture:
        """The first picture newer than version `seen`, or the same one when the time is over."""

    def send_sms(self, phone: str, text: str) -> None:
        """Returns when the SMS centre has it; the picture tells whether the service took it."""

    def answer(self, phone: str) -> None: ...

    def hang_up(self, phone: str) -> None:
        """Ends a call, declines one that rings."""

    def press(self, phone: str, keys: str) -> None: ...

    def mute(self, phone: str, muted: bool) -> None: ...

    def play(self, phone: str, tune: str) -> None:
        """A tune into the call; an empty name is silence."""

    def speak(self, phone: str, pcm: bytes) -> None:
        """Live sound into the call, pieces of about 100 ms as they come."""

    def listen(self, phone: str) -> AbstractContextManager[Ear]: ...

    def kill(self, process: str) -> int:
        """Kill -9; the pid that was hit, 0 if it was away."""

    def subscriber(self) -> Visitor: ...

    def operator(self) -> Visitor: ...

    def close(self) -> None: ...
