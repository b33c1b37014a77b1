"""Money moves once, and never out of an empty wallet."""

import pytest
from sqlmodel import select

from callback.store import ledger
from callback.store.db import Store
from callback.store.ledger import BelowFloor
from callback.store.models import Hold, Transfer
from tests.store.books import START_MS, new_account


def test_a_top_up_counts_once(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        for first_time in (True, False):
            added = ledger.top_up(
                session, "receipt 7", account.id, 5_000_000, author="operator", at_ms=START_MS
            )
            assert added == first_time
        assert ledger.get_wallet(session, account.id).balance_micro == 5_000_000


def test_a_hold_leaves_the_wallet_and_what_is_unspent_returns(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
        assert ledger.open_hold(session, "r1", account.id, 300_000, START_MS)
        assert ledger.available_micro(session, account.id) == 700_000
        assert ledger.grow_hold(session, "r1", 200_000, START_MS)
        wallet = ledger.get_wallet(session, account.id)
        assert (wallet.balance_micro, wallet.held_micro) == (500_000, 500_000)
        assert ledger.settle_leg(session, "r1", "r1-a1", 120_000, START_MS) == 120_000
        assert ledger.release(session, "r1", START_MS) == 380_000
        assert ledger.get_wallet(session, account.id) == ledger.Wallet(880_000, 0, 0, "EUR")


def test_a_hold_the_balance_does_not_reach_changes_nothing(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=299_999)
        assert not ledger.open_hold(session, "r1", account.id, 300_000, START_MS)
        assert session.exec(select(Hold)).all() == []
        assert ledger.open_hold(session, "r1", account.id, 299_999, START_MS)
        assert not ledger.grow_hold(session, "r1", 1, START_MS)
        hold = session.exec(select(Hold)).one()
        assert (hold.held_micro, hold.quanta) == (299_999, 1)
        keys = set(session.exec(select(Transfer.key).where(Transfer.kind == "hold")))
        assert keys == {"hold:r1:1"}


def test_credit_lets_a_wallet_go_below_zero_down_to_its_limit(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, credit_micro=100_000)
        assert ledger.available_micro(session, account.id) == 100_000
        assert not ledger.open_hold(session, "r1", account.id, 100_001, START_MS)
        assert ledger.open_hold(session, "r1", account.id, 100_000, START_MS)
        assert ledger.get_wallet(session, account.id).balance_micro == -100_000


def test_a_repeated_opening_holds_nothing_more(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
        for _ in range(2):
            assert ledger.open_hold(session, "r1", account.id, 300_000, START_MS)
        assert ledger.available_micro(session, account.id) == 700_000


def test_a_leg_is_settled_once_and_never_beyond_the_hold(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
        ledger.open_hold(session, "r1", account.id, 300_000, START_MS)
        assert ledger.settle_leg(session, "r1", "r1-a1", 200_000, START_MS) == 200_000
        assert ledger.settle_leg(session, "r1", "r1-a1", 200_000, START_MS) == 200_000
        assert ledger.settle_leg(session, "r1", "r1-b1", 150_000, START_MS) == 100_000
        assert ledger.release(session, "r1", START_MS) == 0
        short = session.exec(select(Transfer).where(Transfer.key == "settle:r1-b1")).one()
        assert "150000" in short.reason


def test_a_hold_is_released_exactly_once(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
        ledger.open_hold(session, "r1", account.id, 300_000, START_MS)
        assert ledger.release(session, "r1", START_MS) == 300_000
        assert ledger.release(session, "r1", START_MS) == 0
        assert ledger.release(session, "never opened", START_MS) == 0
        assert ledger.available_micro(session, account.id) == 1_000_000
        assert not ledger.grow_hold(session, "r1", 1, START_MS)
        with pytest.raises(AssertionError):
            ledger.settle_leg(session, "r1", "r1-a1", 0, START_MS)


def test_a_free_call_has_a_hold_and_a_settlement_of_nothing(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        assert ledger.open_hold(session, "r1", account.id, 0, START_MS)
        assert ledger.settle_leg(session, "r1", "r1-a1", 0, START_MS) == 0
        assert ledger.release(session, "r1", START_MS) == 0
        kinds = [transfer.kind for transfer in session.exec(select(Transfer))]
        assert kinds == ["settle"]


def test_a_refused_transfer_leaves_no_row_and_the_transaction_alive(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        poor, revenue = ledger.wallet_id(account.id), "topup:EUR"
        ledger.top_up(session, "t", account.id, 5, author="test", at_ms=START_MS)
        with pytest.raises(BelowFloor):
            ledger.post(session, "k", "adjust", poor, revenue, 6, currency="EUR", at_ms=START_MS)
        assert ledger.post(session, "k", "adjust", poor, revenue, 5, currency="EUR", at_ms=START_MS)
        assert not ledger.post(session, "k", "adjust", poor, revenue, 5, currency="EUR", at_ms=START_MS)


def test_currencies_do_not_mix(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=10)
        wallet, held = ledger.wallet_id(account.id), ledger.held_id(account.id)
        with pytest.raises(AssertionError, match="no ledger account"):
            ledger.post(session, "k", "adjust", wallet, held, 5, currency="USD", at_ms=START_MS)
        assert ledger.available_micro(session, account.id) == 10
