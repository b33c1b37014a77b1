"""The history of calls: filtered, cut into pages by what was last seen, summed up by index."""

from typing import Any

import pytest
from sqlmodel import Session

from callback.core.ids import leg_id, new_id
from callback.core.results import Result
from callback.store import history
from callback.store.db import Store
from callback.store.history import CallFilter, CallPage
from callback.store.models import Account, Cdr, Request
from callback.store.rows import insert_values
from tests.store import plenty
from tests.store.books import FRIEND, PHONE, START_MS, new_account
from tests.store.test_indexes import watched

DAY_MS = 86_400_000


def add_call(session: Session, account: Account, nth: int = 0, **values: Any) -> str:
    """A call of that many days after the start; its id."""
    at_ms = START_MS + nth * DAY_MS
    id_ = new_id(at_ms + 3, bytes([nth] * 7))
    call = {
        "id": id_, "source_key": id_, "account_id": account.id, "trigger": "sms", "ani": PHONE,
        "number_a": PHONE, "cli": FRIEND, "deck_id": "deck1", "due_at_ms": at_ms, "created_at_ms": at_ms,
        "state": "done", "outcome": "talked", **values,
    }  # fmt: skip
    insert_values(session, Request, [call])
    return id_


def add_leg(
    session: Session, account: Account, call_id: str, role: str, number: str, attempt: int = 1, **values: Any
) -> None:
    """The record of a leg of it."""
    record = {
        "leg_id": leg_id(call_id, role, attempt), "request_id": call_id, "account_id": account.id,
        "role": role, "attempt": attempt, "number": number, "cli": FRIEND, "trunk": "main",
        "dialled_at_ms": START_MS + attempt, "ended_at_ms": START_MS, "duration_ms": 0, "billed_s": 0,
        "disposition": "answered", "cause": "hangup", "blame": "customer", "cost_micro": 0,
        "currency": account.currency, **values,
    }  # fmt: skip
    insert_values(session, Cdr, [record])


def ids(page: CallPage) -> list[str]:
    return [line.request_id for line in page.lines]


@pytest.fixture
def alice(store: Store) -> Account:
    with store.write() as session:
        return new_account(session, "alice")


def found(store: Store, account: Account, **wanted: Any) -> list[str]:
    """The ids of the calls that match; the totals say the same number."""
    matching = CallFilter(account.id, **wanted)
    with store.read() as session:
        calls = ids(history.page(session, matching))
        assert history.totals(session, matching).calls == len(calls)
    assert [line.request_id for batch in history.batches(store, matching) for line in batch] == calls
    return calls


def test_a_line_sums_up_what_its_legs_cost_and_whom_they_reached(store: Store, alice: Account) -> None:
    with store.write() as session:
        call = add_call(session, alice)
        add_leg(session, alice, call, "A", PHONE, cost_micro=5, duration_ms=90_000)
        add_leg(session, alice, call, "B", FRIEND, 1, disposition="busy")
        add_leg(session, alice, call, "B", FRIEND, 2, cost_micro=70, duration_ms=20_000)
        add_leg(session, alice, call, "B", "+4930123456", 3, cost_micro=7, duration_ms=30_000)
        (line,) = history.page(session, CallFilter(alice.id)).lines
        totals = history.totals(session, CallFilter(alice.id))
    assert line.destinations == (FRIEND, "+4930123456")
    assert (line.talked_ms, line.cost_micro, line.currency) == (50_000, 82, "EUR")
    assert (totals.calls, totals.talked_ms, totals.costs_micro) == (1, 50_000, (("EUR", 82),))
    assert line.result is Result.TALKED


def test_a_call_nobody_was_rung_for_shows_whom_it_was_for(store: Store, alice: Account) -> None:
    with store.write() as session:
        add_call(session, alice, state="queued", outcome="", destination=FRIEND)
        add_call(session, alice, 1, state="queued", outcome="", number_a=FRIEND)
        newer, older = history.page(session, CallFilter(alice.id)).lines
        assert history.totals(session, CallFilter(alice.id)).costs_micro == ()
    assert (older.destinations, older.currency, older.result) == ((FRIEND,), "", Result.LIVE)
    assert newer.destinations == ()


def test_calls_of_others_are_never_among_them(store: Store, alice: Account) -> None:
    with store.write() as session:
        bob = new_account(session, "bob")
        mine, his = add_call(session, alice), add_call(session, bob, 1)
        add_leg(session, bob, his, "B", FRIEND, cost_micro=1)
        lines = history.page(session, CallFilter()).lines
        assert [(line.request_id, line.login) for line in lines] == [(his, "bob"), (mine, "alice")]
        assert history.totals(session, CallFilter()).calls == 2
    assert found(store, alice) == [mine]
    assert found(store, alice, prefixes=(FRIEND,)) == []


def test_a_day_begins_and_ends_to_the_millisecond(store: Store, alice: Account) -> None:
    with store.write() as session:
        calls = [add_call(session, alice, nth) for nth in range(3)]
    assert found(store, alice, from_ms=START_MS + DAY_MS) == [calls[2], calls[1]]
    assert found(store, alice, from_ms=START_MS + DAY_MS + 1) == [calls[2]]
    assert found(store, alice, until_ms=START_MS + DAY_MS) == [calls[0]]
    assert found(store, alice, until_ms=START_MS + DAY_MS + 1) == [calls[1], calls[0]]
    assert found(store, alice, from_ms=START_MS + 9 * DAY_MS) == []


def test_a_number_is_found_on_either_leg_and_by_its_beginning(store: Store, alice: Account) -> None:
    with store.write() as session:
        by_phone = add_call(session, alice, 1)
        wanted = add_call(session, alice, 2, number_a="+33123456789", destination="+4930123456")
        dialled = add_call(session, alice, 3, number_a="+33123456789")
        add_leg(session, alice, dialled, "B", "+4930999999")
    assert found(store, alice, prefixes=(PHONE,)) == [by_phone]
    assert found(store, alice, prefixes=("+4930",)) == [dialled, wanted]
    assert found(store, alice, prefixes=("+493099",)) == [dialled]
    assert found(store, alice, prefixes=("+4860", "+4930")) == [dialled, wanted, by_phone]
    assert found(store, alice, prefixes=("+49309999999",)) == []  # longer than the number itself


def test_results_take_every_outcome_to_one_side(store: Store, alice: Account) -> None:
    outcomes = ("talked", "a-busy", "a-rejected", "lost", "", "not-known-yet")
    with store.write() as session:
        calls = {what: add_call(session, alice, nth, outcome=what) for nth, what in enumerate(outcomes)}
    sorted_out = {result: found(store, alice, result=result) for result in Result}
    assert sorted_out[Result.NOT_ANSWERED] == [calls["a-rejected"], calls["a-busy"]]
    assert sorted_out[Result.FAILED] == [calls["not-known-yet"], calls["lost"]]
    assert sorted_out[Result.LIVE] == [calls[""]]
    assert sum(map(len, sorted_out.values())) == len(calls)


def test_pages_lead_to_the_end_and_back(store: Store, alice: Account) -> None:
    with store.write() as session:
        every = [add_call(session, alice, nth) for nth in range(7)][::-1]
    wanted = CallFilter(alice.id)
    with store.read() as session:
        first = history.page(session, wanted, limit=3)
        second = history.page(session, wanted, before_id=first.older, limit=3)
        third = history.page(session, wanted, before_id=second.older, limit=3)
        assert ids(first) + ids(second) + ids(third) == every
        assert (first.newer, third.older) == (None, None)
        back = history.page(session, wanted, after_id=third.newer, limit=3)
        assert (back, ids(history.page(session, wanted, after_id=back.newer, limit=3))) == (
            second,
            ids(first),
        )


def test_a_new_call_moves_no_page(store: Store, alice: Account) -> None:
    with store.write() as session:
        older = [add_call(session, alice, nth) for nth in range(4)][::-1]
        first = history.page(session, CallFilter(alice.id), limit=2)
        newest = add_call(session, alice, 4)
        assert ids(history.page(session, CallFilter(alice.id), before_id=first.older, limit=2)) == older[2:]
        assert ids(history.page(session, CallFilter(alice.id), after_id=older[0], limit=2)) == [newest]


def test_beyond_the_last_call_there_is_an_empty_page(store: Store, alice: Account) -> None:
    with store.write() as session:
        only = add_call(session, alice)
        assert history.page(session, CallFilter(alice.id), before_id=only) == CallPage((), None, None)
    assert list(history.batches(store, CallFilter("nobody"))) == []


def test_an_export_holds_no_snapshot_while_its_batches_are_taken(store: Store) -> None:
    """A reader that stays would keep the WAL from being emptied: TRUNCATE says so in its first column."""
    plenty.fill(store, 2_500, clients=2)
    batches = history.batches(store, CallFilter())
    assert len(next(batches)) == 1_000
    with store.write() as session:
        new_account(session, "carol")
    with store.read() as session:
        busy, *_ = session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    assert busy == 0
    assert [len(batch) for batch in batches] == [1_000, 500]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"from_ms": START_MS},
        {"until_ms": START_MS},
        {"prefixes": (PHONE, "+33")},
        {"result": Result.TALKED},
        {"result": Result.FAILED},
        {"from_ms": START_MS, "until_ms": START_MS, "prefixes": (PHONE,), "result": Result.LIVE},
    ],
)
def test_no_filter_reads_the_calls_of_all_accounts(
    store: Store, alice: Account, wanted: dict[str, Any]
) -> None:
    with store.write() as session:
        add_leg(session, alice, add_call(session, alice), "A", PHONE)
        with watched() as seen:
            matching = CallFilter(alice.id, **wanted)
            history.page(session, matching)
            history.page(session, matching, before_id=new_id(START_MS, b"0" * 7))
            history.page(session, matching, after_id=new_id(START_MS, b"0" * 7))
            history.totals(session, matching)
        assert len(seen) <= 8  # two a page, two for the totals
        scans = [
            f"{row[3]}: {statement}"
            for statement, parameters in list(seen)
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            if (row[3].startswith("SCAN") and row[3] != "SCAN matching") or "TEMP B-TREE FOR ORDER" in row[3]
        ]
    assert scans == []


def test_an_account_is_summed_up_from_its_index_alone(store: Store, alice: Account) -> None:
    with store.read() as session:
        with watched() as seen:
            history.totals(session, CallFilter(alice.id))
        plans = [
            row[3]
            for statement, parameters in list(seen)
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    searches = [plan for plan in plans if plan.startswith("SEARCH")]
    assert len(searches) == 2
    assert all("COVERING INDEX" in plan for plan in searches)


@pytest.mark.parametrize("few", [0, 1000])
def test_a_number_is_found_among_everybodys_calls_be_they_few_or_many(
    store: Store, alice: Account, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_FEW", few)
    with store.write() as session:
        bob = new_account(session, "bob")
        by_phone = add_call(session, alice, 0)
        wanted = add_call(session, bob, 1, number_a="+33123456789", destination="+493012345678")
        dialled = add_call(session, alice, 2, number_a="+33123456789")
        add_leg(session, alice, dialled, "B", "+493099999999")
        cases: dict[tuple[str, ...], list[str]] = {
            (PHONE,): [by_phone],
            ("+4930",): [dialled, wanted],
            ("+4860", "+493099"): [dialled, by_phone],
            ("+1",): [],
        }
        for prefixes, expected in cases.items():
            assert ids(history.page(session, CallFilter(prefixes=prefixes))) == expected
        older = history.page(session, CallFilter(prefixes=("+4930",)), before_id=dialled)
        assert ids(older) == [wanted]


def test_a_rare_number_is_found_without_reading_everybodys_calls(store: Store) -> None:
    with store.read() as session:
        with watched() as seen:
            history.page(session, CallFilter(prefixes=(PHONE, "+33")))
        plans = [
            row[3]
            for statement, parameters in list(seen)
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    scans = [plan for plan in plans if (plan.startswith("SCAN") and "request" in plan) or "SCAN cdr" in plan]
    assert scans == []
    assert len([plan for plan in plans if "COVERING INDEX" in plan and "number" in plan]) == 6
    assert "USE TEMP B-TREE FOR ORDER BY" not in plans


def test_numbers_are_told_in_the_order_in_which_they_were_dialled(store: Store, alice: Account) -> None:
    with store.write() as session:
        call = add_call(session, alice)
        for attempt, number in enumerate(("+49302", "+49301", "+49302", "+49303"), 1):
            add_leg(session, alice, call, "B", number, attempt, duration_ms=10, cost_micro=5)
        (line,) = history.page(session, CallFilter(alice.id)).lines
    assert line.destinations == ("+49302", "+49301", "+49303")
    assert (line.talked_ms, line.cost_micro, line.currency) == (40, 20, alice.currency)
