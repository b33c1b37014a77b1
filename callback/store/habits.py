"""The language and the clock somebody wants to be answered in."""

from sqlalchemy import update
from sqlmodel import Session, col

from callback.store.models import Account
from callback.store.rows import changed


def set_habits(session: Session, account_id: str, locale: str, time_zone: str) -> bool:
    """Keep an account's language and IANA time zone; False if there is no such account."""
    account = update(Account).where(col(Account.id) == account_id)
    return changed(session, account.values(locale=locale, time_zone=time_zone)) == 1
