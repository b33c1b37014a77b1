"""The SMS log of operators: what came in and went out as one list, newest first, a page at a time.

Two tables, one order: by instant, then direction, then id. A page takes as many lines as it has from either,
merges them and is continued from its last line, so that it costs the same however deep it is. Nothing secret
leaves here: of an SMS that came in there is the masked text only, of one that went out its parameters
without a code.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, text, union_all
from sqlmodel import Session

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from callback.store.models import GIVEN_UP, PUT_ASIDE, Inbox, Outbox

PAGE = 25
_inbox = Inbox.__table__  # type: ignore[attr-defined]  # SQLModel does not declare what it makes
_outbox = Outbox.__table__  # type: ignore[attr-defined]  # likewise
_SECRET = "code"  # noqa: S105 - the name of a parameter
_NO_TEXT = ("receipt", "part")  # outcomes of what is kept without being executed
# The words of the partial indexes, so that the planner knows them again.
_WAITING_IN = union_all(
    *(select(_inbox.c.id).where(text(f"inbox.state = '{state}'")) for state in ("received", "claimed"))
)
_WAITING_OUT = select(_outbox.c.id).where(text("outbox.state = 'queued'"))
_REFUSED = tuple(reason.value for reason in Reason)


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Sort(StrEnum):
    """What became of an SMS, as people sort them. The values stand in URLs."""

    UNDERSTOOD = "understood"
    REFUSED = "refused"
    REPEAT = "repeat"
    QUARANTINED = "quarantined"
    WAITING = "waiting"  # to be executed, or to be sent
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SmsFilter:
    """Which SMS are wanted; what is not given matches all."""

    phones: tuple[str, ...] = ()  # the other side's address, in every way a carrier may write it
    direction: Direction | None = None
    sort: Sort | None = None
    from_ms: int | None = None
    until_ms: int | None = None  # no more


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a line stands in the log. As text "1780000000000.in.17", for URLs."""

    at_ms: int
    direction: str
    id: int

    def __str__(self) -> str:
        return f"{self.at_ms}.{self.direction}.{self.id}"


@dataclass(frozen=True, slots=True)
class SmsLine:
    """An SMS as a line of the log."""

    place: Place
    link: str
    phone: str  # the other side
    ours: str
    state: str
    outcome: str  # of one that came: a ReplyKind or a Reason …; of one that went: its kind, likewise
    text: str | None = None  # masked; of one that came in and was executed
    params: Mapping[str, str] = field(default_factory=dict)  # of one that went out
    done_at_ms: int | None = None  # executed, or accepted by the carrier
    error: str = ""
    tries: int = 0

    @property
    def at_ms(self) -> int:
        return self.place.at_ms

    @property
    def is_in(self) -> bool:
        return self.place.direction == Direction.IN


@dataclass(frozen=True, slots=True)
class SmsPage:
    """Newest first. `newer` and `older` are the places to continue from, None at the ends."""

    lines: tuple[SmsLine, ...]
    newer: Place | None
    older: Place | None


def parse_place(text: str) -> Place | None:
    """The place a URL names; None if it names none."""
    at_ms, _, rest = text.partition(".")
    direction, _, its_id = rest.partition(".")
    numbers = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (at_ms, its_id))
    if not numbers or direction not in tuple(Direction):
        return None
    return Place(int(at_ms), direction, int(its_id))


def page(
    session: Session,
    wanted: SmsFilter,
    *,
    before: Place | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> SmsPage:
    """The newest SMS that match, those older than `before`, or those just newer than `after`."""
    found: list[SmsLine] = []
    for source in _SOURCES:
        condition = source.condition(wanted)
        if condition is not None:
            query = _placed(source.query(), source, before, after).where(*condition).limit(limit + 1)
            found += [source.line(row) for row in session.connection().execute(query)]
    found.sort(key=lambda line: line.place, reverse=after is None)
    more, lines = len(found) > limit, found[:limit]
    if after is not None:
        lines.reverse()
    if not lines:
        return SmsPage((), None, None)
    is_newest = before is None if after is None else not more
    is_oldest = not more if after is None else False
    return SmsPage(
        tuple(lines), None if is_newest else lines[0].place, None if is_oldest else lines[-1].place
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """One of the two tables, as the log sees it."""

    direction: Direction
    at_ms: Any
    id: Any
    query: Callable[[], Select[Any]]
    line: Callable[[Any], SmsLine]
    condition: Callable[[SmsFilter], Sequence[ColumnElement[bool]] | None]  # None: nothing here can match


def _placed(query: Select[Any], source: _Source, before: Place | None, after: Place | None) -> Select[Any]:
    at_ms, its_id = source.at_ms, source.id
    if after is not None:
        later_here = _same_instant(source, after, its_id > after.id, comes_first=False)
        query = query.where(at_ms >= after.at_ms, or_(at_ms > after.at_ms, later_here))
        return query.order_by(at_ms, its_id)
    if before is not None:
        earlier_here = _same_instant(source, before, its_id < before.id, comes_first=True)
        query = query.where(at_ms <= before.at_ms, or_(at_ms < before.at_ms, earlier_here))
    return query.order_by(at_ms.desc(), its_id.desc())


def _same_instant(
    source: _Source, place: Place, by_id: ColumnElement[bool], *, comes_first: bool
) -> ColumnElement[bool]:
    """Of the same instant: by direction, then by id."""
    same: ColumnElement[bool] = source.at_ms == place.at_ms
    if source.direction == place.direction:
        return and_(same, by_id)
    return same if (source.direction < place.direction) == comes_first else false()


def _in_query() -> Select[Any]:
    c = _inbox.c
    return select(
        c.id, c.received_at_ms, c.link, c.ani, c.dnis, c.state, c.outcome, c.masked, c.done_at_ms, c.tries
    )


def _in_line(row: Any) -> SmsLine:
    its_id, at_ms, link, ani, dnis, state, outcome, masked, done_at_ms, tries = row
    return SmsLine(
        Place(at_ms, Direction.IN, its_id), link, ani, dnis, state, outcome, masked, done_at_ms=done_at_ms,
        tries=tries,
    )  # fmt: skip


def _in_condition(wanted: SmsFilter) -> list[ColumnElement[bool]] | None:
    c = _inbox.c
    kinds: dict[Sort | None, Sequence[Any]] = {
        None: (),
        Sort.UNDERSTOOD: (c.state == "done", c.outcome.not_in((*_REFUSED, *_NO_TEXT))),
        Sort.REFUSED: (c.state == "done", c.outcome.in_(_REFUSED)),
        Sort.REPEAT: (text(PUT_ASIDE), c.state == "repeat"),
        Sort.QUARANTINED: (text(PUT_ASIDE), c.state == "quarantined"),
        Sort.WAITING: (c.id.in_(_WAITING_IN),),
    }
    if wanted.direction is Direction.OUT or wanted.sort not in kinds:
        return None
    return [*kinds[wanted.sort], *_when_and_whose(wanted, c.received_at_ms, c.ani)]


def _out_query() -> Select[Any]:
    c = _outbox.c
    return select(
        c.id, c.created_at_ms, c.link, c.recipient, c.sender, c.state, c.kind, c.params, c.sent_at_ms,
        c.error, c.tries,
    )  # fmt: skip


def _out_line(row: Any) -> SmsLine:
    its_id, at_ms, link, recipient, sender, state, kind, params, sent_at_ms, error, tries = row
    told = {name: str(value) for name, value in json.loads(params).items() if name != _SECRET}
    if kind == ReplyKind.CODE_SMS:
        told = {}
    return SmsLine(
        Place(at_ms, Direction.OUT, its_id), link, recipient, sender, state, kind, None, told, sent_at_ms,
        error or "", tries,
    )  # fmt: skip


def _out_condition(wanted: SmsFilter) -> list[ColumnElement[bool]] | None:
    c = _outbox.c
    kinds: dict[Sort | None, Sequence[Any]] = {
        None: (),
        Sort.WAITING: (c.id.in_(_WAITING_OUT),),
        Sort.SENT: (c.state == "sent",),
        Sort.FAILED: (text(GIVEN_UP),),
    }
    if wanted.direction is Direction.IN or wanted.sort not in kinds:
        return None
    return [*kinds[wanted.sort], *_when_and_whose(wanted, c.created_at_ms, c.recipient)]


def _when_and_whose(wanted: SmsFilter, at_ms: Any, phone: Any) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.phones:
        conditions.append(phone.in_(wanted.phones))
    if wanted.from_ms is not None:
        conditions.append(at_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        conditions.append(at_ms < wanted.until_ms)
    return conditions


_SOURCES = (
    _Source(Direction.IN, _inbox.c.received_at_ms, _inbox.c.id, _in_query, _in_line, _in_condition),
    _Source(Direction.OUT, _outbox.c.created_at_ms, _outbox.c.id, _out_query, _out_line, _out_condition),
)
