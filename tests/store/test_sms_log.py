"""The SMS log: two tables, one list."""

import json
from typing import Any

import pytest
from sqlmodel import Session

from callback.store import inbox, sms_log
from callback.store.db import Store
from callback.store.models import Inbox, Outbox
from callback.store.rows import insert_values
from callback.store.sms_log import Direction, Place, SmsFilter, Sort, parse_place
from tests.store.test_indexes import watched

T0 = 1_780_000_000_000
ANNA, BORIS = "+48600316058", "+48600316059"


def came(session: Session, at_ms: int, **values: Any) -> None:
    row = {
        "link": "main", "session_id": "s", "dedupe_key": b"k", "ani": ANNA, "dnis": "7000", "state": "done",
        "outcome": "balance", "masked": "U.anna P.*** B", "tries": 1, "not_before_ms": 0,
        "received_at_ms": at_ms,
    }  # fmt: skip
    insert_values(session, Inbox, [{**row, **values}])


def went(session: Session, at_ms: int, key: str, **values: Any) -> None:
    row = {
        "key": key, "kind": "balance", "params": '{"balance": "10.00 EUR"}', "locale": "en", "link": "main",
        "sender": "7000", "recipient": ANNA, "state": "sent", "tries": 1, "next_at_ms": at_ms,
        "created_at_ms": at_ms,
    }  # fmt: skip
    insert_values(session, Outbox, [{**row, **values}])


@pytest.fixture
def log(store: Store) -> Store:
    with store.write() as session:
        inbox.open_session(session, "s", "main", T0)
        came(session, T0)
        went(session, T0, "a")
        went(session, T0, "b", state="failed", error="too late")
        came(session, T0 + 1, ani=BORIS, outcome="bad-credentials")
        came(session, T0 + 2, state="quarantined", outcome="undecodable", masked=None)
        came(session, T0 + 3, state="repeat", outcome="repeat", masked=None)
        went(session, T0 + 3, "c", kind="code-sms", params='{"code": "sealed"}', state="queued")
        came(session, T0 + 4, state="received", outcome="", masked=None)
        came(session, T0 + 5, outcome="receipt", masked=None)
    return store


def seen(store: Store, wanted: SmsFilter) -> list[str]:
    with store.read() as session:
        return [str(line.place).removeprefix(str(T0)[:-1]) for line in sms_log.page(session, wanted).lines]


EVERYTHING = ["5.in.6", "4.in.5", "3.out.3", "3.in.4", "2.in.3", "1.in.2", "0.out.2", "0.out.1", "0.in.1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SmsFilter(), EVERYTHING),
        (SmsFilter(direction=Direction.OUT), ["3.out.3", "0.out.2", "0.out.1"]),
        (SmsFilter(phones=(BORIS, "48600316059")), ["1.in.2"]),
        (SmsFilter(from_ms=T0 + 1, until_ms=T0 + 3), ["2.in.3", "1.in.2"]),
        (SmsFilter(sort=Sort.UNDERSTOOD), ["0.in.1"]),
        (SmsFilter(sort=Sort.REFUSED), ["1.in.2"]),
        (SmsFilter(sort=Sort.REPEAT), ["3.in.4"]),
        (SmsFilter(sort=Sort.QUARANTINED), ["2.in.3"]),
        (SmsFilter(sort=Sort.WAITING), ["4.in.5", "3.out.3"]),
        (SmsFilter(sort=Sort.SENT), ["0.out.1"]),
        (SmsFilter(sort=Sort.FAILED), ["0.out.2"]),
        (SmsFilter(sort=Sort.SENT, direction=Direction.IN), []),
    ],
)
def test_the_log_shows_what_is_wanted_newest_first(log: Store, wanted: SmsFilter, found: list[str]) -> None:
    assert seen(log, wanted) == found


@pytest.mark.parametrize("limit", [1, 2, 4, 9])
def test_pages_lose_and_repeat_nothing_either_way(log: Store, limit: int) -> None:
    with log.read() as session:
        forth, before = [], None
        while True:
            page = sms_log.page(session, SmsFilter(), before=before, limit=limit)
            forth.append(page)
            if page.older is None:
                break
            before = page.older
        back, after = [forth[-1]], forth[-1].newer
        while after is not None:
            page = sms_log.page(session, SmsFilter(), after=after, limit=limit)
            back.append(page)
            after = page.newer
    everything = [line.place for page in forth for line in page.lines]
    assert len(everything) == len(EVERYTHING)
    assert everything == sorted(everything, reverse=True)
    assert sorted(line.place for page in back for line in page.lines) == sorted(everything)


def test_nothing_secret_is_told(log: Store) -> None:
    with log.read() as session:
        lines = {str(line.place): line for line in sms_log.page(session, SmsFilter()).lines}
    assert lines[f"{T0 + 3}.out.3"].params == {}
    assert lines[f"{T0}.in.1"].text == "U.anna P.*** B"
    assert lines[f"{T0}.out.1"].params == {"balance": "10.00 EUR"}
    assert "sealed" not in json.dumps([str(line) for line in lines.values()])


@pytest.mark.parametrize(
    "text", ["", "1", "1.in", "1.in.x", "x.in.1", "1.up.1", "1.in.-1", "9" * 30 + ".in.1", "1.in.²"]
)
def test_a_place_nobody_gave_is_none(text: str) -> None:
    assert parse_place(text) is None


def test_a_place_survives_a_url() -> None:
    place = Place(T0, "out", 17)
    assert parse_place(str(place)) == place


def test_a_page_reads_no_table_whole(log: Store) -> None:
    place = Place(T0 + 2, "in", 3)
    selective = (
        SmsFilter(),
        SmsFilter(phones=(ANNA, BORIS)),
        SmsFilter(from_ms=T0, until_ms=T0 + 9),
        SmsFilter(sort=Sort.QUARANTINED),
        SmsFilter(sort=Sort.WAITING),
        SmsFilter(sort=Sort.FAILED),
    )
    with log.read() as session, watched() as statements:
        for wanted in selective:
            sms_log.page(session, wanted)
            sms_log.page(session, wanted, before=place)
            sms_log.page(session, wanted, after=place)
        for statement, parameters in list(statements):
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            read = [row[3] for row in plan if row[3].startswith("SCAN") and "USING" not in row[3]]
            assert read == [], statement
