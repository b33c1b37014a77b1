"""Making callback clients: what a login and a password must be like, and all of a new client at once.

The command line and the operator's page come here. What an SMS could not carry is refused at the door,
because an SMS is how most clients sign in; whoever makes a client vouches for its phones. Hashing a password
takes 30 ms of a core, so callers do it before their transaction.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from callback.core.texted import as_texted, can_be_texted
from callback.store import accounts, ledger
from callback.store.models import Account

LOGIN_MOST = 40
PASSWORD_LEAST = 6
PASSWORD_MOST = 64
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # 31 symbols, none like another: 59 bits in twelve
_GENERATED_CHARS = 12


class Fault(StrEnum):
    """Why a client is not made."""

    LOGIN_UNFIT = "login-unfit"  # a space, comma or leading quotation mark; nothing; signs nobody sees
    LOGIN_LONG = "login-long"
    LOGIN_TAKEN = "login-taken"
    PASSWORD_SHORT = "password-short"  # noqa: S105 - the name of a fault
    PASSWORD_LONG = "password-long"  # noqa: S105
    PASSWORD_UNFIT = "password-unfit"  # noqa: S105
    NUMBER_TAKEN = "number-taken"  # `detail` is whose it is


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is wrong, and with what: a value for whoever asked, never an exception."""

    fault: Fault
    what: str = ""  # the number
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NewClient:
    """All that is known of a client to be made; login and numbers went through the readers here."""

    id: str
    login: str
    password_hash: str
    country: str
    currency: str
    locale: str
    time_zone: str
    numbers: tuple[str, ...] = ()  # E.164, vouched for
    credit_micro: int = 0
    reason: str = "first credit"


def read_login(text: str) -> str | Unfit:
    """The login as an SMS gives it: every script's digits are the same digits, case does not count."""
    login = as_texted(text.strip()).lower()
    if not can_be_texted(login) or not login.isprintable():
        return Unfit(Fault.LOGIN_UNFIT)
    return Unfit(Fault.LOGIN_LONG) if len(login) > LOGIN_MOST else login


def read_password(text: str) -> str | Unfit:
    """The password as an SMS gives it."""
    password = as_texted(text)
    if len(password) < PASSWORD_LEAST or any(map(str.isspace, password)):
        return Unfit(Fault.PASSWORD_SHORT)
    if len(password) > PASSWORD_MOST:
        return Unfit(Fault.PASSWORD_LONG)
    if not can_be_texted(password) or not password.isprintable():
        return Unfit(Fault.PASSWORD_UNFIT)
    return password


def generate_password() -> str:
    """Twelve letters and digits of which none looks like another."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GENERATED_CHARS))


def make_client(
    session: Session, new: NewClient, *, author: str, now_ms: int, new_id: Callable[[], str]
) -> Account | Unfit:
    """Account, phones and first credit in the caller's transaction; refused, nothing of it is stored."""
    for number in new.numbers:
        owner = accounts.find_account_of_number(session, number)
        if owner is not None:
            return Unfit(Fault.NUMBER_TAKEN, number, owner.login)
    account = Account(
        id=new.id,
        login=new.login,
        password_hash=new.password_hash,
        country=new.country,
        currency=new.currency,
        locale=new.locale,
        time_zone=new.time_zone,
        created_at_ms=now_ms,
    )
    if not accounts.add_account(session, account):
        return Unfit(Fault.LOGIN_TAKEN)
    for number in new.numbers:
        accounts.verify_directly(session, account.id, number, number_id=new_id(), now_ms=now_ms)
    if new.credit_micro:
        ledger.top_up(
            session, new_id(), account.id, new.credit_micro, author=author, at_ms=now_ms, reason=new.reason
        )
    return account
