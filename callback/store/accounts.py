"""Accounts and their numbers: who may ask for a callback, and which phones may be rung.

A number is rung only when it is verified, and then it belongs to one account. The proof is either the SMS
itself, when a carrier vouches for its sender, or a 6-digit code sent to the number and sent back from it::

    register_pending ──code by SMS──► confirm_code ─┐
                                                    ├─► verified: taken from whoever had it before
    verify_directly (trusted sender) ───────────────┘

Only a keyed hash of a code is stored; the key is outside the database. Codes are capped per number, account,
source and block of numbers, because somebody earns on every SMS we can be made to send.
"""

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Update, bindparam, delete, func, update
from sqlmodel import Session, col, select

from callback.core.outcomes import Reason, Refused
from callback.store.ledger import open_wallet
from callback.store.models import Account, CodeSent, Number
from callback.store.rows import changed, every, first, insert_once

CODE_TRIES = 5
CODE_LIFE_MS = 15 * 60_000
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_CODES_PER_NUMBER_A_DAY = 3
_CODES_PER_ACCOUNT_A_DAY = 5
_CODES_PER_SOURCE_AN_HOUR = 20
_CODES_PER_BLOCK_AN_HOUR = 30  # whoever pumps SMS owns neighbouring numbers
_BLOCK_DIGITS = 3  # a block has a thousand numbers

_BY_LOGIN = select(Account).where(Account.login == bindparam("login"))
_BY_ID = select(Account).where(Account.id == bindparam("its_id"))
_OF_ACCOUNT = select(Number).where(Number.account_id == bindparam("account_id"))
_NUMBER = _OF_ACCOUNT.where(Number.e164 == bindparam("e164"))
_DEFAULT = _OF_ACCOUNT.where(Number.state == "verified", col(Number.is_default)).limit(1)


@dataclass(frozen=True, slots=True)
class Pending:
    """A number that waits for its code: the code is to be sent to it."""

    number_id: str
    number: str
    codes_sent: int  # for this account within a day, this one included: keys the outbox row


@dataclass(frozen=True, slots=True)
class Verified:
    """A number that may be rung from now on."""

    account: Account
    number: str
    taken_from: Account | None  # the account that had it until now, to be told


def add_account(session: Session, account: Account, credit_limit_micro: int = 0) -> bool:
    """Store a new account with an empty wallet; False if its login is taken."""
    account.login = account.login.lower()
    if not insert_once(session, account):
        return False
    open_wallet(session, account.id, account.currency, credit_limit_micro)
    return True


def find_account(session: Session, login: str) -> Account | None:
    return first(session, _BY_LOGIN, login=login.lower())


def get_account(session: Session, account_id: str) -> Account:
    account = first(session, _BY_ID, its_id=account_id)
    assert account is not None, f"no account {account_id}"
    return account


def list_accounts(session: Session, limit: int = 100, after_login: str = "") -> list[Account]:
    """Accounts in order of login; `after_login` continues where a page ended."""
    query = select(Account).where(Account.login > after_login)
    return every(session, query.order_by(col(Account.login)).limit(limit))


def set_password(session: Session, account_id: str, password_hash: str) -> bool:
    """Replace the password; every remembered success with the old one ends. False if there is no account."""
    replace = update(Account).where(col(Account.id) == account_id)
    values = {"password_hash": password_hash, "credential_version": Account.credential_version + 1}
    return changed(session, replace.values(**values)) == 1


def find_account_of_number(session: Session, number: str) -> Account | None:
    """Whose verified number this is."""
    owner = select(Number).where(Number.e164 == number, Number.state == "verified")
    found = first(session, owner)
    return None if found is None else get_account(session, found.account_id)


# --- numbers


def numbers_of(session: Session, account_id: str) -> list[Number]:
    """An account's numbers, verified and pending, the oldest first."""
    oldest_first = _OF_ACCOUNT.order_by(col(Number.created_at_ms), col(Number.id))
    return every(session, oldest_first, account_id=account_id)


def find_number(session: Session, account_id: str, number: str) -> Number | None:
    return first(session, _NUMBER, account_id=account_id, e164=number)


def default_number(session: Session, account_id: str) -> str | None:
    """The verified number that rings when none is named."""
    found = first(session, _DEFAULT, account_id=account_id)
    return None if found is None else found.e164


def set_default(session: Session, account_id: str, number: str) -> bool:
    """Make a verified number the default; False if the account has no such number."""
    found = find_number(session, account_id, number)
    if found is None or found.state != "verified":
        return False
    ours = update(Number).where(col(Number.account_id) == account_id)
    changed(session, ours.values(is_default=col(Number.id) == found.id))
    return True


def awaits_code(session: Session, account_id: str, number: str, now_ms: int) -> bool:
    """Whether a code for this number is still of use."""
    found = find_number(session, account_id, number)
    return found is not None and found.state == "pending" and (found.code_expires_at_ms or 0) > now_ms


def register_pending(
    session: Session, account_id: str, number: str, *, number_id: str, code: str, key: bytes, source: str,
    now_ms: int,
) -> Pending | Refused:  # fmt: skip
    """Let a number wait for its code, replacing an earlier code; refused when a cap on codes is reached.

    `code` is six random digits, `key` hashes it, `source` is the sender or address that asked. A number the
    account has verified before stays as it is: ask `find_number` first.
    """
    a_day_ago, an_hour_ago = now_ms - _DAY_MS, now_ms - _HOUR_MS
    block = number[:-_BLOCK_DIGITS]
    neighbours = col(CodeSent.e164).between(block + "0" * _BLOCK_DIGITS, block + "9" * _BLOCK_DIGITS)
    mine = _codes(session, CodeSent.account_id == account_id, a_day_ago)
    if (
        _codes(session, CodeSent.e164 == number, a_day_ago) >= _CODES_PER_NUMBER_A_DAY
        or mine >= _CODES_PER_ACCOUNT_A_DAY
        or _codes(session, CodeSent.source == source, an_hour_ago) >= _CODES_PER_SOURCE_AN_HOUR
        or _codes(session, neighbours, an_hour_ago) >= _CODES_PER_BLOCK_AN_HOUR
    ):
        return Refused(Reason.TOO_MANY_CODES, {"number": number})
    insert_once(session, CodeSent(account_id=account_id, e164=number, source=source, at_ms=now_ms))
    insert_once(session, Number(id=number_id, account_id=account_id, e164=number, created_at_ms=now_ms))
    found = find_number(session, account_id, number)
    assert found is not None
    wait = update(Number).where(col(Number.id) == found.id, col(Number.state) == "pending")
    wait = wait.values(
        code_hash=_code_hash(key, found.id, code),
        code_tries_left=CODE_TRIES,
        code_expires_at_ms=now_ms + CODE_LIFE_MS,
    )
    assert changed(session, wait) == 1, "a verified number needs no code"
    return Pending(found.id, number, mine + 1)


def confirm_code(
    session: Session, number: str, code: str, *, key: bytes, now_ms: int, account_id: str | None = None
) -> Verified | Refused:
    """Verify the number a code was sent to, by the code sent back from it; five tries, 15 minutes.

    `number` is the sender of the SMS. Several accounts may wait for one number: the code says which one.
    A web page that shows the account passes `account_id`. Safe to repeat: with nobody waiting any more, a
    number that is verified stays so, whatever the code.
    """
    waiting = select(Number).where(Number.e164 == number, Number.state == "pending")
    if account_id is not None:
        waiting = waiting.where(Number.account_id == account_id)
    candidates = every(session, waiting.order_by(col(Number.code_expires_at_ms).desc()))
    if not candidates:
        owner = find_account_of_number(session, number)
        if owner is not None and account_id in {None, owner.id}:
            return Verified(owner, number, None)
    tried = False
    for candidate in candidates:
        if changed(session, _take_try(candidate.id, now_ms)) == 0:
            continue
        tried = True
        if hmac.compare_digest(candidate.code_hash or "", _code_hash(key, candidate.id, code)):
            return _verify(session, candidate, now_ms)
    return Refused(Reason.WRONG_CODE if tried else Reason.CODE_EXPIRED, {"number": number})


def verify_directly(
    session: Session, account_id: str, number: str, *, number_id: str, now_ms: int
) -> Verified:
    """Verify a number without a code, because a trusted carrier says that the SMS came from it."""
    insert_once(session, Number(id=number_id, account_id=account_id, e164=number, created_at_ms=now_ms))
    found = find_number(session, account_id, number)
    assert found is not None
    return _verify(session, found, now_ms)


def remove_number(session: Session, account_id: str, number: str) -> bool:
    """Forget a number; another verified one becomes the default. False if the account has no such number."""
    gone = delete(Number).where(col(Number.account_id) == account_id, col(Number.e164) == number)
    if changed(session, gone) == 0:
        return False
    _keep_a_default(session, account_id)
    return True


def _verify(session: Session, number: Number, now_ms: int) -> Verified:
    previous = find_account_of_number(session, number.e164)
    taken_from = None if previous is None or previous.id == number.account_id else previous
    if taken_from is not None:
        remove_number(session, taken_from.id, number.e164)
    verify = update(Number).where(col(Number.id) == number.id, col(Number.state) == "pending")
    values = {"code_hash": None, "code_tries_left": 0, "code_expires_at_ms": None}
    changed(session, verify.values(state="verified", verified_at_ms=now_ms, **values))
    _keep_a_default(session, number.account_id)
    return Verified(get_account(session, number.account_id), number.e164, taken_from)


def _keep_a_default(session: Session, account_id: str) -> None:
    if default_number(session, account_id) is not None:
        return
    for number in numbers_of(session, account_id):
        if set_default(session, account_id, number.e164):
            return


def _take_try(number_id: str, now_ms: int) -> Update:
    alive = update(Number).where(
        col(Number.id) == number_id, col(Number.code_tries_left) > 0, col(Number.code_expires_at_ms) > now_ms
    )
    return alive.values(code_tries_left=Number.code_tries_left - 1)


def _codes(session: Session, about: ColumnElement[bool] | bool, since_ms: int) -> int:
    return session.exec(select(func.count()).where(about, CodeSent.at_ms > since_ms)).one()


def _code_hash(key: bytes, number_id: str, code: str) -> str:
    return hmac.new(key, f"number-code|{number_id}|{code}".encode(), hashlib.sha256).hexdigest()
