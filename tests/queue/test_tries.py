"""Guesses are counted for all processes together, and nobody waits for the count."""

import os
import signal
import time
from pathlib import Path

from callback.clock import Clock
from callback.config import Config
from callback.core.outcomes import Reason, Refused
from callback.passwords import Passwords, Verifier, shared_tries
from callback.store.models import Account
from callback.tries import SharedPace
from tests.queue.parts import Valkey


def test_guesses_by_sms_and_by_web_are_one_count(valkey: Valkey) -> None:
    passwords, clock = Passwords(b"p" * 32), Clock()
    anna = Account(id="a", login="anna", password_hash=passwords.hash("right"), country="PL", currency="EUR",
                   created_at_ms=0)  # fmt: skip
    gateway, web = (
        Verifier(passwords, clock.monotonic_s, shared_tries(valkey.url, clock.monotonic_s)) for _ in "ab"
    )
    for guess in range(5):
        gateway.admit(anna, f"guess{guess}", login="anna", ani=f"+4860000000{guess}")
        web.admit(anna, f"guess{guess}", login="Anna", ani=f"web 192.0.2.{guess}")
    refused = web.admit(anna, "right", login="anna", ani="web 192.0.2.9")
    assert refused == Refused(Reason.TOO_MANY_TRIES)


def test_a_remembered_success_asks_nobody(config: Config) -> None:
    passwords, clock = Passwords(b"p" * 32), Clock()
    anna = Account(id="a", login="anna", password_hash=passwords.hash("right"), country="PL", currency="EUR",
                   created_at_ms=0)  # fmt: skip

    class Silent:
        asked = 0

        def allow(self, key: str) -> bool:
            self.asked += 1
            return True

        def forget(self, key: str) -> None: ...

    tries = Silent()
    verifier = Verifier(passwords, clock.monotonic_s, tries)
    assert verifier.admit(anna, "right", login="anna", ani="+48600000001") is None
    asked_once = tries.asked
    assert verifier.admit(anna, "right", login="anna", ani="+48600000001") is None
    assert tries.asked == asked_once


def test_without_valkey_each_process_counts_alone(valkey: Valkey) -> None:
    pace = SharedPace(valkey.url, 3, 60, Clock().monotonic_s)
    assert pace.allow("anna")
    valkey.kill()
    assert [pace.allow("anna") for _ in range(4)] == [True, True, True, False]


def test_it_counts_together_again_when_valkey_is_back(valkey: Valkey) -> None:
    now_s = 100.0
    pace = SharedPace(valkey.url, 3, 60, lambda: now_s)
    valkey.kill()
    assert pace.allow("anna")
    valkey.start()
    now_s += 6
    assert pace.allow("anna")
    other = SharedPace(valkey.url, 3, 60, lambda: now_s)
    assert [other.allow("anna") for _ in range(3)] == [True, True, False]


def test_a_valkey_that_hangs_is_asked_once_and_briefly(valkey: Valkey) -> None:
    assert valkey.process is not None
    pace = SharedPace(valkey.url, 100, 60, Clock().monotonic_s)
    assert pace.allow("anna")
    os.kill(valkey.process.pid, signal.SIGSTOP)
    began_s = time.monotonic()
    assert all(pace.allow("anna") for _ in range(50))
    assert time.monotonic() - began_s < 0.5


def test_valkey_holds_no_login(valkey: Valkey) -> None:
    pace = SharedPace(valkey.url, 3, 60, Clock().monotonic_s)
    assert pace.allow("at anna-from-town")
    valkey.kill()
    kept = [path for path in Path(valkey.config.data_dir).rglob("*") if path.is_file()]
    assert not any(b"anna-from-town" in path.read_bytes() for path in kept)
