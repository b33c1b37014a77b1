"""The history of calls: one line a call, filtered, newest first, a page or the whole of it at a time.

A page is cut by the last request id of the one before (ids sort by their time of birth), so that it costs
the same however deep it is, and new calls move nothing. An id is born a moment after `created_at_ms`:
the id narrows a range of time by its index, the instant in the row decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
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
    query = _lines(wanted)
    if after_id is not None:
        query = query.where(col(Request.id) > after_id).order_by(col(Request.id))
    else:
        if before_id is not None:
            query = query.where(col(Request.id) < before_id)
        query = query.order_by(col(Request.id).desc())
    found = session.connection().execute(query.limit(limit + 1)).all()
    more, rows = len(found) > limit, found[:limit]
    if after_id is not None:
        rows = rows[::-1]
    lines = tuple(_with_sums(session, rows))
    if not lines:
        return CallPage((), None, None)
    is_newest = before_id is None if after_id is None else not more
    is_oldest = not more if after_id is None else False
    first, last = lines[0].request_id, lines[-1].request_id
    return CallPage(lines, None if is_newest else first, None if is_oldest else last)


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
        query = _lines(wanted).order_by(col(Request.id).desc()).limit(_BATCH)
        if before_id is not None:
            query = query.where(col(Request.id) < before_id)
        with store.read() as session:
            lines = _with_sums(session, session.connection().execute(query).all())
        if lines:
            yield lines
        if len(lines) < _BATCH:
            return
        before_id = lines[-1].request_id


def _lines(wanted: CallFilter) -> _Query:
    columns = (
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
    if wanted.account_id is not None:
        return _matching(select(*columns), wanted)
    everybodys = select(*columns, col(Account.login)).join(Account, col(Account.id) == Request.account_id)
    return _matching(everybodys, wanted)


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
    dialled = select(col(Cdr.request_id)).where(_begins(col(Cdr.number), wanted.prefixes))
    if wanted.account_id is not None:
        dialled = dialled.where(col(Cdr.account_id) == wanted.account_id)
    return or_(
        _begins(col(Request.number_a), wanted.prefixes),
        _begins(col(Request.destination), wanted.prefixes),
        col(Request.id).in_(dialled),
    )


def _begins(number: Any, prefixes: Sequence[str]) -> ColumnElement[bool]:
    """As a range, which every database answers from an index."""
    return or_(*(and_(number >= prefix, number <= prefix.ljust(_LONGEST + 1, "9")) for prefix in prefixes))


def _with_sums(session: Session, rows: Sequence[Any]) -> list[CallLine]:
    """The lines of these requests, with what their call records add up to: one statement."""
    if not rows:
        return []
    records = (
        select(
            col(Cdr.request_id),
            col(Cdr.role),
            col(Cdr.number),
            col(Cdr.duration_ms),
            col(Cdr.cost_micro),
            col(Cdr.currency),
        )
        .where(col(Cdr.request_id).in_([row[0] for row in rows]))
        .order_by(col(Cdr.request_id), col(Cdr.role), col(Cdr.attempt))
    )
    of_call: dict[str, list[Any]] = {row[0]: [] for row in rows}
    for record in session.connection().execute(records).all():
        of_call[record[0]].append(record)
    return [_line(row, of_call[row[0]]) for row in rows]


def _line(row: Any, records: Sequence[Any]) -> CallLine:
    id_, account_id, created_at_ms, trigger, purpose, number_a, wanted, state, outcome, *login = row
    talked_ms = cost_micro = 0
    dialled: tuple[str, ...] = ()
    currency = ""
    for _, role, number, duration_ms, leg_cost_micro, currency in records:  # noqa: B007 - the last one counts
        cost_micro += leg_cost_micro
        if role == "B":
            talked_ms += duration_ms
            if number not in dialled:
                dialled += (number,)
    if wanted and not dialled:
        dialled = (wanted,)
    return CallLine(
        id_, account_id, login[0] if login else "", created_at_ms, trigger, purpose, number_a, dialled, state,
        outcome, talked_ms, cost_micro, currency,
    )  # fmt: skip
