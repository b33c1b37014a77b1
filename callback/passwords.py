"""Passwords: slow to guess, quick to accept again, and never more hashing at once than the machine can bear.

A password is kept as argon2id (19 MiB, 2 passes) over HMAC(pepper, password); the pepper is a file outside
the database. One such hash takes 30 ms, so three doors stand before it::

    remembered success ─► pace per sender and per login ─► argon2, a few at a time

Strangers who guess at a login use up their own tries only: the account's own phones are paced apart, and so
is each browser that signed in before (docs/decisions/0013).

Successes only are remembered, under a key that dies with the process, for ten minutes, and for this version
of the account's credentials: a changed password is asked for at once. An unknown account costs as much time
as a wrong password.
"""

import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callback.core.outcomes import Reason, Refused
from callback.tries import OwnPace, SharedPace, Tries

_REMEMBER_S = 600
_REMEMBER_MOST = 50_000  # 100 bytes each
_HASHES_AT_ONCE = 2
_TRIES = 10  # by one sender, or at one login, in …
_TRIES_S = 60
_OWN_PHONES = "\n"  # in no login: it separates
_CODES = 10  # of an authenticator, wrong ones, at one operator, in …
_CODES_S = 3600  # a guesser who has the password needs two years and a half for an even chance


class Passwords:
    """Makes and compares hashes; knows no account."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = threading.BoundedSemaphore(_HASHES_AT_ONCE)

    def hash(self, password: str) -> str:
        """The hash to store; 30 ms of a core."""
        with self._turn:
            return self._argon2.hash(self._peppered(password))

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether this password made this hash; waits its turn; argon2 holds no interpreter lock."""
        try:
            with self._turn:
                return self._argon2.verify(password_hash, self._peppered(password))
        except (VerificationError, InvalidHashError):
            return False

    def _peppered(self, password: str) -> bytes:
        return hmac.digest(self._pepper, password.encode(), "sha256")


class Secured(Protocol):
    """Whatever a password opens: an account's row, an operator's."""

    id: str
    credential_version: int

    @property
    def password_hash(self) -> str | None: ...


def shared_tries(queue_url: str, monotonic_s: Callable[[], float]) -> Tries:
    """What a `Verifier` counts with when SMS and web are to count together."""
    return SharedPace(queue_url, _TRIES, _TRIES_S, monotonic_s)


def shared_code_tries(queue_url: str, monotonic_s: Callable[[], float]) -> Tries:
    """For the codes of operators: the password before them is right, so that only a count stops a guesser."""
    return SharedPace(queue_url, _CODES, _CODES_S, monotonic_s)


class Verifier:
    """Says whether a password is an account's. Used from many threads."""

    def __init__(
        self, passwords: Passwords, monotonic_s: Callable[[], float], tries: Tries | None = None
    ) -> None:
        """`tries` counts for all processes; without it this one counts alone."""
        self._passwords = passwords
        self._monotonic_s = monotonic_s
        self._key = os.urandom(32)  # what is remembered dies with the process
        self._remembered: OrderedDict[bytes, float] = OrderedDict()  # mark → forgotten at
        self._lock = threading.Lock()
        self._tries = tries or OwnPace(_TRIES, _TRIES_S, monotonic_s)
        self._nobody = passwords.hash(os.urandom(16).hex())

    def admit(
        self,
        account: Secured | None,
        password: str,
        *,
        login: str,
        ani: str,
        own_phone: bool = False,
        known: str = "",
    ) -> Refused | None:
        """None if they may come in; `login` is as written and `account` what was found by it, or None.

        At most ten tries a minute by one sender or at one login are hashed; what is remembered is free.
        `own_phone`: `ani` is a verified number of this account. `known` names what was let in by this account
        before, a browser or a session: its tries are counted alone, wherever it asks from.
        """
        if self.remembers(account, password):
            return None
        lanes = [f"by {ani}", f"at {login.lower()}{_OWN_PHONES if own_phone else ''}"]
        if known and account is not None:
            lanes = [f"known {known} of {account.id}"]
        if not all(self._tries.allow(lane) for lane in lanes):
            return Refused(Reason.TOO_MANY_TRIES)
        return None if self.check(account, password) else Refused(Reason.BAD_CREDENTIALS)

    def check(self, account: Secured | None, password: str) -> bool:
        """Whether this is the account's password; takes as long when there is no such account."""
        if self.remembers(account, password):
            return True
        right = self._passwords.matches((account and account.password_hash) or self._nobody, password)
        if account is None or not right:
            return False
        with self._lock:
            self._remembered[self._mark(account, password)] = self._monotonic_s() + _REMEMBER_S
            while len(self._remembered) > _REMEMBER_MOST:
                self._remembered.popitem(last=False)
        return True

    def remembers(self, account: Secured | None, password: str) -> bool:
        """Whether this very password was right within the last ten minutes; 4 µs."""
        if account is None:
            return False
        mark = self._mark(account, password)
        with self._lock:
            until_s = self._remembered.get(mark, 0.0)
            if until_s > self._monotonic_s():
                self._remembered.move_to_end(mark)
                return True
            self._remembered.pop(mark, None)
            return False

    def _mark(self, account: Secured, password: str) -> bytes:
        told = f"{account.id}|{account.credential_version}|{password}"
        return hmac.digest(self._key, told.encode(), "sha256")
