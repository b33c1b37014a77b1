"""Who is signed in by web: found by token, listed, revoked, and over in every way a session ends."""

from sqlmodel import Session, col, select, update

from callback.store import accounts, web_sessions
from callback.store.db import Store
from callback.store.models import Account, Operator, WebSession
from callback.store.rows import changed, every
from callback.store.web_sessions import Kind
from tests.store.books import START_MS, new_account, serial

HOUR_MS = 3_600_000
TOKEN = "t" * 43


def opened(session: Session, account: Account, token: str = TOKEN, kind: Kind = Kind.SUBSCRIBER) -> str:
    session_id = serial("s")
    web_sessions.open_session(
        session, session_id=session_id, token=token, kind=kind, subject_id=account.id,
        credential_version=account.credential_version, now_ms=START_MS,
        expires_at_ms=START_MS + HOUR_MS, tries=2,
    )  # fmt: skip
    return session_id


def test_a_token_finds_its_session_and_whose_it_is(store: Store) -> None:
    with store.write() as session:
        alice = new_account(session)
        session_id = opened(session, alice)
    with store.read() as session:
        found = web_sessions.find_session(session, TOKEN, START_MS)
        assert found is not None and found.account is not None
        assert (found.session.id, found.account.login, found.operator) == (session_id, "alice", None)
        assert web_sessions.find_session(session, "x" * 43, START_MS) is None


def test_the_table_does_not_know_the_token(store: Store) -> None:
    with store.write() as session:
        opened(session, new_account(session))
        (row,) = every(session, select(WebSession))
    assert TOKEN not in str(row.model_dump())


def test_a_session_unused_for_too_long_is_over(store: Store) -> None:
    with store.write() as session:
        session_id = opened(session, new_account(session))
        assert web_sessions.touch(session, session_id, START_MS + 60_000, START_MS + 2 * HOUR_MS)
        assert not web_sessions.touch(session, session_id, START_MS + 61_000, START_MS + 3 * HOUR_MS)
        assert web_sessions.find_session(session, TOKEN, START_MS + 2 * HOUR_MS - 1) is not None
        assert web_sessions.find_session(session, TOKEN, START_MS + 2 * HOUR_MS) is None


def test_another_password_ends_a_session(store: Store) -> None:
    with store.write() as session:
        alice = new_account(session)
        opened(session, alice)
        accounts.set_password(session, alice.id, "other")
        assert web_sessions.find_session(session, TOKEN, START_MS) is None


def test_a_blocked_account_is_out_at_once(store: Store) -> None:
    with store.write() as session:
        alice = new_account(session)
        opened(session, alice)
        changed(session, update(Account).where(col(Account.id) == alice.id).values(state="blocked"))
        assert web_sessions.find_session(session, TOKEN, START_MS) is None


def test_an_operator_is_found_and_no_account_of_the_same_id(store: Store) -> None:
    with store.write() as session:
        alice = new_account(session)
        session.add(Operator(id=alice.id, login="olga", created_at_ms=0))
        session.flush()
        opened(session, alice, kind=Kind.OPERATOR)
        found = web_sessions.find_session(session, TOKEN, START_MS)
    assert found is not None and found.operator is not None and found.account is None


def test_sessions_are_listed_and_revoked_by_their_owner_only(store: Store) -> None:
    with store.write() as session:
        alice, bob = new_account(session), new_account(session, "bob")
        first, second = opened(session, alice), opened(session, alice, "u" * 43)
        opened(session, bob, "v" * 43)
        listed = web_sessions.sessions_of(session, Kind.SUBSCRIBER, alice.id, START_MS)
        assert {each.id for each in listed} == {first, second}
        assert not web_sessions.revoke(session, bob.id, first)
        assert web_sessions.revoke(session, alice.id, first)
        assert web_sessions.find_session(session, TOKEN, START_MS) is None
        assert web_sessions.revoke_others(session, alice.id, second) == 0
        assert web_sessions.revoke_all(session, bob.id) == 1
        assert web_sessions.find_session(session, "u" * 43, START_MS) is not None


def test_codes_of_a_half_session_run_out(store: Store) -> None:
    with store.write() as session:
        half = opened(session, new_account(session), kind=Kind.OPERATOR_HALF)
        assert [web_sessions.take_code_try(session, half) for _ in range(3)] == [True, True, False]


def test_what_is_over_is_forgotten(store: Store) -> None:
    with store.write() as session:
        opened(session, new_account(session))
        assert web_sessions.remove_expired(session, START_MS + HOUR_MS - 1) == 0
        assert web_sessions.remove_expired(session, START_MS + HOUR_MS) == 1
