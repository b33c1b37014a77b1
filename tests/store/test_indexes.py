"""What runs for every call and every second never reads a whole table, however old the database is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from callback.store import accounts, cdrs, inbox, ledger, live, nodes, outbox, rates, requests, trace, wishes
from callback.store.db import Store
from tests.store.books import PHONE, START_MS, new_account, new_leg, new_wish


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, _many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def call(session: Session) -> None:
    """One request from wish to end."""
    account = new_account(session, money_micro=1_000_000)
    opened = requests.open_request(session, new_wish(account))
    requests.open_request(session, new_wish(account))
    requests.find_code_call(session, account.id)
    ledger.open_hold(session, opened.request.id, account.id, 180_000, START_MS)
    request = requests.claim_request(session, opened.request.id, "dialer1", 7, START_MS)
    assert request is not None
    leg = new_leg(request)
    requests.record_leg_dialled(session, leg)
    requests.record_trying(session, leg.id, 7, START_MS)
    requests.record_ringing(session, leg.id, 7, START_MS)
    requests.record_answer(session, leg.id, 7, START_MS, {})
    ledger.grow_hold(session, request.id, 1000, START_MS)
    requests.record_leg_end(session, leg.id, 7, START_MS)
    requests.legs_of(session, request.id)
    ledger.settle_leg(session, request.id, leg.id, 1000, START_MS)
    requests.finish_request(session, request.id, 7, "done", "talked", START_MS)
    ledger.release(session, request.id, START_MS)
    cdrs.cdrs_of(session, request.id)
    trace.lines_of(session, request.id)


def relay_round(session: Session) -> None:
    requests.due_requests(session, START_MS)
    requests.postpone(session, ["r1", "r2"], START_MS)
    requests.requests_of_dead(session, "dialer1", 7)
    requests.lost_legs(session, "dialer1", 8)
    nodes.renew(session, "dialer1", 7, START_MS)
    nodes.renew_lease(session, "relay", "me")


def sms(session: Session) -> None:
    account = accounts.find_account(session, "nobody")
    assert account is None
    accounts.find_account_of_number(session, PHONE)
    accounts.default_number(session, "a1")
    accounts.find_number(session, "a1", PHONE)
    accounts.confirm_code(session, PHONE, "123456", key=b"k", now_ms=START_MS)
    rates.find_rate(session, "deck1", PHONE, "A")
    inbox.is_waiting(session, ["main"], START_MS)
    inbox.claim_next(session, 10, "gateway1", ["main"], START_MS)
    inbox.is_forsaken(session, "gateway1", START_MS)
    inbox.take_over(session, "gateway1", START_MS)
    inbox.take_back(session, "gateway1")
    outbox.is_due(session, "main", START_MS)
    outbox.is_known(session, "code:n1:web:k1")
    outbox.claim_due(session, "main", 10, START_MS)


def page_under_way(session: Session) -> None:
    account = new_account(session, login="watcher", money_micro=1_000_000)
    opened = requests.open_request(session, new_wish(account, number="+48600111222"))
    live.find_call(session, opened.request.id, START_MS, account_id=account.id)
    live.live_calls(session, START_MS, account_id=account.id)
    live.live_calls(session, START_MS)
    wishes.open_wishes(session, "dialer1")
    wishes.find_open_wish(session, opened.request.id)
    wishes.finish_wishes(session, opened.request.id, "cancelled", START_MS)


@pytest.mark.parametrize("work", [call, relay_round, sms, page_under_way])
def test_no_table_is_read_whole(store: Store, work: Callable[[Session], None]) -> None:
    open_work = ("inbox_waiting", "inbox_claimed", "request_live", "wish_open")  # open rows only
    scans = []
    with store.write() as session, watched() as seen:
        work(session)
        connection = session.connection()
        for statement, parameters in list(seen):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans += [
                f"{row[3]}: {statement}"
                for row in plan
                if row[3].startswith("SCAN") and not row[3].endswith(open_work)
            ]
    assert scans == []
