"""Accounts and the proof of their numbers."""

import pytest
from sqlmodel import Session

from callback.core.outcomes import Reason, Refused
from callback.store import accounts, ledger
from callback.store.accounts import CODE_LIFE_MS, Pending, Verified
from callback.store.db import Store
from callback.store.models import Account
from tests.store.books import PHONE, START_MS, new_account, serial

KEY = b"k" * 32
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def ask_code(
    session: Session,
    account: Account,
    number: str = PHONE,
    code: str = "123456",
    source: str = "+48500100100",
    now_ms: int = START_MS,
) -> Pending | Refused:
    return accounts.register_pending(
        session,
        account.id,
        number,
        number_id=serial("number"),
        code=code,
        key=KEY,
        source=source,
        now_ms=now_ms,
    )


def answer(
    session: Session, code: str = "123456", number: str = PHONE, now_ms: int = START_MS
) -> Verified | Refused:
    return accounts.confirm_code(session, number, code, key=KEY, now_ms=now_ms)


def verified(session: Session, account: Account, number: str = PHONE) -> Verified:
    return accounts.verify_directly(session, account.id, number, number_id=serial("number"), now_ms=START_MS)


def refusal(found: object) -> Reason:
    assert isinstance(found, Refused), found
    return found.reason


def test_a_login_is_taken_once_however_it_is_written(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, "Alice")
        twin = account.model_copy(update={"id": "twin", "login": "ALICE"})
        assert not accounts.add_account(session, twin)
        found = accounts.find_account(session, "aLiCe")
        assert found is not None and found.id == account.id
        assert accounts.find_account(session, "bob") is None
        assert ledger.get_wallet(session, account.id).available_micro == 0


def test_accounts_are_listed_page_by_page(store: Store) -> None:
    with store.write() as session:
        for login in ("carol", "alice", "bob"):
            new_account(session, login)
        listed = [account.login for account in accounts.list_accounts(session, limit=2)]
        assert listed == ["alice", "bob"]
        assert [account.login for account in accounts.list_accounts(session, after_login="bob")] == ["carol"]


def test_a_new_password_makes_a_new_version_of_the_credentials(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        assert accounts.set_password(session, account.id, "hash")
        after = accounts.get_account(session, account.id)
        assert (after.password_hash, after.credential_version) == ("hash", 2)
        assert not accounts.set_password(session, "nobody", "hash")


def test_a_code_sent_back_from_the_number_proves_it(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        pending = ask_code(session, account)
        assert isinstance(pending, Pending) and pending.number == PHONE
        assert accounts.default_number(session, account.id) is None  # a pending number is never rung
        assert accounts.find_account_of_number(session, PHONE) is None
        proven = answer(session)
        assert isinstance(proven, Verified)
        assert (proven.account.id, proven.number, proven.taken_from) == (account.id, PHONE, None)
        assert accounts.default_number(session, account.id) == PHONE
        kept = accounts.find_number(session, account.id, PHONE)
        assert kept is not None
        assert (kept.state, kept.code_hash, kept.verified_at_ms) == ("verified", None, START_MS)


def test_the_code_itself_is_not_stored(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        ask_code(session, account, code="271828")
        kept = accounts.find_number(session, account.id, PHONE)
        assert kept is not None
        assert "271828" not in kept.model_dump_json()


def test_five_wrong_codes_end_the_proof(store: Store) -> None:
    with store.write() as session:
        ask_code(session, new_account(session))
        for _ in range(5):
            assert refusal(answer(session, "000000")) == Reason.WRONG_CODE
        assert refusal(answer(session, "123456")) == Reason.CODE_EXPIRED


def test_a_code_lives_for_fifteen_minutes(store: Store) -> None:
    with store.write() as session:
        ask_code(session, new_account(session))
        assert refusal(answer(session, now_ms=START_MS + CODE_LIFE_MS)) == Reason.CODE_EXPIRED
        assert isinstance(answer(session, now_ms=START_MS + CODE_LIFE_MS - 1), Verified)


def test_a_code_nobody_asked_for_proves_nothing(store: Store) -> None:
    with store.write() as session:
        ask_code(session, new_account(session))
        assert refusal(answer(session, number="+48500200200")) == Reason.CODE_EXPIRED


def test_a_new_code_replaces_the_old_one(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        ask_code(session, account, code="111111")
        ask_code(session, account, code="222222")
        assert refusal(answer(session, "111111")) == Reason.WRONG_CODE
        assert isinstance(answer(session, "222222"), Verified)


def test_the_code_says_which_of_two_accounts_gets_the_number(store: Store) -> None:
    with store.write() as session:
        alice, bob = new_account(session, "alice"), new_account(session, "bob")
        ask_code(session, alice, code="111111")
        ask_code(session, bob, code="222222")
        proven = answer(session, "111111")
        assert isinstance(proven, Verified) and proven.account.id == alice.id


def test_the_web_confirms_for_its_own_account_only(store: Store) -> None:
    with store.write() as session:
        alice, bob = new_account(session, "alice"), new_account(session, "bob")
        ask_code(session, alice, code="111111")
        foreign = accounts.confirm_code(session, PHONE, "111111", key=KEY, now_ms=START_MS, account_id=bob.id)
        assert refusal(foreign) == Reason.CODE_EXPIRED
        own = accounts.confirm_code(session, PHONE, "111111", key=KEY, now_ms=START_MS, account_id=alice.id)
        assert isinstance(own, Verified)


def test_a_new_proof_moves_the_number_and_names_who_lost_it(store: Store) -> None:
    with store.write() as session:
        alice, bob = new_account(session, "alice"), new_account(session, "bob")
        verified(session, alice)
        verified(session, alice, "+48500100100")
        assert accounts.default_number(session, alice.id) == PHONE
        ask_code(session, bob)
        moved = answer(session)
        assert isinstance(moved, Verified) and moved.taken_from is not None
        assert (moved.account.id, moved.taken_from.id) == (bob.id, alice.id)
        assert accounts.default_number(session, bob.id) == PHONE
        assert accounts.default_number(session, alice.id) == "+48500100100"
        assert accounts.find_number(session, alice.id, PHONE) is None
        owner = accounts.find_account_of_number(session, PHONE)
        assert owner is not None and owner.id == bob.id


def test_a_trusted_sender_needs_no_code(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        ask_code(session, account)
        assert verified(session, account).taken_from is None
        assert verified(session, account).taken_from is None  # the same SMS again
        late = answer(session)  # the code was asked for before, and has nothing left to prove
        assert isinstance(late, Verified)
        assert (late.account.id, late.taken_from) == (account.id, None)
        assert [number.e164 for number in accounts.numbers_of(session, account.id)] == [PHONE]


def test_the_default_is_one_verified_number(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        other = "+48500100100"
        verified(session, account)
        assert not accounts.set_default(session, account.id, other)
        ask_code(session, account, other)
        assert not accounts.set_default(session, account.id, other)
        verified(session, account, other)
        assert accounts.default_number(session, account.id) == PHONE
        assert accounts.set_default(session, account.id, other)
        assert accounts.default_number(session, account.id) == other
        assert accounts.remove_number(session, account.id, other)
        assert accounts.default_number(session, account.id) == PHONE
        assert not accounts.remove_number(session, account.id, other)
        assert accounts.remove_number(session, account.id, PHONE)
        assert accounts.default_number(session, account.id) is None


@pytest.mark.parametrize(
    ("allowed", "window_ms", "vary"),
    [
        (3, 24 * HOUR_MS, ("account", "source")),  # per number and day
        (5, 24 * HOUR_MS, ("number", "source")),  # per account and day
        (20, HOUR_MS, ("account", "number")),  # per source and hour
        (30, HOUR_MS, ("account", "number", "source")),  # per block of a thousand numbers and hour
    ],
)
def test_codes_are_capped(store: Store, allowed: int, window_ms: int, vary: tuple[str, ...]) -> None:
    with store.write() as session:
        everybody = [new_account(session, f"user{number}") for number in range(allowed + 1)]

        def ask(turn: int, now_ms: int) -> Pending | Refused:
            return ask_code(
                session,
                everybody[turn if "account" in vary else 0],
                number=f"+48600316{turn if 'number' in vary else 0:03}",
                source=f"+48500100{turn if 'source' in vary else 0:03}",
                now_ms=now_ms,
            )

        for turn in range(allowed):
            assert isinstance(ask(turn, START_MS + turn), Pending)
        assert refusal(ask(allowed, START_MS + window_ms - 1)) == Reason.TOO_MANY_CODES
        assert isinstance(ask(allowed, START_MS + window_ms), Pending)
