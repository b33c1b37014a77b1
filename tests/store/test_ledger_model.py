"""The ledger against a model of it: any course of holds, quanta, settlements, releases and repeats."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from callback.store import ledger
from callback.store.db import Store
from callback.store.reconcile import reconcile
from tests.store.books import START_MS, new_account, serial

MONEY = st.integers(0, 1000)


class Books(RuleBasedStateMachine):
    """What the ledger must say, in three dicts."""

    template: Path
    holds = Bundle("holds")
    settled = Bundle("settled")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        path = shutil.copy(self.template, Path(self.directory.name) / "books.db")
        self.store = Store(f"sqlite:///{path}")
        self.credit = {"poor": 0, "trusted": 500}
        with self.store.write() as session:
            self.ids = {
                login: new_account(session, login, credit_micro=credit).id
                for login, credit in self.credit.items()
            }
        self.balance = dict.fromkeys(self.credit, 0)
        self.held: dict[str, int] = {}  # open requests: what is left in the hold
        self.owner: dict[str, str] = {}
        self.charged: dict[str, int] = {}

    def teardown(self) -> None:
        with self.store.read() as session:
            faults = [fault for fault in reconcile(session) if "without a CDR" not in fault.message]
        assert faults == []
        self.store.dispose()
        self.directory.cleanup()

    @rule(login=st.sampled_from(["poor", "trusted"]), amount=st.integers(1, 1000), repeat=st.booleans())
    def top_up(self, login: str, amount: int, repeat: bool) -> None:
        key = serial("receipt")
        with self.store.write() as session:
            for expected in (True, False)[: 1 + repeat]:
                done = ledger.top_up(session, key, self.ids[login], amount, author="t", at_ms=START_MS)
                assert done == expected
        self.balance[login] += amount

    @rule(target=holds, login=st.sampled_from(["poor", "trusted"]), amount=MONEY)
    def open_hold(self, login: str, amount: int) -> str:
        request = serial("request")
        with self.store.write() as session:
            opened = ledger.open_hold(session, request, self.ids[login], amount, START_MS)
        assert opened == (self.balance[login] + self.credit[login] >= amount)
        if not opened:
            return multiple()  # type: ignore[return-value]  # Hypothesis: nothing for the bundle
        self.balance[login] -= amount
        self.held[request] = amount
        self.owner[request] = login
        return request

    @rule(request=holds)
    def open_again(self, request: str) -> None:
        with self.store.write() as session:
            assert ledger.open_hold(session, request, self.ids[self.owner[request]], 999, START_MS)

    @rule(request=holds, amount=MONEY)
    def grow(self, request: str, amount: int) -> None:
        login = self.owner[request]
        with self.store.write() as session:
            grown = ledger.grow_hold(session, request, amount, START_MS)
        assert grown == (request in self.held and self.balance[login] + self.credit[login] >= amount)
        if grown:
            self.balance[login] -= amount
            self.held[request] += amount

    @rule(target=settled, request=holds, cost=MONEY)
    def settle(self, request: str, cost: int) -> tuple[str, str]:
        if request not in self.held:
            return multiple()  # type: ignore[return-value]  # Hypothesis: nothing for the bundle
        leg = f"{request}-{serial('leg')}"
        with self.store.write() as session:
            charged = ledger.settle_leg(session, request, leg, cost, START_MS)
        assert charged == min(cost, self.held[request])
        self.held[request] -= charged
        self.charged[leg] = charged
        return request, leg

    @rule(pair=settled, cost=MONEY)
    def settle_again(self, pair: tuple[str, str], cost: int) -> None:
        request, leg = pair
        with self.store.write() as session:
            assert ledger.settle_leg(session, request, leg, cost, START_MS) == self.charged[leg]

    @rule(request=holds)
    def release(self, request: str) -> None:
        with self.store.write() as session:
            released = ledger.release(session, request, START_MS)
        assert released == self.held.get(request, 0)
        self.balance[self.owner[request]] += self.held.pop(request, 0)

    @rule(request=consumes(holds))
    def crash_before_commit(self, request: str) -> None:
        with pytest.raises(ZeroDivisionError), self.store.write() as session:
            ledger.grow_hold(session, request, 1, START_MS)
            ledger.release(session, request, START_MS)
            1 / 0  # noqa: B018  # any mistake of ours

    @invariant()
    def the_wallets_are_what_the_model_says(self) -> None:
        with self.store.read() as session:
            for login, account_id in self.ids.items():
                wallet = ledger.get_wallet(session, account_id)
                assert wallet.balance_micro == self.balance[login]
                assert wallet.available_micro >= 0
                held = sum(rest for request, rest in self.held.items() if self.owner[request] == login)
                assert wallet.held_micro == held


def test_any_course_of_business_keeps_the_books_right(migrated: Path) -> None:
    Books.template = migrated
    course = settings(max_examples=20, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(Books, settings=course)
