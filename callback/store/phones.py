"""What an owner does with the phones of an account by their ids: find one, name it."""

from sqlalchemy import update
from sqlmodel import Session, col, select

from callback.core.labels import LABEL_MOST
from callback.store.models import Number
from callback.store.rows import changed, first


def find_phone(session: Session, account_id: str, number_id: str) -> Number | None:
    """A number of this account, verified or pending; None if there is none, or it is another's."""
    return first(session, select(Number).where(Number.id == number_id, Number.account_id == account_id))


def label_phone(session: Session, account_id: str, number_id: str, label: str) -> bool:
    """Call it so (see `core/labels.py`; "" for nothing); False if the account has no such number."""
    assert len(label) <= LABEL_MOST
    ours = update(Number).where(col(Number.id) == number_id, col(Number.account_id) == account_id)
    return changed(session, ours.values(label=label)) == 1
