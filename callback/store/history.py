"""The history of calls: one line a call, filtered, newest first, a page or the whole of it at a time.

A page is cut by the last request id of the one before (ids sort by their time of birth), so that it costs
the same however deep it is, and new calls move nothing. An id is born a moment after `created_at_ms`:
the id narrows a range of time by its index, the instant in the row decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlmodel import Session, col

from callback.core.ids import first_id_at
from callback.core.results import OUTCOMES, Result, result_of
from callback.store.db import Store
from callback.store.models import Account, Cdr, Request

_Query = Select[*tuple[Any, ...]]

PAGE = 25
_BATCH = 1000
_BIRTH_MS = 60_000  # an id is born within it after the instant of its row
_LONGEST = 15  # digits of a number (ITU-T E.164 §6)
_TALKED = func.sum(Cdr.duration_ms).filter(col(Cdr.role) == "B")
_COST = func.sum(Cdr.cost_micro)
_FEW = 1000  # calls in which a number is found are looked at one by one
_ID_OF = itemgetter(0)
_OF_CALL: tuple[Any, ...] = (
    col(Request.id),
    col(Request.account_id),
    col(Request.created_at_ms),
    col(Request.trigger),
    col(Request.purpose),
    col(Request.number_a),
    col(Request.destination),
    col(Request.state),
    col(Request.outcome),
)
_OF_RECORDS: tuple[Any, ...] = (  # lowest and highest number are the same where one was dialled
    _TALKED.label("talked_ms"),
    _COST.label("cost_micro"),
    func.max(Cdr.currency).label("currency"),
    func.min(Cdr.number).filter(col(Cdr.role) == "B").label("lowest"),
    func.max(Cdr.number).filter(col(Cdr.role) == "B").label("highest"),
)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are wanted; what is not given matches all."""

    account_id: str | None = None  # None: everybody's
    from_ms: int | None = None
    until_ms: int | None = None  # no more
    prefixes: tuple[str, ...] = ()  # "+4860" or whole numbers: either leg begins with one of them
    result: Result | None = None

    @property
    def is_open(self) -> bool:
        """Nothing was asked for: all calls match."""
        return self == CallFilter(self.account_id)


class CallLine(NamedTuple):
    """A call as a line of a list. (A tuple: an export makes a hundred thousand of them.)"""

    request_id: str
    account_id: str
    login: str  # of the account, where everybody's calls are listed, else ""
    created_at_ms: int
    trigger: str
    purpose: str
    number_a: str
    destinations: tuple[str, ...]  # as dialled, one after another; else what was wanted
    state: str
    outcome: str
    talked_ms: int = 0
    cost_micro: int = 0
    currency: str = ""  # none before anything was rung

    @property
    def result(self) -> Result:
        return result_of(self.outcome)


@dataclass(frozen=True, slots=True)
class CallPage:
    """Newest first. `newer` and `older` are the ids to continue from, None at the ends."""

    lines: tuple[CallLine, ...]
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all calls that match. More than one sum of money where accounts pay in several currencies."""

    calls: int
    talked_ms: int
    costs_micro: tuple[tuple[str, int], ...]  # currency, sum


def page(
    session: Session,
    wanted: CallFilter,
    *,
    before_id: str | None = None,
    after_id: str | None = None,
    limit: int = PAGE,
) -> CallPage:
    """The newest matching calls, or those older than `before_id`, or those just newer than `after_id`."""
    few = _with_number(session, wanted)
    if few is None:
        query = _matching(select(col(Request.id)), wanted)
    else:
        query = _matching(select(col(Request.id)), replace(wanted, prefixes=())).where(
            col(Request.id).in_(few)
        )
    if after_id is not None:
        query = query.where(col(Request.id) > after_id).order_by(col(Request.id))
    else:
        if before_id is not None:
            query = query.where(col(Request.id) < before_id)
        query = query.order_by(col(Request.id).desc())
    found = _lines(session, query.limit(limit + 1))
    more = len(found) > limit
    if more:  # the one that only shows that there are more
        found.pop(-1 if after_id is None else 0)
    if not found:
        return CallPage((), None, None)
    is_newest = before_id is None if after_id is None else not more
    is_oldest = not more if after_id is None else False
    first, last = found[0].request_id, found[-1].request_id
    return CallPage(tuple(found), None if is_newest else first, None if is_oldest else last)


def totals_of(found: CallPage) -> Totals | None:
    """The totals, if all calls that match stand on this page."""
    if found.newer is not None or found.older is not None:
        return None
    costs: dict[str, int] = {}
    for line in found.lines:
        if line.currency:
            costs[line.currency] = costs.get(line.currency, 0) + line.cost_micro
    talked_ms = sum(line.talked_ms for line in found.lines)
    return Totals(len(found.lines), talked_ms, tuple(sorted(costs.items())))


def totals(session: Session, wanted: CallFilter) -> Totals:
    """How many calls match, how long was talked in them, and what they cost: of an account by index alone."""
    calls = _matching(select(col(Request.id)), wanted).cte("matching")
    counted = select(func.count()).select_from(calls).scalar_subquery()
    if wanted.account_id is None:
        sums = select(counted, col(Cdr.currency), _TALKED, _COST).group_by(col(Cdr.currency))
    else:  # which pays in one currency: to sort its records by it would take longer than to read them
        sums = select(counted, func.max(Cdr.currency), _TALKED, _COST)
        sums = sums.where(col(Cdr.account_id) == wanted.account_id)
    if not wanted.is_open:
        sums = sums.where(col(Cdr.request_id).in_(select(calls.c.id)))
    rows = session.connection().execute(sums).all()
    if not rows:  # nothing was ever rung for any of them
        return Totals(session.connection().execute(select(counted)).scalar_one(), 0, ())
    costs = tuple(sorted((currency, cost) for _, currency, _, cost in rows if currency is not None))
    return Totals(rows[0][0], sum(row[2] or 0 for row in rows), costs)


def batches(store: Store, wanted: CallFilter) -> Iterator[list[CallLine]]:
    """All matching calls, newest first, for exports: constant memory, whatever their number.

    Each batch is a read of its own, over before its lines are given away: however slowly they are taken, no
    old snapshot keeps SQLite's WAL from being checkpointed. A call begun meanwhile is not among them.
    """
    before_id: str | None = None
    while True:
        query = _matching(select(col(Request.id)), wanted).order_by(col(Request.id).desc()).limit(_BATCH)
        if before_id is not None:
            query = query.where(col(Request.id) < before_id)
        with store.read() as session:
            lines = _lines(session, query)
        if lines:
            yield lines
        if len(lines) < _BATCH:
            return
        before_id = lines[-1].request_id


def _matching(query: _Query, wanted: CallFilter) -> _Query:
    query = query.select_from(Request)
    if wanted.account_id is not None:
        query = query.where(col(Request.account_id) == wanted.account_id)
    if wanted.from_ms is not None:
        query = query.where(
            col(Request.id) >= first_id_at(wanted.from_ms), col(Request.created_at_ms) >= wanted.from_ms
        )
    if wanted.until_ms is not None:
        query = query.where(
            col(Request.id) < first_id_at(wanted.until_ms + _BIRTH_MS),
            col(Request.created_at_ms) < wanted.until_ms,
        )
    if wanted.prefixes:
        query = query.where(_has_number(wanted))
    if wanted.result is Result.FAILED:
        others = [outcome for outcomes in OUTCOMES.values() for outcome in outcomes]
        query = query.where(col(Request.outcome).not_in(others))
    elif wanted.result is not None:
        query = query.where(col(Request.outcome).in_(OUTCOMES[wanted.result]))
    return query


def _has_number(wanted: CallFilter) -> ColumnElement[bool]:
    """Of an account by its indexes; of everybody's calls one by one, where `_with_number` found too many."""
    if wanted.account_id is None:
        begins, its = _begins_as_text, col(Cdr.request_id) == Request.id
    else:
        begins, its = _begins, col(Cdr.account_id) == wanted.account_id
    dialled = select(col(Cdr.request_id)).where(its, begins(col(Cdr.number), wanted.prefixes))
    return or_(
        begins(col(Request.number_a), wanted.prefixes),
        begins(col(Request.destination), wanted.prefixes),
        dialled.correlate(Request).exists() if wanted.account_id is None else col(Request.id).in_(dialled),
    )


def _with_number(session: Session, wanted: CallFilter) -> set[str] | None:
    """Of everybody's calls those with such a number, if they are few.

    They are looked up by index then. Where there are many, reading from the newest on soon finds enough of
    them; of an account's calls the index holds the numbers.
    """
    if wanted.account_id is not None or not wanted.prefixes:
        return None
    places = (
        (col(Request.id), col(Request.number_a)),
        (col(Request.id), col(Request.destination)),
        (col(Cdr.request_id), col(Cdr.number)),
    )
    found = [
        select(id_).where(_begins(number, (prefix,))) for id_, number in places for prefix in wanted.prefixes
    ]
    ids = session.connection().execute(union_all(*found).limit(_FEW + 1)).scalars().all()
    return set(ids) if len(ids) <= _FEW else None


def _begins(number: Any, prefixes: Sequence[str]) -> ColumnElement[bool]:
    """As a range, which every database answers from an index."""
    return or_(*(and_(number >= prefix, number <= prefix.ljust(_LONGEST + 1, "9")) for prefix in prefixes))


def _begins_as_text(number: Any, prefixes: Sequence[str]) -> ColumnElement[bool]:
    """The same past every index, by which a planner would find all of very many, and sort them."""
    return or_(*(func.substr(number, 1, len(prefix)) == prefix for prefix in prefixes))


def _lines(session: Session, ids: _Query) -> list[CallLine]:
    """The calls of these ids, newest first, with what their records add up to: one row each."""
    lines = (
        select(*_OF_CALL, col(Account.login), *_OF_RECORDS)
        .select_from(Request)
        .join(Account, col(Account.id) == Request.account_id)
        .outerjoin(Cdr, col(Cdr.request_id) == Request.id)
        .where(col(Request.id).in_(ids))
        .group_by(col(Request.id), col(Account.id))
    )
    rows = sorted(session.connection().execute(lines).all(), key=_ID_OF, reverse=True)
    several = _dialled(session, [row[0] for row in rows if row[-2] != row[-1]])
    return [_line(row, several) for row in rows]


def _line(row: Any, several: Mapping[str, tuple[str, ...]]) -> CallLine:
    (
        id_, account_id, created_at_ms, trigger, purpose, number_a, wanted, state, outcome, login,
        talked_ms, cost_micro, currency, lowest, highest,
    ) = row  # fmt: skip
    if lowest != highest:
        dialled = several[id_]
    elif lowest is not None:
        dialled = (lowest,)
    else:
        dialled = (wanted,) if wanted else ()
    return CallLine(
        id_, account_id, login, created_at_ms, trigger, purpose, number_a, dialled, state, outcome,
        talked_ms or 0, cost_micro or 0, currency or "",
    )  # fmt: skip


def _dialled(session: Session, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The numbers of calls in which more than one was dialled, one after another."""
    if not ids:
        return {}
    records = (
        select(col(Cdr.request_id), col(Cdr.number))
        .where(col(Cdr.request_id).in_(ids), col(Cdr.role) == "B")
        .order_by(col(Cdr.request_id), col(Cdr.attempt))
    )
    numbers: dict[str, dict[str, None]] = {id_: {} for id_ in ids}
    for id_, number in session.connection().execute(records):
        numbers[id_][number] = None
    return {id_: tuple(dialled) for id_, dialled in numbers.items()}
