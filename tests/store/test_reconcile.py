"""The books are proven right, and each way of being wrong is found and named."""

import pytest
from sqlalchemy import text
from sqlmodel import Session

from callback.store import cdrs, ledger, requests
from callback.store.db import Store
from callback.store.reconcile import reconcile
from tests.store.books import START_MS, new_account, new_cdr, new_leg, new_wish

COST_MICRO = 60_000


def finished_call(session: Session) -> str:
    """One answered leg A and one busy leg B, paid and over; the request's id."""
    account = new_account(session, money_micro=1_000_000)
    opened = requests.open_request(session, new_wish(account))
    assert ledger.open_hold(session, opened.request.id, account.id, 180_000, START_MS)
    request = requests.claim_request(session, opened.request.id, "dialer1", 7, START_MS)
    assert request is not None
    for role, answered_at_ms in (("A", START_MS), ("B", None)):
        leg = new_leg(request, role)
        assert requests.record_leg_dialled(session, leg)
        if answered_at_ms:
            assert requests.record_answer(session, leg.id, 7, answered_at_ms, {})
        assert requests.record_leg_end(session, leg.id, 7, START_MS + 60_000)
        cost = ledger.settle_leg(session, request.id, leg.id, COST_MICRO, START_MS) if answered_at_ms else 0
        assert cdrs.record_cdr(session, new_cdr(leg, account, cost, answered_at_ms))
    assert requests.finish_request(session, request.id, 7, "done", "talked", START_MS)
    assert ledger.release(session, request.id, START_MS) == 120_000
    return request.id


def test_a_call_from_wish_to_charge_agrees(store: Store) -> None:
    with store.write() as session:
        finished_call(session)
        assert reconcile(session) == []


def test_a_call_that_still_runs_agrees(store: Store) -> None:
    with store.write() as session:
        account = new_account(session, money_micro=1_000_000)
        opened = requests.open_request(session, new_wish(account))
        assert ledger.open_hold(session, opened.request.id, account.id, 180_000, START_MS)
        assert reconcile(session) == []
        request = requests.claim_request(session, opened.request.id, "dialer1", 7, START_MS)
        assert request is not None
        assert requests.record_leg_dialled(session, new_leg(request))
        assert reconcile(session) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "UPDATE ledger_account SET balance_micro = balance_micro + 1 WHERE id LIKE 'wallet:%'",
            ["balance 940001, but its transfers make 940000"],
        ),
        (
            "UPDATE ledger_account SET floor_micro = 2000000 WHERE id LIKE 'wallet:%'",
            ["balance 940000 is below its floor 2000000"],
        ),
        (
            "UPDATE transfer SET currency = 'USD' WHERE kind = 'topup'",
            ["is in another currency than topup:EUR", "is in another currency than wallet:"],
        ),
        ("UPDATE hold SET held_micro = 180001", ["says 180001 held, but its transfers make 180000"]),
        ("UPDATE hold SET settled_micro = 1", ["says 1 settled, but its transfers make 60000"]),
        (
            "UPDATE hold SET state = 'open'",
            [
                "is open, but 120000 was released",
                "balance 0, but open holds make 120000",
                "is done, and its hold is open",
            ],
        ),
        (
            "DELETE FROM transfer WHERE kind = 'release'",
            ["balance 940000, but its transfers make 820000", "balance 0, but its transfers make 120000",
             "is closed, but 0 of 120000 was released"],
        ),
        (
            "DELETE FROM hold",
            ["for a request without a hold", "is done, and its hold is missing"],
        ),
        (
            "UPDATE request SET state = 'queued'",
            ["is queued, and its hold is closed"],
        ),
        (
            "UPDATE cdr SET cost_micro = 59999 WHERE role = 'A'",
            ["says a cost of 59999, but 60000 was settled"],
        ),
        (
            "UPDATE cdr SET cost_micro = 1 WHERE role = 'B'",
            ["was not answered, but costs 1 with 0 settlements"],
        ),
        (
            "DELETE FROM cdr WHERE role = 'A'",
            ["has ended and has no CDR", "is a settlement without a CDR"],
        ),
        (
            "UPDATE transfer SET leg_id = NULL WHERE kind = 'settle'",
            ["was answered and has 0 settlements", "is a settlement without a CDR"],
        ),
        (
            "UPDATE leg SET state = 'answered' WHERE role = 'A'",
            ["is the record of a leg that has not ended", "is answered, but its request is done"],
        ),
    ],
)  # fmt: skip
def test_each_disagreement_is_named(store: Store, wrong: str, told: list[str]) -> None:
    with store.write() as session:
        finished_call(session)
        session.connection().execute(text(wrong))
        faults = [str(fault) for fault in reconcile(session)]
    assert len(faults) == len(told), faults
    for message in told:
        assert any(message in fault for fault in faults), (message, faults)


def test_a_fault_names_table_and_row(store: Store) -> None:
    with store.write() as session:
        request_id = finished_call(session)
        session.connection().execute(text("UPDATE hold SET held_micro = 180001"))
        assert [str(fault) for fault in reconcile(session)] == [
            f"hold {request_id}: says 180001 held, but its transfers make 180000"
        ]
