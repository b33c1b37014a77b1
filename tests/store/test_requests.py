"""Requests: one live one per number, one owner per request, no word from the dead."""

import json

import pytest
from sqlmodel import Session, select

from callback.store import accounts, requests
from callback.store.db import Store
from callback.store.models import Account, Leg, Request
from callback.store.requests import AlreadyLive, Opened, Repeated, Replaced
from tests.store.books import FRIEND, START_MS, new_account, new_leg, new_wish


def running(session: Session, account: Account, epoch: int = 7) -> Request:
    opened = requests.open_request(session, new_wish(account))
    claimed = requests.claim_request(session, opened.request.id, "dialer1", epoch, START_MS)
    assert claimed is not None
    return claimed


def test_a_wish_becomes_a_queued_request(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        opened = requests.open_request(session, new_wish(account, destination=FRIEND))
    assert isinstance(opened, Opened)
    assert (opened.request.state, opened.request.destination) == ("queued", FRIEND)


def test_the_same_source_finds_its_request_whatever_became_of_it(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        first = requests.open_request(session, new_wish(account, source="sms:1"))
        again = requests.open_request(session, new_wish(account, source="sms:1"))
        assert requests.cancel_queued(session, first.request.id, "cancelled", "stop", START_MS)
        after_end = requests.open_request(session, new_wish(account, source="sms:1"))
    assert isinstance(again, Repeated) and isinstance(after_end, Repeated)
    assert again.request.id == after_end.request.id == first.request.id
    assert after_end.request.state == "cancelled"


def test_a_newer_wish_replaces_the_queued_one_in_place(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        first = requests.open_request(session, new_wish(account, source="sms:1"))
        newer = requests.open_request(session, new_wish(account, destination=FRIEND, source="sms:2"))
        assert isinstance(newer, Replaced)
        assert newer.request.id == first.request.id
        assert (newer.request.destination, newer.request.source_key) == (FRIEND, "sms:2")
        assert newer.request.version > first.request.version
        assert len(session.exec(select(Request)).all()) == 1


@pytest.mark.parametrize(("waiting", "newer"), [("code", "callback"), ("callback", "code"), ("code", "code")])
def test_a_call_that_reads_a_code_is_not_replaced_and_replaces_none(
    store: Store, waiting: str, newer: str
) -> None:
    with store.write() as session:
        account = new_account(session)
        first, second = new_wish(account), new_wish(account)
        first.purpose, second.purpose = waiting, newer
        requests.open_request(session, first)
        assert isinstance(requests.open_request(session, second), AlreadyLive)
        assert [request.id for request in requests.list_requests(session)] == [first.id]


def reading(session: Session) -> Request:
    """A queued call that reads a code."""
    wish = new_wish(new_account(session))
    wish.purpose, wish.code_sealed = requests.CODE, "sealed"
    assert isinstance(requests.open_request(session, wish), Opened)
    assert requests.find_code_call(session, wish.account_id)
    return wish


def test_a_code_is_erased_with_the_end_of_its_call(store: Store) -> None:
    with store.write() as session:
        cancelled = reading(session)
        assert requests.cancel_queued(session, cancelled.id, "cancelled", "stop", START_MS)
    with store.write() as session:
        finished = new_wish(accounts.get_account(session, cancelled.account_id))
        finished.purpose, finished.code_sealed = requests.CODE, "sealed"
        requests.open_request(session, finished)
        requests.claim_request(session, finished.id, "dialer1", 7, START_MS)
        assert requests.requeue(session, finished.id, 7, START_MS)
        assert requests.get_request(session, finished.id).code_sealed == "sealed", "it is still to be read"
        requests.claim_request(session, finished.id, "dialer1", 8, START_MS)
        assert requests.finish_request(session, finished.id, 8, "failed", "lost", START_MS)
        for request in requests.list_requests(session):
            assert request.code_sealed is None
            assert requests.find_code_call(session, request.account_id) is None


def test_a_code_nobody_came_to_read_is_erased_in_time(store: Store) -> None:
    with store.write() as session:
        forgotten = reading(session)
        assert requests.erase_codes(session, START_MS) == 0
        assert requests.erase_codes(session, START_MS + 1) == 1
        assert requests.get_request(session, forgotten.id).code_sealed is None


def test_a_number_whose_call_is_being_set_up_gets_no_second_one(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        request = running(session, account)
        newer = requests.open_request(session, new_wish(account, destination=FRIEND))
        assert isinstance(newer, AlreadyLive)
        assert (newer.state, newer.request.id, newer.request.destination) == ("running", request.id, None)
        assert requests.finish_request(session, request.id, 7, "done", "talked", START_MS)
        assert isinstance(requests.open_request(session, new_wish(account)), Opened)


def test_another_account_cannot_replace_a_queued_request(store: Store) -> None:
    with store.write() as session:
        first = requests.open_request(session, new_wish(new_account(session, "alice")))
        other = requests.open_request(session, new_wish(new_account(session, "bob")))
        assert isinstance(other, AlreadyLive)
        assert (other.state, other.request.id) == ("queued", first.request.id)


def test_a_request_is_claimed_once(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session))
        assert (request.state, request.node, request.epoch) == ("running", "dialer1", 7)
        assert requests.claim_request(session, request.id, "dialer2", 8, START_MS) is None
        assert requests.claim_request(session, "no such request", "dialer2", 8, START_MS) is None
        assert not requests.cancel_queued(session, request.id, "cancelled", "stop", START_MS)


def test_a_leg_is_told_from_dial_to_end(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session))
        leg = new_leg(request)
        assert requests.record_leg_dialled(session, leg)
        assert requests.get_request(session, request.id).attempt == 1
        assert requests.record_trying(session, leg.id, 7, START_MS + 10)
        for at_ms in (START_MS + 500, START_MS + 900):  # phones say it again and again: the first counts
            assert requests.record_ringing(session, leg.id, 7, at_ms)
        assert requests.record_answer(session, leg.id, 7, START_MS + 3000, {"to_tag": "x"})
        assert not requests.record_answer(session, leg.id, 7, START_MS + 4000, {})
        assert requests.record_leg_end(session, leg.id, 7, START_MS + 9000)
        assert not requests.record_leg_end(session, leg.id, 7, START_MS + 9999)
        kept = requests.legs_of(session, request.id)
    assert [
        (leg.trying_at_ms, leg.ringing_at_ms, leg.answered_at_ms, leg.ended_at_ms, leg.state, leg.cleared)
        for leg in kept
    ] == [(START_MS + 10, START_MS + 500, START_MS + 3000, START_MS + 9000, "ended", True)]
    assert json.loads(kept[0].dialog or "") == {"to_tag": "x"}


def test_only_leg_a_counts_as_an_attempt(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session))
        for role, attempt in (("A", 1), ("A", 2), ("B", 1), ("B", 2), ("B", 3)):
            assert requests.record_leg_dialled(session, new_leg(request, role, attempt))
        assert requests.get_request(session, request.id).attempt == 2


def test_dialling_one_leg_twice_is_our_mistake(store: Store) -> None:
    with pytest.raises(AssertionError, match="dialled before"), store.write() as session:
        request = running(session, new_account(session))
        requests.record_leg_dialled(session, new_leg(request))
        requests.record_leg_dialled(session, new_leg(request))


def test_who_lost_the_request_writes_nothing_more(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session), epoch=7)
        leg, second = new_leg(request), new_leg(request, "B", 1)
        requests.record_leg_dialled(session, leg)
        assert requests.adopt_request(session, request.id, 7, "dialer1", 9)
        assert not requests.adopt_request(session, request.id, 7, "relay1", 10)
        assert not requests.record_leg_dialled(session, second)
        assert not requests.record_trying(session, leg.id, 7, START_MS)
        assert not requests.record_ringing(session, leg.id, 7, START_MS)
        assert not requests.record_answer(session, leg.id, 7, START_MS, {})
        assert not requests.record_leg_end(session, leg.id, 7, START_MS)
        assert not requests.requeue(session, request.id, 7, START_MS)
        assert not requests.finish_request(session, request.id, 7, "done", "talked", START_MS)
        assert requests.record_leg_end(session, leg.id, 9, START_MS, cleared=False)
        assert requests.finish_request(session, request.id, 9, "failed", "lost", START_MS)
        assert [kept.id for kept in session.exec(select(Leg))] == [leg.id]


def test_a_requeued_request_keeps_its_attempts_and_belongs_to_nobody(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session))
        requests.record_leg_dialled(session, new_leg(request))
        assert requests.requeue(session, request.id, 7, START_MS + 1000)
        again = requests.get_request(session, request.id)
        assert (again.state, again.node, again.epoch, again.attempt) == ("queued", None, None, 1)
        assert again.due_at_ms == START_MS + 1000
        assert requests.claim_request(session, request.id, "dialer2", 8, START_MS) is not None


def test_due_requests_come_the_longest_due_first_and_only_so_many(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        ids = []
        for number in range(5):
            wish = new_wish(account, f"+4860031605{number}")
            wish.due_at_ms = START_MS - number
            ids.append(requests.open_request(session, wish).request.id)
        ids.reverse()
        assert [due.id for due in requests.due_requests(session, START_MS, limit=3)] == ids[:3]
        assert requests.due_requests(session, START_MS - 10) == []
        assert requests.postpone(session, ids[:2], START_MS + 5000) == 2
        assert [due.id for due in requests.due_requests(session, START_MS)] == ids[2:]


def test_what_a_dead_node_left_is_found(store: Store) -> None:
    with store.write() as session:
        request = running(session, new_account(session), epoch=7)
        leg = new_leg(request)
        requests.record_leg_dialled(session, leg)
        assert [lost.id for lost in requests.requests_of_dead(session, "dialer1", 7)] == [request.id]
        assert requests.requests_of_dead(session, "dialer1", 6) == []
        assert requests.requests_of_dead(session, "dialer2", 7) == []
        assert [lost.id for lost in requests.lost_legs(session, "dialer1", 8)] == [leg.id]
        assert requests.lost_legs(session, "dialer1", 7) == []  # its own life
        assert requests.record_cleared(session, leg.id)
        assert not requests.record_cleared(session, leg.id)
        assert requests.lost_legs(session, "dialer1", 8) == []


def test_requests_are_listed_page_by_page(store: Store) -> None:
    with store.write() as session:
        alice, bob = new_account(session, "alice"), new_account(session, "bob")
        ids = [
            requests.open_request(session, new_wish(account, f"+4860031605{number}")).request.id
            for number, account in enumerate((alice, bob, alice))
        ]
        assert [each.id for each in requests.list_requests(session)] == ids[::-1]
        assert [each.id for each in requests.list_requests(session, account_id=alice.id)] == [ids[2], ids[0]]
        assert [each.id for each in requests.list_requests(session, limit=1, before_id=ids[1])] == [ids[0]]
