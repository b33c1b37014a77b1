"""Who runs the service. The first one comes in by a one-time link; there is no default password.

Only a hash of the link's token is stored: whoever reads the database cannot use it.
"""

import hashlib

from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from callback.store.models import Operator
from callback.store.rows import changed, every, first, insert_once


def create_operator_link(
    session: Session, operator_id: str, token: str, expires_at_ms: int, now_ms: int
) -> None:
    """Let whoever brings this token (at least 128 random bits) become an operator, once, until it expires."""
    link = Operator(
        id=operator_id, link_hash=_hash(token), link_expires_at_ms=expires_at_ms, created_at_ms=now_ms
    )
    assert insert_once(session, link), "a token is used once"


def has_operators(session: Session) -> bool:
    """Whether anybody came in by a link yet."""
    return session.exec(select(func.count()).where(col(Operator.login).is_not(None))).one() > 0


def find_operator(session: Session, login: str) -> Operator | None:
    return first(session, select(Operator).where(Operator.login == login.lower()))


def list_operators(session: Session) -> list[Operator]:
    """Who came in by a link, in order of login."""
    named = select(Operator).where(col(Operator.login).is_not(None))
    return every(session, named.order_by(col(Operator.login)))


def find_link(session: Session, token: str, now_ms: int) -> bool:
    """Whether this link still makes an operator."""
    good = select(Operator).where(
        Operator.link_hash == _hash(token), col(Operator.link_expires_at_ms) > now_ms
    )
    return first(session, good) is not None


def keep_totp(session: Session, operator_id: str, sealed: bytes, step: int) -> bool:
    """Give an operator without one a sealed TOTP secret, its first code used; False if one is there."""
    without = update(Operator).where(col(Operator.id) == operator_id, col(Operator.totp_sealed).is_(None))
    return changed(session, without.values(totp_sealed=sealed, totp_step=step)) == 1


def use_totp_step(session: Session, operator_id: str, step: int) -> bool:
    """Use up the code of this half minute and all before it; False if that was done already."""
    unused = update(Operator).where(col(Operator.id) == operator_id, col(Operator.totp_step) < step)
    return changed(session, unused.values(totp_step=step)) == 1


def reset_totp(session: Session, login: str) -> bool:
    """Forget a lost TOTP secret and end every session; the next sign-in sets up another."""
    lost = update(Operator).where(col(Operator.login) == login.lower())
    values = {"totp_sealed": None, "credential_version": Operator.credential_version + 1}
    return changed(session, lost.values(**values)) == 1


def remove_operator(session: Session, operator_id: str) -> bool:
    """Forget an operator; False if there is none. Their sessions are to be revoked with it."""
    return changed(session, delete(Operator).where(col(Operator.id) == operator_id)) == 1


def set_operator_password(session: Session, operator_id: str, password_hash: str) -> bool:
    """Replace the password; sessions opened with the old one end."""
    replace = update(Operator).where(col(Operator.id) == operator_id)
    values = {"password_hash": password_hash, "credential_version": Operator.credential_version + 1}
    return changed(session, replace.values(**values)) == 1


def set_operator_habits(session: Session, operator_id: str, locale: str, time_zone: str) -> bool:
    """Keep an operator's language and IANA time zone."""
    operator = update(Operator).where(col(Operator.id) == operator_id)
    return changed(session, operator.values(locale=locale, time_zone=time_zone)) == 1


def replace_totp(session: Session, operator_id: str, sealed: bytes, step: int) -> bool:
    """Another sealed TOTP secret for one who has one, its first code used."""
    with_one = update(Operator).where(col(Operator.id) == operator_id, col(Operator.totp_sealed).is_not(None))
    return changed(session, with_one.values(totp_sealed=sealed, totp_step=step)) == 1


def get_operator(session: Session, operator_id: str) -> Operator:
    operator = first(session, select(Operator).where(Operator.id == operator_id))
    assert operator is not None, f"no operator {operator_id}"
    return operator


def claim_operator_link(
    session: Session, token: str, login: str, password_hash: str, now_ms: int
) -> Operator | None:
    """Become the operator `login` by a link; None if it is unknown, used, expired, or the login is taken."""
    name = login.lower()
    if find_operator(session, name) is not None:
        return None
    claim = (
        update(Operator)
        .where(col(Operator.link_hash) == _hash(token), col(Operator.link_expires_at_ms) > now_ms)
        .values(login=name, password_hash=password_hash, link_hash=None, link_expires_at_ms=None)
    )
    return find_operator(session, name) if changed(session, claim) == 1 else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
