"""SMS in the inbox: repeats, claims, outcomes. Time is moved by hand."""

import pytest

from callback.store import inbox
from callback.store.db import Store
from callback.store.inbox import ClaimLost, NewSms, StoredSms, Windows
from tests.store.letters import rows

WINDOWS = Windows(retry_ms=30_000, broken_ms=300_000)
ME, OTHER = "gateway@me", "gateway@other"
T0 = 1_700_000_000_000


@pytest.fixture
def bound(store: Store) -> Store:
    """A store that knows two sessions of the link."""
    with store.write() as session:
        for name in ("first", "second"):
            inbox.open_session(session, name, "one", T0)
    return store


def sms(at_ms: int = T0, key: bytes = b"wish", session_id: str = "first", **changes: str) -> NewSms:
    return NewSms(
        link="one",
        session_id=session_id,
        dedupe_key=key,
        ani="+48600316058",
        dnis="+48221234567",
        sealed=b"sealed",
        received_at_ms=at_ms,
        **changes,
    )


def put(store: Store, *new: NewSms, claim_max: int = 0) -> list[StoredSms]:
    with store.write() as session:
        return inbox.store_batch(session, new, WINDOWS, claim_for=ME, claim_max=claim_max)


def acked(store: Store, session_id: str, inbox_id: int) -> None:
    with store.write() as session:
        inbox.record_acked(session, [(session_id, inbox_id)])


def states(stored: list[StoredSms]) -> list[str]:
    return [row.state for row in stored]


# --- repeats (5a)


@pytest.mark.parametrize(("after_ms", "state"), [(0, "repeat"), (30_000, "repeat"), (30_001, "received")])
def test_a_copy_within_thirty_seconds_of_an_acknowledged_one_is_a_repeat(
    bound: Store, after_ms: int, state: str
) -> None:
    (first,) = put(bound, sms())
    acked(bound, "first", first.inbox_id)
    assert states(put(bound, sms(T0 + after_ms, session_id="second"))) == [state]


@pytest.mark.parametrize(
    ("after_ms", "state"), [(30_001, "repeat"), (300_000, "repeat"), (300_001, "received")]
)
def test_a_copy_of_a_doubtful_one_is_a_repeat_for_five_minutes(
    bound: Store, after_ms: int, state: str
) -> None:
    put(bound, sms())
    assert states(put(bound, sms(T0 + after_ms, session_id="second"))) == [state]


def test_a_response_that_came_before_the_doubtful_one_says_nothing_of_it(bound: Store) -> None:
    first, _ = put(bound, sms(key=b"other"), sms())
    acked(bound, "first", first.inbox_id)
    assert states(put(bound, sms(T0 + 200_000, session_id="second"))) == ["repeat"]


def test_copies_in_one_read_are_repeats_of_the_first(bound: Store) -> None:
    stored = put(bound, sms(), sms(key=b"other"), sms(), claim_max=10)
    assert states(stored) == ["claimed", "claimed", "repeat"]


def test_a_repeat_keeps_no_body_and_is_never_claimed(bound: Store) -> None:
    put(bound, sms(), sms())
    with bound.write() as session:
        claimed = inbox.claim_next(session, 10, ME, ["one"], T0)
    assert [row.inbox_id for row in claimed] == [1]
    assert rows(bound, "SELECT sealed, outcome FROM inbox WHERE id = 2") == [(None, "repeat")]


def test_another_wish_is_no_repeat(bound: Store) -> None:
    put(bound, sms())
    assert states(put(bound, sms(key=b"other"))) == ["received"]


def test_a_receipt_is_kept_and_not_executed(bound: Store) -> None:
    stored = put(bound, sms(state="done", outcome="receipt"), claim_max=10)
    assert states(stored) == ["done"]


# --- claims


def test_only_so_many_are_born_claimed_the_rest_wait(bound: Store) -> None:
    stored = put(bound, sms(key=b"1"), sms(key=b"2"), sms(key=b"3"), claim_max=2)
    assert states(stored) == ["claimed", "claimed", "received"]


def test_claims_go_oldest_first_and_never_twice(bound: Store) -> None:
    put(bound, sms(key=b"1"), sms(key=b"2"), sms(key=b"3"))
    claimed = []
    for by in (ME, OTHER):
        with bound.write() as session:
            assert inbox.is_waiting(session, ["one"], T0)
            claimed += [
                (by, row.inbox_id, row.tries) for row in inbox.claim_next(session, 2, by, ["one"], T0)
            ]
    assert claimed == [(ME, 1, 1), (ME, 2, 1), (OTHER, 3, 1)]
    with bound.read() as session:
        assert not inbox.is_waiting(session, ["one"], T0)


def test_an_sms_of_an_unknown_link_is_left_to_others(bound: Store) -> None:
    put(bound, sms())
    with bound.write() as session:
        assert inbox.claim_next(session, 10, ME, ["two"], T0) == []


def test_what_was_released_rests_until_its_time(bound: Store) -> None:
    put(bound, sms(), claim_max=1)
    with bound.write() as session:
        assert inbox.release(session, 1, ME, not_before_ms=T0 + 1000, count_try=True)
        assert inbox.claim_next(session, 1, ME, ["one"], T0 + 999) == []
        (again,) = inbox.claim_next(session, 1, ME, ["one"], T0 + 1000)
    assert (again.tries, again.sealed, again.dedupe_key) == (2, b"sealed", b"wish")


def test_a_try_that_was_not_its_fault_does_not_count(bound: Store) -> None:
    put(bound, sms(), claim_max=1)
    with bound.write() as session:
        inbox.release(session, 1, ME, not_before_ms=0, count_try=False)
        (again,) = inbox.claim_next(session, 1, ME, ["one"], T0)
    assert again.tries == 1


def test_a_restarted_gateway_takes_back_its_own_claims_only(bound: Store) -> None:
    put(bound, sms(key=b"1"), sms(key=b"2"), claim_max=1)
    with bound.write() as session:
        inbox.claim_next(session, 1, OTHER, ["one"], T0)
        assert inbox.take_back(session, ME) == 1
        assert [row.inbox_id for row in inbox.claim_next(session, 9, ME, ["one"], T0)] == [1]


def test_the_claims_of_a_dead_gateway_are_taken_over_after_the_lease(bound: Store) -> None:
    put(bound, sms(), claim_max=1)
    with bound.write() as session:
        assert not inbox.is_forsaken(session, OTHER, T0 - 1)
        assert not inbox.is_forsaken(session, ME, T0)
        assert inbox.is_forsaken(session, OTHER, T0)
        assert inbox.take_over(session, OTHER, T0) == 1
        assert len(inbox.claim_next(session, 1, OTHER, ["one"], T0)) == 1


# --- outcomes


def test_the_outcome_erases_the_sealed_body_and_leaves_the_masked_text(bound: Store) -> None:
    put(bound, sms(), claim_max=1)
    with bound.write() as session:
        inbox.record_outcome(session, 1, ME, outcome="registered", masked="U.a P.***", now_ms=T0 + 5)
    found = rows(bound, "SELECT state, outcome, sealed, masked, done_at_ms FROM inbox")
    assert found == [("done", "registered", None, "U.a P.***", T0 + 5)]


def test_a_gateway_that_lost_its_claim_records_nothing(bound: Store) -> None:
    put(bound, sms(), claim_max=1)
    with bound.write() as session:
        inbox.take_over(session, OTHER, T0)
        inbox.claim_next(session, 1, OTHER, ["one"], T0)
    with pytest.raises(ClaimLost), bound.write() as session:
        inbox.record_outcome(session, 1, ME, outcome="registered", masked="", now_ms=T0)
    with pytest.raises(ClaimLost), bound.write() as session:
        inbox.quarantine(session, 1, ME, outcome="system-trouble", now_ms=T0)
    with bound.write() as session:
        assert not inbox.release(session, 1, ME, not_before_ms=0, count_try=True)
    assert rows(bound, "SELECT state, claimed_by FROM inbox") == [("claimed", OTHER)]


def test_a_quarantined_body_stays_sealed_until_retention_ends(bound: Store) -> None:
    put(bound, sms(), sms(key=b"waits"), claim_max=1)
    with bound.write() as session:
        inbox.quarantine(session, 1, ME, outcome="system-trouble", now_ms=T0)
        assert inbox.erase_sealed(session, T0) == 0
        assert inbox.erase_sealed(session, T0 + 1) == 1
    assert rows(bound, "SELECT sealed FROM inbox ORDER BY id") == [(None,), (b"sealed",)]


def test_a_session_has_a_beginning_and_an_end(bound: Store) -> None:
    with bound.write() as session:
        inbox.close_session(session, "first", T0 + 9)
    found = rows(bound, "SELECT id, started_at_ms, ended_at_ms FROM bind_session ORDER BY id")
    assert found == [("first", T0, T0 + 9), ("second", T0, None)]
