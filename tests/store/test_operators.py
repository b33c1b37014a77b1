"""The first operator comes in by a link, once."""

from sqlmodel import select

from callback.store import operators
from callback.store.db import Store
from callback.store.models import Operator
from tests.store.books import START_MS

TOKEN = "2b7e151628aed2a6abf7158809cf4f3c"


def test_a_link_makes_one_operator_once(store: Store) -> None:
    with store.write() as session:
        operators.create_operator_link(session, "o1", TOKEN, START_MS + 1000, START_MS)
        assert not operators.has_operators(session)
        assert operators.claim_operator_link(session, "guess", "Root", "hash", START_MS) is None
        made = operators.claim_operator_link(session, TOKEN, "Root", "hash", START_MS)
        assert made is not None
        assert (made.id, made.login, made.password_hash) == ("o1", "root", "hash")
        assert operators.has_operators(session)
        assert operators.claim_operator_link(session, TOKEN, "other", "hash", START_MS) is None


def test_a_link_expires(store: Store) -> None:
    with store.write() as session:
        operators.create_operator_link(session, "o1", TOKEN, START_MS + 1000, START_MS)
        assert operators.claim_operator_link(session, TOKEN, "root", "hash", START_MS + 1000) is None


def test_a_taken_login_does_not_use_up_the_link(store: Store) -> None:
    with store.write() as session:
        operators.create_operator_link(session, "o1", TOKEN, START_MS + 1000, START_MS)
        operators.create_operator_link(session, "o2", "second", START_MS + 1000, START_MS)
        assert operators.claim_operator_link(session, TOKEN, "root", "hash", START_MS) is not None
        assert operators.claim_operator_link(session, "second", "ROOT", "hash", START_MS) is None
        assert operators.claim_operator_link(session, "second", "wheel", "hash", START_MS) is not None


def test_the_database_does_not_hold_the_token(store: Store) -> None:
    with store.write() as session:
        operators.create_operator_link(session, "o1", TOKEN, START_MS + 1000, START_MS)
        kept = session.exec(select(Operator)).one()
    assert kept.link_hash is not None and TOKEN not in kept.model_dump_json()
