"""The money: double entry, set aside before it is spent, spent at most once.

Every movement is one `transfer` row with a key, from one ledger account to another, never changed after.
A call holds money in quanta, settles each answered leg out of what it holds, and releases the rest::

    topup:EUR ──topup──► wallet:<account> ──hold──► held:<account> ──settle──► revenue:EUR
                               ▲                          │
                               └────────── release ───────┘

The balance moves by one UPDATE that carries its own floor, so two calls can never spend one cent twice.
All functions work in the caller's transaction; none commits.
"""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from callback.store.models import Hold, LedgerAccount, Transfer
from callback.store.rows import changed, first, insert_once


class BelowFloor(Exception):  # never leaves this module's callers: they answer False
    """The debit account has not enough; nothing of the transfer was stored."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What an account has. `available_micro` is what calls may still set aside."""

    balance_micro: int
    held_micro: int
    credit_limit_micro: int
    currency: str

    @property
    def available_micro(self) -> int:
        return self.balance_micro + self.credit_limit_micro


def wallet_id(account_id: str) -> str:
    return f"wallet:{account_id}"


def held_id(account_id: str) -> str:
    return f"held:{account_id}"


def open_wallet(session: Session, account_id: str, currency: str, credit_limit_micro: int = 0) -> None:
    """The ledger accounts of a new callback account, empty, and ours of its currency; harmless to repeat."""
    assert credit_limit_micro >= 0
    floors = {wallet_id(account_id): -credit_limit_micro, held_id(account_id): 0}
    for ledger_id, floor_micro in floors.items():
        insert_once(session, LedgerAccount(id=ledger_id, currency=currency, floor_micro=floor_micro))
    for ours in ("topup", "revenue", "adjust"):
        insert_once(session, LedgerAccount(id=f"{ours}:{currency}", currency=currency))


def get_wallet(session: Session, account_id: str) -> Wallet:
    """Balance, holds and limit of an account that exists."""
    wallet, held = _ledger(session, wallet_id(account_id)), _ledger(session, held_id(account_id))
    limit_micro = -(wallet.floor_micro or 0)
    return Wallet(wallet.balance_micro, held.balance_micro, limit_micro, wallet.currency)


def available_micro(session: Session, account_id: str) -> int:
    """What calls may still set aside: balance down to the credit limit, without what is held already."""
    return get_wallet(session, account_id).available_micro


def post(
    session: Session,
    key: str,
    kind: str,
    debit_id: str,
    credit_id: str,
    amount_micro: int,
    *,
    currency: str,
    at_ms: int,
    request_id: str | None = None,
    leg_id: str | None = None,
    reason: str = "",
    author: str = "",
) -> bool:
    """Move money once; False if this key has moved it before. Raises BelowFloor, and then nothing moved."""
    assert amount_micro >= 0 and debit_id != credit_id, "money moves forward; swap the accounts"
    transfer = Transfer(
        key=key,
        kind=kind,
        debit_id=debit_id,
        credit_id=credit_id,
        amount_micro=amount_micro,
        currency=currency,
        request_id=request_id,
        leg_id=leg_id,
        reason=reason,
        author=author,
        at_ms=at_ms,
    )
    with session.begin_nested():  # a refused debit takes its transfer row with it
        return _post(session, transfer)


def top_up(
    session: Session,
    key: str,
    account_id: str,
    amount_micro: int,
    *,
    author: str,
    at_ms: int,
    reason: str = "",
) -> bool:
    """Add money to a wallet under the key "topup:<key>"; False if that was done before."""
    assert amount_micro > 0
    currency = _ledger(session, wallet_id(account_id)).currency
    return post(
        session, f"topup:{key}", "topup", f"topup:{currency}", wallet_id(account_id), amount_micro,
        currency=currency, at_ms=at_ms, reason=reason, author=author,
    )  # fmt: skip


def open_hold(session: Session, request_id: str, account_id: str, amount_micro: int, at_ms: int) -> bool:
    """Set aside the first quantum of a request; False if the balance is too low. Harmless to repeat."""
    try:
        with session.begin_nested():
            hold = Hold(request_id=request_id, account_id=account_id, held_micro=amount_micro)
            if insert_once(session, hold):
                _set_aside(session, hold, amount_micro, at_ms)
    except BelowFloor:
        return False
    return True


def grow_hold(session: Session, request_id: str, amount_micro: int, at_ms: int) -> bool:
    """Set aside the next quantum; False, and nothing changed, if the balance is too low or it is closed."""
    grow = (
        update(Hold)
        .where(col(Hold.request_id) == request_id, col(Hold.state) == "open")
        .values(held_micro=Hold.held_micro + amount_micro, quanta=Hold.quanta + 1)
    )
    try:
        with session.begin_nested():
            if changed(session, grow) == 0:
                return False
            _set_aside(session, _hold(session, request_id), amount_micro, at_ms)
    except BelowFloor:
        return False
    return True


def settle_leg(session: Session, request_id: str, leg_id: str, cost_micro: int, at_ms: int) -> int:
    """Pay for an answered leg out of the hold, once; micro-units charged, never more than is held.

    The CDR's cost is what this returns. A repeat returns what was charged the first time.
    """
    key = f"settle:{leg_id}"
    before = first(session, select(Transfer).where(Transfer.key == key))
    if before is not None:
        return before.amount_micro
    hold = _hold(session, request_id)
    charged_micro = min(cost_micro, hold.held_micro - hold.settled_micro)
    settle = (
        update(Hold)
        .where(col(Hold.request_id) == request_id, col(Hold.state) == "open")
        .where(col(Hold.settled_micro) + charged_micro <= col(Hold.held_micro))
        .values(settled_micro=Hold.settled_micro + charged_micro)
    )
    assert changed(session, settle) == 1, "a leg is settled while its hold is open"
    currency = _ledger(session, held_id(hold.account_id)).currency
    transfer = Transfer(
        key=key, kind="settle", debit_id=held_id(hold.account_id), credit_id=f"revenue:{currency}",
        amount_micro=charged_micro, currency=currency, at_ms=at_ms, request_id=request_id, leg_id=leg_id,
        reason="" if charged_micro == cost_micro else f"cost {cost_micro}, of which the hold had less",
    )  # fmt: skip
    _post(session, transfer)
    return charged_micro


def release(session: Session, request_id: str, at_ms: int) -> int:
    """Give back what a hold did not spend and close it, exactly once; micro-units given back, 0 if closed."""
    close = (
        update(Hold)
        .where(col(Hold.request_id) == request_id, col(Hold.state) == "open")
        .values(state="closed")
    )
    if changed(session, close) == 0:
        return 0
    hold = _hold(session, request_id)
    rest_micro = hold.held_micro - hold.settled_micro
    if rest_micro:
        wallet = _ledger(session, wallet_id(hold.account_id))
        transfer = Transfer(
            key=f"release:{request_id}", kind="release",
            debit_id=held_id(hold.account_id), credit_id=wallet.id,
            amount_micro=rest_micro, currency=wallet.currency, at_ms=at_ms, request_id=request_id,
        )  # fmt: skip
        _post(session, transfer)
    return rest_micro


def _set_aside(session: Session, hold: Hold, amount_micro: int, at_ms: int) -> None:
    if amount_micro == 0:
        return  # a free call has a hold, to be closed like any other, and no transfer
    wallet, key = _ledger(session, wallet_id(hold.account_id)), f"hold:{hold.request_id}:{hold.quanta}"
    transfer = Transfer(
        key=key, kind="hold", debit_id=wallet.id, credit_id=held_id(hold.account_id),
        amount_micro=amount_micro, currency=wallet.currency, at_ms=at_ms, request_id=hold.request_id,
    )  # fmt: skip
    assert _post(session, transfer), f"{key} was set aside before"


def _post(session: Session, transfer: Transfer) -> bool:
    if not insert_once(session, transfer):
        return False
    moves = {transfer.debit_id: -transfer.amount_micro, transfer.credit_id: transfer.amount_micro}
    for ledger_id in sorted(moves):  # everybody locks in this order, so nobody waits in a ring (PostgreSQL)
        _move(session, ledger_id, moves[ledger_id], transfer.currency)
    return True


def _move(session: Session, ledger_id: str, amount_micro: int, currency: str) -> None:
    account = LedgerAccount
    move = (
        update(account)
        .where(col(account.id) == ledger_id, col(account.currency) == currency)
        .values(balance_micro=account.balance_micro + amount_micro)
    )
    if amount_micro < 0:
        no_floor = col(account.floor_micro).is_(None)
        move = move.where(no_floor | (col(account.balance_micro) + amount_micro >= account.floor_micro))
    if changed(session, move) == 0:
        there = first(session, select(account).where(account.id == ledger_id))
        assert there is not None and there.currency == currency, (
            f"no ledger account {ledger_id} in {currency}"
        )
        raise BelowFloor(ledger_id)


def _hold(session: Session, request_id: str) -> Hold:
    hold = first(session, select(Hold).where(Hold.request_id == request_id))
    assert hold is not None, f"request {request_id} holds nothing"
    return hold


def _ledger(session: Session, ledger_id: str) -> LedgerAccount:
    account = first(session, select(LedgerAccount).where(LedgerAccount.id == ledger_id))
    assert account is not None, f"no ledger account {ledger_id}"
    return account
