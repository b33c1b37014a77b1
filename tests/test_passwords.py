"""Passwords: what is remembered, what is hashed, and how often one may try."""

import pytest

from callback.core.outcomes import Reason, Refused
from callback.passwords import Passwords, Verifier
from callback.store.models import Account

PEPPER = b"p" * 32


class Watch:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class CountingPasswords(Passwords):
    """Counts how many hashes were compared."""

    def __init__(self, pepper: bytes) -> None:
        super().__init__(pepper)
        self.compared = 0

    def matches(self, password_hash: str, password: str) -> bool:
        self.compared += 1
        return super().matches(password_hash, password)


@pytest.fixture(scope="module")
def pass_hash() -> str:
    return Passwords(PEPPER).hash("pass")


@pytest.fixture
def account(pass_hash: str) -> Account:
    return Account(
        id="a1", login="alice", password_hash=pass_hash, country="PL", currency="EUR", created_at_ms=0
    )


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def passwords() -> CountingPasswords:
    return CountingPasswords(PEPPER)


@pytest.fixture
def verifier(passwords: CountingPasswords, watch: Watch) -> Verifier:
    return Verifier(passwords, watch)


def test_a_password_makes_a_hash_of_the_strength_we_promise(pass_hash: str) -> None:
    assert pass_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Passwords(PEPPER).matches(pass_hash, "pass")
    assert not Passwords(PEPPER).matches(pass_hash, "Pass")


def test_a_stolen_database_without_the_pepper_verifies_nothing(pass_hash: str) -> None:
    assert not Passwords(b"other" * 8).matches(pass_hash, "pass")


def test_a_damaged_hash_lets_nobody_in() -> None:
    assert not Passwords(PEPPER).matches("", "pass")
    assert not Passwords(PEPPER).matches("$argon2id$nonsense", "pass")


def test_a_success_is_remembered_for_ten_minutes(
    verifier: Verifier, passwords: CountingPasswords, account: Account, watch: Watch
) -> None:
    for _ in range(5):
        assert verifier.check(account, "pass")
    assert passwords.compared == 1
    watch.now_s += 599
    assert verifier.remembers(account, "pass")
    watch.now_s += 2
    assert not verifier.remembers(account, "pass")
    assert verifier.check(account, "pass")
    assert passwords.compared == 2


def test_a_failure_is_not_remembered(
    verifier: Verifier, passwords: CountingPasswords, account: Account
) -> None:
    for _ in range(2):
        assert not verifier.check(account, "wrong")
    assert passwords.compared == 2


def test_a_changed_password_is_asked_for_at_once(verifier: Verifier, account: Account) -> None:
    assert verifier.check(account, "pass")
    account.credential_version += 1
    assert not verifier.remembers(account, "pass")


def test_an_unknown_account_costs_a_hash_too(verifier: Verifier, passwords: CountingPasswords) -> None:
    assert not verifier.check(None, "pass")
    assert passwords.compared == 1
    assert not verifier.remembers(None, "pass")


def test_guessing_is_stopped_before_it_costs_a_hash(
    verifier: Verifier, passwords: CountingPasswords, account: Account, watch: Watch
) -> None:
    def guess(password: str, ani: str = "+48500100100") -> Refused | None:
        return verifier.admit(account, password, login="alice", ani=ani)

    assert [guess(f"guess{n}") for n in range(10)] == [Refused(Reason.BAD_CREDENTIALS)] * 10
    assert guess("guess10") == Refused(Reason.TOO_MANY_TRIES)
    assert guess("pass", ani="+48500200200") == Refused(Reason.TOO_MANY_TRIES)  # the login is paced too
    assert passwords.compared == 10
    watch.now_s += 6
    assert guess("pass", ani="+48500200200") is None


def test_who_was_right_before_is_not_locked_out_by_a_guesser(verifier: Verifier, account: Account) -> None:
    assert verifier.admit(account, "pass", login="alice", ani="+48600316058") is None
    for number in range(20):
        verifier.admit(account, "wrong", login="ALICE", ani=f"+48500100{number:03}")
    assert verifier.admit(account, "pass", login="alice", ani="+48600316058") is None


def test_a_guesser_does_not_lock_the_accounts_own_phones_out(verifier: Verifier, account: Account) -> None:
    for number in range(20):
        verifier.admit(account, "wrong", login="alice", ani=f"+48500100{number:03}")

    def at_home() -> Refused | None:
        return verifier.admit(account, "wrong", login="alice", ani="+48600316058", own_phone=True)

    answers = [at_home() for _ in range(11)]
    assert answers == [Refused(Reason.BAD_CREDENTIALS)] * 10 + [Refused(Reason.TOO_MANY_TRIES)]


def test_one_sender_cannot_try_many_logins(verifier: Verifier) -> None:
    answers = [verifier.admit(None, "pass", login=f"user{n}", ani="+48500100100") for n in range(11)]
    assert answers == [Refused(Reason.BAD_CREDENTIALS)] * 10 + [Refused(Reason.TOO_MANY_TRIES)]
