"""Many want one thing: one balance, one request, one number, one lease."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

from callback.store import ledger, nodes, requests
from callback.store.db import Store
from callback.store.reconcile import reconcile
from tests.store.books import START_MS, new_account, new_wish
from tests.store.races import claim_all, hold_once

T = TypeVar("T")


def all_at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """What each of so many threads got that began together."""
    barrier = Barrier(count)

    def begin(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_forty_threads_spend_one_balance_once(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)

    def hold(number: int) -> bool:
        with store.write() as session:
            return ledger.open_hold(session, f"r{number}", account.id, 100_000, START_MS)

    assert Counter(all_at_once(40, hold)) == {True: 10, False: 30}
    with store.read() as session:
        assert ledger.get_wallet(session, account.id) == ledger.Wallet(0, 1_000_000, 0, "EUR")


def test_processes_spend_one_balance_once(store: Store, path: Path) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
    shares = [[f"r{process}-{number}" for number in range(10)] for process in range(4)]
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        won = [pool.submit(hold_once, f"sqlite:///{path}", account.id, share, 100_000) for share in shares]
        assert sum(each.result(60) for each in won) == 10
    with store.read() as session:
        assert ledger.get_wallet(session, account.id) == ledger.Wallet(0, 1_000_000, 0, "EUR")
        faults = reconcile(session)
    assert faults == []


def test_a_request_is_claimed_by_one_process(store: Store, path: Path) -> None:
    with store.write() as session:
        account = new_account(session)
        ids = []
        for number in range(20):
            opened = requests.open_request(session, new_wish(account, f"+486003160{number:02}"))
            ids.append(opened.request.id)
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        claims = [pool.submit(claim_all, f"sqlite:///{path}", f"node{n}", n, ids) for n in range(3)]
        won = [request_id for claim in claims for request_id in claim.result(60)]
    assert sorted(won) == sorted(ids)


def test_a_number_gets_one_live_request(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)

    def wish(_: int) -> str:
        with store.write() as session:
            return type(requests.open_request(session, new_wish(account))).__name__

    assert Counter(all_at_once(12, wish)) == {"Opened": 1, "Replaced": 11}


def test_one_relay_takes_a_silent_lease(store: Store) -> None:
    with store.write() as session:
        assert nodes.acquire_lease(session, "relay", "old")
        seen = nodes.read_lease(session, "relay")
    assert seen is not None

    def take(number: int) -> bool:
        with store.write() as session:
            return nodes.take_lease(session, "relay", f"relay{number}", seen)

    assert sum(all_at_once(8, take)) == 1


def test_every_life_has_an_epoch_of_its_own(store: Store) -> None:
    def live(number: int) -> int:
        with store.write() as session:
            return nodes.register_node(session, f"dialer{number % 4}", "dialer", START_MS)

    epochs = all_at_once(12, live)
    assert sorted(epochs) == list(range(1, 13))
