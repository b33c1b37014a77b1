"""Clients as an operator finds and changes them."""

from functools import partial

import pytest
from sqlmodel import Session

from callback.store import accounts, clients, ledger, requests, web_sessions
from callback.store.clients import Wanted
from callback.store.db import Store
from callback.store.models import Account
from callback.store.requests import Opened
from callback.store.web_sessions import Kind
from tests.store.books import FRIEND, PHONE, START_MS, new_account, new_wish, serial
from tests.store.test_indexes import watched


def give_number(session: Session, account: Account, number: str) -> None:
    accounts.verify_directly(session, account.id, number, number_id=serial("n"), now_ms=START_MS)


def ask_for_a_call(session: Session, account: Account, number: str) -> str:
    opened = requests.open_request(session, new_wish(account, number))
    assert isinstance(opened, Opened)
    assert ledger.open_hold(session, opened.request.id, account.id, 180_000, START_MS)
    return opened.request.id


def names(page: clients.ClientPage) -> list[str]:
    return [line.login for line in page.lines]


@pytest.fixture
def crowd(store: Store) -> Store:
    with store.write() as session:
        for login in ("anna", "ann", "boris", "zoë", "żaba", "48600"):
            new_account(session, login, money_micro=5_000_000)
        anna = accounts.find_account(session, "anna")
        boris = accounts.find_account(session, "boris")
        assert anna and boris
        give_number(session, anna, PHONE)
        give_number(session, boris, FRIEND)
        ask_for_a_call(session, anna, PHONE)
    return store


def test_a_line_tells_money_phones_and_the_last_call(crowd: Store) -> None:
    with crowd.read() as session:
        (line,) = clients.page(session, Wanted(login="anna")).lines
    assert (line.login, line.state, line.country, line.currency) == ("anna", "active", "PL", "EUR")
    assert (line.balance_micro, line.held_micro, line.numbers) == (4_820_000, 180_000, 1)
    assert line.last_call_at_ms == START_MS


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["48600", "ann", "anna", "boris", "zoë", "żaba"]),
        (Wanted(login="ann"), ["ann", "anna"]),
        (Wanted(login="anna"), ["anna"]),
        (Wanted(login="ż"), ["żaba"]),
        (Wanted(login="%"), []),
        (Wanted(numbers=(PHONE,)), ["anna"]),
        (Wanted(numbers=("+486",)), ["anna"]),
        (Wanted(numbers=("+48",)), ["anna", "boris"]),
        (Wanted(login="48600", numbers=("+48600",)), ["48600", "anna"]),
        (Wanted(login="nobody", numbers=("+1",)), []),
        (Wanted(state="blocked"), []),
    ],
)
def test_clients_are_found_by_the_beginning_of_login_or_number(
    crowd: Store, wanted: Wanted, found: list[str]
) -> None:
    with crowd.read() as session:
        assert names(clients.page(session, wanted)) == found


def test_pages_follow_each_other_both_ways(crowd: Store) -> None:
    with crowd.read() as session:
        first = clients.page(session, Wanted(), limit=2)
        second = clients.page(session, Wanted(), after=first.later, limit=2)
        third = clients.page(session, Wanted(), after=second.later, limit=2)
        back = clients.page(session, Wanted(), before=third.earlier, limit=2)
        start = clients.page(session, Wanted(), before=back.earlier, limit=2)
    assert [names(page) for page in (first, second, third)] == [
        ["48600", "ann"], ["anna", "boris"], ["zoë", "żaba"],
    ]  # fmt: skip
    assert (first.earlier, third.later) == (None, None)
    assert (names(back), names(start), start.earlier) == (names(second), names(first), None)


def test_blocking_shuts_every_door_once(crowd: Store) -> None:
    with crowd.write() as session:
        anna = accounts.find_account(session, "anna")
        assert anna is not None
        give_number(session, anna, "+48600316059")
        waiting = requests.list_requests(session, account_id=anna.id)[0].id
        running = ask_for_a_call(session, anna, "+48600316059")
        assert requests.claim_request(session, running, "dialer", 7, START_MS)
        web_sessions.open_session(
            session, session_id="s1", token="t", kind=Kind.SUBSCRIBER, subject_id=anna.id,
            credential_version=1, now_ms=START_MS, expires_at_ms=START_MS + 1000,
        )  # fmt: skip
        blocked = clients.block(session, anna.id, START_MS)
        assert blocked == clients.Blocked((waiting,), (running,))
        assert clients.block(session, anna.id, START_MS) is None
        assert web_sessions.sessions_of(session, Kind.SUBSCRIBER, anna.id, START_MS) == []
        assert requests.get_request(session, waiting).state == "cancelled"
        assert ledger.get_wallet(session, anna.id).held_micro == 180_000  # of the call under way
        assert clients.unblock(session, anna.id)
        assert not clients.unblock(session, anna.id)
        assert not clients.unblock(session, "nobody")


def test_only_the_callbacks_of_one_phone_are_cancelled(crowd: Store) -> None:
    with crowd.write() as session:
        anna = accounts.find_account(session, "anna")
        assert anna is not None
        give_number(session, anna, "+48600316059")
        other = ask_for_a_call(session, anna, "+48600316059")
        assert clients.cancel_queued_of(session, anna.id, START_MS, "+48600316059") == (other,)
        assert len(requests.list_requests(session, account_id=anna.id)) == 2


def test_payments_and_corrections_are_told_and_never_go_below_the_floor(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=5_000_000, credit_micro=1_000_000)
        correct = partial(
            ledger.adjust, session, account_id=account.id, author="operator:root", reason="paid twice"
        )
        assert correct("k1", amount_micro=-6_000_000, at_ms=START_MS + 1)
        assert not correct("k1", amount_micro=-6_000_000, at_ms=START_MS + 1)
        with pytest.raises(ledger.BelowFloor):
            correct("k2", amount_micro=-1, at_ms=START_MS + 1)
        assert correct("k3", amount_micro=2, at_ms=START_MS + 2)
        paid = clients.payments_of(session, account.id)
        assert [(one.kind, one.amount_micro) for one in paid] == [
            ("adjust", 2), ("adjust", -6_000_000), ("topup", 5_000_000),
        ]  # fmt: skip
        assert ledger.get_wallet(session, account.id).balance_micro == -999_998
        assert len(clients.payments_of(session, account.id, limit=1)) == 1


def test_no_look_at_clients_reads_a_whole_table(crowd: Store) -> None:
    wanted = (Wanted(), Wanted(login="an"), Wanted(numbers=("+48600",)))
    with crowd.write() as session, watched() as seen:
        for each in wanted:
            clients.page(session, each)
            clients.page(session, each, before="b")
        clients.payments_of(session, "a1")
        clients.running_calls(session, "a1")
        clients.block(session, "a1", START_MS)
        for statement, parameters in list(seen):
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert [row[3] for row in plan if row[3].startswith("SCAN") and "USING" not in row[3]] == []
