"""Callback clients as an operator sees them: found by login or number, with money, phones and last call.

Lists are cut by login, so that a page costs the same however many clients there are. What changes a client
here is a conditional UPDATE; whoever shows it writes the audit row in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, text, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from callback.core.session_value import Outcome
from callback.store import ledger, requests, web_sessions
from callback.store.models import PAYMENT, Account, LedgerAccount, Number, Request, Transfer
from callback.store.rows import changed, every, first

PAGE = 25
_OWNERS_MOST = 200  # of numbers that begin with what was typed
_LAST = "\U0010ffff"  # sorts after every character
_LONGEST = 15  # digits of a number (ITU-T E.164 §6)

_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client as a line of a list."""

    id: str
    login: str
    state: str
    country: str
    created_at_ms: int
    balance_micro: int
    held_micro: int
    currency: str
    numbers: int  # verified ones
    last_call_at_ms: int | None


@dataclass(frozen=True, slots=True)
class ClientPage:
    """In order of login. `earlier` and `later` are the logins to continue from, None at the ends."""

    lines: tuple[ClientLine, ...]
    earlier: str | None
    later: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was searched for: the beginning of a login, or of a number of theirs. Empty: everybody."""

    login: str = ""
    numbers: tuple[str, ...] = ()  # "+4860" or whole numbers
    state: str = ""  # active | blocked; "" for both


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came or went otherwise than by calls. `amount_micro` is negative when it was taken."""

    key: str
    kind: str  # topup | adjust
    amount_micro: int
    currency: str
    reason: str
    author: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """What blocking ended at once, and what it left to be hung up."""

    cancelled: tuple[str, ...]  # request ids of callbacks nobody had begun
    running: tuple[str, ...]


def page(
    session: Session,
    wanted: Wanted,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> ClientPage:
    """The first clients that match, those after a login, or those just before one. Two statements."""
    query = _lines(_matching(session, wanted))
    if before is not None:
        query = query.where(col(Account.login) < before).order_by(col(Account.login).desc())
    else:
        query = query.where(col(Account.login) > (after or "")).order_by(col(Account.login))
    found = session.connection().execute(query.limit(limit + 1)).all()
    more, rows = len(found) > limit, found[:limit]
    if before is not None:
        rows = rows[::-1]
    lines = tuple(ClientLine(*row) for row in rows)
    if not lines:
        return ClientPage((), None, None)
    at_start = after is None if before is None else not more
    at_end = not more if before is None else False
    return ClientPage(lines, None if at_start else lines[0].login, None if at_end else lines[-1].login)


def count_states(session: Session) -> dict[str, int]:
    """How many clients there are, by state."""
    counted = columns(col(Account.state), func.count()).group_by(col(Account.state))
    return {row[0]: row[1] for row in session.connection().execute(counted)}


def find_client(session: Session, account_id: str) -> Account | None:
    """The account by its id, as typed into an address: None if there is none."""
    return first(session, select(Account).where(Account.id == account_id))


def payments_of(session: Session, account_id: str, limit: int = 50) -> list[Payment]:
    """The newest payments and corrections of a client."""
    wallet = ledger.wallet_id(account_id)
    paid = [_payment(row, 1) for row in every(session, _payments(Transfer.credit_id == wallet, limit))]
    paid += [_payment(row, -1) for row in every(session, _payments(Transfer.debit_id == wallet, limit))]
    return sorted(paid, key=lambda payment: (payment.at_ms, payment.key), reverse=True)[:limit]


def running_calls(session: Session, account_id: str) -> list[Request]:
    """Callbacks of a client that some dialer has in hand."""
    running = select(Request).where(Request.account_id == account_id, Request.state == "running")
    return every(session, running.order_by(col(Request.id)))


def cancel_queued_of(
    session: Session, account_id: str, now_ms: int, number: str | None = None
) -> tuple[str, ...]:
    """End the callbacks nobody has begun, of one phone or of all, and give back what they hold; which."""
    waiting = select(Request).where(Request.account_id == account_id, Request.state == "queued")
    if number is not None:
        waiting = waiting.where(Request.number_a == number)
    ended = []
    for request in every(session, waiting):
        if requests.cancel_queued(session, request.id, "cancelled", Outcome.CANCELLED, now_ms):
            ledger.release(session, request.id, now_ms)
            ended.append(request.id)
    return tuple(ended)


def block(session: Session, account_id: str, now_ms: int) -> Blocked | None:
    """Let nobody in by this account; None if it was blocked already (or is none).

    Whoever is signed in is out, and callbacks that wait are cancelled. Calls under way go on: hanging up is
    a wish of its own.
    """
    if not _become(session, account_id, "active", "blocked"):
        return None
    web_sessions.revoke_all(session, account_id)
    cancelled = cancel_queued_of(session, account_id, now_ms)
    return Blocked(cancelled, tuple(request.id for request in running_calls(session, account_id)))


def unblock(session: Session, account_id: str) -> bool:
    """Let them in again; False if it was not blocked."""
    return _become(session, account_id, "blocked", "active")


def _become(session: Session, account_id: str, before: str, after: str) -> bool:
    change = update(Account).where(col(Account.id) == account_id, col(Account.state) == before)
    return changed(session, change.values(state=after)) == 1


def _lines(matching: Sequence[ColumnElement[bool]]) -> _Query:
    # an alias each: the wallet is what they have, the other what their calls have set aside
    wallet, held = (LedgerAccount.__table__.alias(name) for name in ("wallet", "held"))  # type: ignore[attr-defined]  # SQLModel does not declare what it makes
    phones = columns(func.count()).where(
        col(Number.account_id) == col(Account.id), col(Number.state) == "verified"
    )
    last_call = (
        columns(col(Request.created_at_ms))
        .where(col(Request.account_id) == col(Account.id))
        .order_by(col(Request.id).desc())
        .limit(1)
    )
    return (
        columns(
            col(Account.id), col(Account.login), col(Account.state), col(Account.country),
            col(Account.created_at_ms), wallet.c.balance_micro, held.c.balance_micro, wallet.c.currency,
            phones.scalar_subquery(), last_call.scalar_subquery(),
        )
        .join(wallet, wallet.c.id == literal("wallet:") + col(Account.id))
        .join(held, held.c.id == literal("held:") + col(Account.id))
        .where(*matching)
    )  # fmt: skip


def _matching(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(col(Account.state) == wanted.state)
    found: list[ColumnElement[bool]] = []
    if wanted.login:
        found.append(_begins(col(Account.login), wanted.login, wanted.login + _LAST))
    if wanted.numbers:
        theirs = or_(
            *(_begins(col(Number.e164), digits, digits.ljust(_LONGEST + 1, "9")) for digits in wanted.numbers)
        )
        owners = columns(col(Number.account_id)).where(theirs).distinct().limit(_OWNERS_MOST)
        found.append(col(Account.id).in_(list(session.connection().execute(owners).scalars())))
    return [*conditions, or_(*found)] if found else conditions


def _begins(column: Any, start: str, end: str) -> ColumnElement[bool]:
    """As a range, which every database answers from an index; the rest for those that sort as people do."""
    return and_(column >= start, column <= end, func.substr(column, 1, len(start)) == start)


def _payments(whose: ColumnElement[bool] | bool, limit: int) -> SelectOfScalar[Transfer]:
    return select(Transfer).where(whose, text(PAYMENT)).order_by(col(Transfer.at_ms).desc()).limit(limit)


def _payment(row: Transfer, sign: int) -> Payment:
    return Payment(
        row.key, row.kind, sign * row.amount_micro, row.currency, row.reason, row.author, row.at_ms
    )
