"""What the demo tells, as values: a terminal, a pipe and a machine show the same news in their own way. Pure.

Instants are Unix milliseconds; a timeline counts from the chapter, which is the SMS that began it all.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

STAGES = (  # name, what happens
    ("register", "Anna registers her phone by SMS"),
    ("ask", "Anna asks for a callback by SMS"),
    ("answer", "Anna answers and hears the service"),
    ("dial", "Anna dials Boris on her keypad"),
    ("talk", "Anna and Boris play each other a tune"),
    ("hang up", "Anna hangs up"),
    ("charge", "the call is charged, to the cent"),
)


class Place(StrEnum):
    """Where something happened."""

    PHONE = "phone"
    SMSC = "smsc"
    GATEWAY = "gateway"
    INTAKE = "intake"
    DIALER = "dialer"
    CARRIER = "carrier"
    EAR = "ear"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Opened:
    """The town is there."""

    directory: str
    config: str
    log: str
    smsc: str
    carrier: str
    sip: str
    pids: dict[str, int]
    took_ms: int
    web: str = ""  # the address of the page


@dataclass(frozen=True, slots=True)
class Chapter:
    """An SMS leaves a phone; what follows from it is counted from here."""

    number: int
    title: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. The same key again is the same moment, told better."""

    key: str
    chapter: int
    at_ms: int
    since_ms: int  # the chapter began
    place: Place
    text: str  # short: it stands on one line of a small terminal
    detail: str = ""
    mark: bool = False  # one of those that tell the story; the others are the works behind it
    name: str = ""  # of its sentence, and what is put into it: for who tells it in another language
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhoneLook:
    """A phone as its owner sees it."""

    name: str
    number: str
    state: str  # idle | ringing | in call
    display: str = ""
    heard: str = ""
    typed: str = ""
    since_ms: int = 0  # of the state


@dataclass(frozen=True, slots=True)
class Sms:
    """On the phone of `name`: one that it sent, or one that came."""

    name: str
    sent: bool
    text: str


@dataclass(frozen=True, slots=True)
class StageAhead:
    """This stage begins when whoever watches says so."""

    stage: int


@dataclass(frozen=True, slots=True)
class StageBegan:
    stage: int


@dataclass(frozen=True, slots=True)
class StageDone:
    stage: int
    proof: str


@dataclass(frozen=True, slots=True)
class LegCharge:
    """A leg and its price; `cost_micro` is None until it is charged."""

    role: str
    who: str
    number: str
    prefix: str
    connect_micro: int
    minute_micro: int
    first_s: int
    next_s: int
    talked_ms: int
    billed_s: int
    cost_micro: int | None


@dataclass(frozen=True, slots=True)
class Bill:
    """The money of one callback, as it stands."""

    currency: str
    before_micro: int
    held_micro: int
    settled_micro: int
    released_micro: int
    balance_micro: int
    legs: tuple[LegCharge, ...]
    closed: bool
    faults: tuple[str, ...] | None = None  # of the books; None: not looked at yet


@dataclass(frozen=True, slots=True)
class Failed:
    """What ought to have happened and did not, and where to look."""

    stage: int
    missing: str
    log: str
    tail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    request_id: str
    config: str
    sms_to_invite_ms: int
    answer_to_prompt_ms: int


@dataclass(frozen=True, slots=True)
class Closing:
    """Every process is being ended."""


News = (
    Opened
    | Chapter
    | Moment
    | PhoneLook
    | Sms
    | StageAhead
    | StageBegan
    | StageDone
    | Bill
    | Failed
    | Finished
    | Closing
)


def to_json(news: News) -> str:
    """One line; the kind stands first."""
    return json.dumps({"is": type(news).__name__, **asdict(news)}, ensure_ascii=False)
