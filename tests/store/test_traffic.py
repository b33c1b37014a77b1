"""What went through, counted from an instant on; what processes tell, as long as they live."""

import json

import pytest
from sqlmodel import Session

from callback.core.hours import HOUR_MS, CallHour
from callback.core.outcomes import Reason
from callback.core.results import Result
from callback.store import cdrs, inbox, nodes, requests, traffic
from callback.store.db import Store
from callback.store.models import Account
from callback.store.traffic import LinkCount, LinkNow, SmsCount, TrunkCount, TrunkNow
from tests.store import plenty
from tests.store.books import START_MS, new_account, new_cdr, new_leg, new_wish
from tests.store.test_indexes import watched
from tests.store.test_sms_log import came, went

LATER_MS = START_MS + 1000


@pytest.fixture
def busy(store: Store) -> Store:
    with store.write() as session:
        inbox.open_session(session, "s", "main", START_MS)
        came(session, START_MS - 1)
        for outcome in ("balance", "no-rate", "bad-credentials", "no-rate", "receipt"):
            came(session, START_MS, outcome=outcome)
        came(session, START_MS, link="spare", state="repeat", outcome="repeat")
        came(session, START_MS, link="spare", state="quarantined", outcome="undecodable")
        went(session, START_MS - 1, "a", state="queued")
        went(session, START_MS, "b")
        went(session, START_MS, "c", state="failed")
    return store


def test_sms_of_a_day_are_counted_with_their_refusals(busy: Store) -> None:
    with busy.read() as session:
        assert traffic.count_sms(session, START_MS) == SmsCount(
            7, 1, 1, 1, 1, ((Reason.NO_RATE, 2), (Reason.BAD_CREDENTIALS, 1))
        )
        assert traffic.count_sms(session, LATER_MS) == SmsCount()


def test_each_link_has_its_figures_and_what_waits_is_never_old(busy: Store) -> None:
    with busy.read() as session:
        assert traffic.count_by_link(session, START_MS) == {
            "main": LinkCount(5, 1, 1, 1), "spare": LinkCount(2, 0, 0, 0),
        }  # fmt: skip
        assert traffic.count_by_link(session, LATER_MS) == {"main": LinkCount(waiting=1)}


def test_calls_and_trunks_of_a_day_are_counted(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        talk(session, account)
        waiting = new_wish(account, "+48600316059")
        requests.open_request(session, waiting)
        assert traffic.count_calls(session, START_MS) == {Result.TALKED: 1, Result.LIVE: 1}
        assert traffic.count_calls(session, LATER_MS) == {}
        assert traffic.count_by_trunk(session, START_MS) == {"main": TrunkCount(2, 1, 1)}
        assert traffic.count_by_trunk(session, LATER_MS) == {}


def test_calls_are_counted_by_the_hour_they_were_asked_for(store: Store) -> None:
    first_ms = START_MS - 2 * HOUR_MS
    with store.write() as session:
        account = new_account(session)
        talk(session, account)
        requests.open_request(session, new_wish(account, "+48600316059"))
        hours = traffic.calls_by_hour(session, first_ms)
        assert hours[2] == CallHour(START_MS, talked=1)
        assert sum(hour.calls for hour in hours) == 1
        assert not any(hour.calls for hour in traffic.calls_by_hour(session, START_MS + 1))
        assert not any(hour.calls for hour in traffic.calls_by_hour(session, START_MS - 24 * HOUR_MS))


def test_the_hours_of_an_old_database_are_read_by_one_look_into_an_index(store: Store) -> None:
    ids = plenty.fill(store, 500, clients=3)
    plenty.add_calls(store, ids, 1, plenty.BORN_MS, first=-1)
    first_ms = plenty.BORN_MS + 100 * plenty.APART_MS
    with store.read() as session, watched() as seen:
        hours = traffic.calls_by_hour(session, first_ms)
        (asked,) = seen
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1]).all()
    assert [hour.calls for hour in hours] == [HOUR_MS // plenty.APART_MS] * 24
    assert plan[0][3].startswith("SEARCH request USING INDEX"), plan
    assert "created_at_ms>? AND created_at_ms<?" in plan[0][3], plan


def talk(session: Session, account: Account) -> None:
    """A call whose first leg A was the carrier's failure."""
    opened = requests.open_request(session, new_wish(account))
    request = requests.claim_request(session, opened.request.id, "dialer", 7, START_MS)
    assert request is not None
    failed = new_cdr(new_leg(request, attempt=1), account, 0, None)
    failed.blame = "carrier"
    cdrs.record_cdr(session, failed)
    cdrs.record_cdr(session, new_cdr(new_leg(request, attempt=2), account, 0, START_MS))
    requests.finish_request(session, request.id, 7, "done", "talked", START_MS)


def test_the_later_word_about_a_link_counts(store: Store) -> None:
    bound = {"state": "bound", "bound_at_ms": 5, "heard_at_ms": 6}
    down = {"state": "down", "bound_at_ms": None, "heard_at_ms": None}
    with store.write() as session:
        tell(session, "gateway@old", "gateway", START_MS, {"links": {"main": bound}})
        tell(session, "gateway@new", "gateway", LATER_MS, {"links": {"main": down}})
        tell(session, "gateway@gone", "gateway", START_MS - 1, {"links": {"other": bound}})
        seen = traffic.living_nodes(session, START_MS)
    assert [node.name for node in seen] == ["gateway@new", "gateway@old"]
    assert traffic.links_told(seen) == {"main": LinkNow("gateway@new", LATER_MS, "down", None, None)}


def test_only_dialers_that_live_are_believed_about_trunks(store: Store) -> None:
    told = {"trunks": {"main": {"state": "resolved", "address": "127.0.0.1"}}}
    with store.write() as session:
        tell(session, "dialer@a", "dialer", START_MS, told)
        tell(session, "dialer@b", "dialer", START_MS - 20_001, told)
        epoch = tell(session, "dialer@c", "dialer", START_MS, told)
        nodes.mark_down(session, "dialer@c", epoch)
        seen = traffic.living_nodes(session, 0)
    assert traffic.trunks_told(seen, START_MS) == {"main": (TrunkNow("dialer@a", "resolved", "127.0.0.1"),)}


def test_nothing_is_counted_by_reading_a_whole_table(busy: Store) -> None:
    with busy.read() as session, watched() as seen:
        traffic.count_sms(session, START_MS)
        traffic.count_calls(session, START_MS)
        traffic.calls_by_hour(session, START_MS)
        traffic.count_by_link(session, START_MS)
        traffic.count_by_trunk(session, START_MS)
        for statement, parameters in list(seen):
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            read = [row[3] for row in plan if row[3].startswith("SCAN") and not row[3].endswith("outbox_due")]
            assert read == [], statement


def tell(session: Session, name: str, kind: str, at_ms: int, detail: object) -> int:
    return nodes.register_node(session, name, kind, at_ms, json.dumps(detail))
