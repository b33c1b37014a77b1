"""The SMS log on an operator's page: what was understood or refused, nothing secret, nothing that runs."""

import json
import re
from typing import Any

from flask.testing import FlaskClient

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from callback.store import inbox
from callback.store.models import Inbox, Outbox
from callback.store.rows import insert_values
from callback.store.sms_log import Direction, Place, SmsLine
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS, Desk
from tests.webapp.statements import MOST_A_PAGE, counted
from webapp.console.sms_words import ANSWERED, REFUSED, UNDERSTOOD, meaning

LOG = "/operator/sms"


def came(desk: Desk, ago_ms: int = 0, **values: Any) -> None:
    row = {
        "link": "main", "session_id": "s", "dedupe_key": b"k", "ani": ANNA, "dnis": "7000", "state": "done",
        "outcome": "balance", "masked": "U.anna P.*** B", "tries": 1, "not_before_ms": 0,
        "received_at_ms": desk.clock.now_ms() - ago_ms,
    }  # fmt: skip
    with desk.store.write() as session:
        insert_values(session, Inbox, [{**row, **values}])


def went(desk: Desk, key: str, ago_ms: int = 0, **values: Any) -> None:
    at_ms = desk.clock.now_ms() - ago_ms
    row = {
        "key": key, "kind": "balance", "params": '{"balance": "10.00 EUR"}', "locale": "en", "link": "main",
        "sender": "7000", "recipient": ANNA, "state": "sent", "tries": 1, "next_at_ms": at_ms,
        "created_at_ms": at_ms,
    }  # fmt: skip
    with desk.store.write() as session:
        insert_values(session, Outbox, [{**row, **values}])


def fill(town: Town) -> FlaskClient:
    with town.desk.store.write() as session:
        inbox.open_session(session, "s", "main", 0)
    came(town.desk, 9000)
    went(town.desk, "a", 8900)
    came(town.desk, 8000, ani=BORIS.removeprefix("+"), outcome="bad-credentials", masked="U.boris P.***")
    came(town.desk, 7000, state="quarantined", outcome="undecodable", masked=None)
    came(town.desk, 6000, state="repeat", outcome="repeat", masked=None)
    came(town.desk, 5000, state="received", outcome="", masked=None, sealed=b"secret pdu")
    went(town.desk, "b", 4000, kind="code-sms", params='{"code": "654321"}', state="queued")
    went(town.desk, "c", 3000, kind="no-rate", params=json.dumps({"number": "+37212345678"}), state="failed",
         error="command_status 0xb")  # fmt: skip
    came(town.desk, 2000, outcome="malformed", masked='<img src=x onerror="alert(1)">', ani="<b>x</b>")
    return town.as_operator()


def rows(page: str) -> int:
    return len(re.findall(r"<tr><td|<tr>\s*<td", page))


def test_what_came_and_went_is_told_in_words(town: Town) -> None:
    page = fill(town).get(LOG).text
    assert rows(page) == 9
    for words in (
        "Asked for the balance", "The balance is 10.00 EUR", "Wrong login or password",
        "Could not be decoded", "nothing was done twice",
        "Sealed until it is executed", "A one-time code", "command_status 0xb",
        "There is no price for that number: +372",
    ):  # fmt: skip
        assert words in page, words
    assert "654321" not in page
    assert "secret pdu" not in page


def test_what_a_stranger_texts_is_text(town: Town) -> None:
    page = fill(town).get(LOG).text
    assert "<img src=x" not in page
    assert "<b>x</b>" not in page
    assert "&lt;img src=x" in page


def test_the_address_is_the_filter(town: Town) -> None:
    olga = fill(town)
    for asked, count in (
        ("?number=600+316+059", 1),
        ("?number=%2B48600316058", 7),
        ("?number=7777", 0),
        ("?number=%F0%9F%99%82", 0),
        ("?direction=out", 3),
        ("?direction=in&outcome=refused", 2),
        ("?outcome=understood", 1),
        ("?outcome=quarantined", 1),
        ("?outcome=repeat", 1),
        ("?outcome=waiting", 2),
        ("?outcome=failed", 1),
        ("?day=2001-01-01", 0),
        ("?before=1.in.1", 0),
        ("?before=rubbish", 9),
    ):
        answer = olga.get(LOG + asked)
        assert answer.status_code == 200, asked
        assert rows(answer.text) == count, asked
    for asked in ("?day=yesterday", "?day=2026-02-31", "?direction=up", "?outcome=gone",
                  "?number=" + "1" * 41,
                  "?direction=in&outcome=sent", "?number=%00"):  # fmt: skip
        answer = olga.get(LOG + asked)
        assert answer.status_code == 400, asked
        assert "-error" in answer.text, asked


def test_a_day_is_the_operator_s_own(town: Town) -> None:
    olga = fill(town)
    today = re.search(r'datetime="(\d{4}-\d\d-\d\d)', olga.get(LOG).text)
    assert today is not None
    assert rows(olga.get(f"{LOG}?day={today[1]}").text) == 9


def test_a_long_log_is_read_page_by_page_with_its_filter(town: Town) -> None:
    olga = fill(town)
    for number in range(35):
        came(town.desk, 100_000 + number, ani=BORIS)
    first = olga.get(LOG + "?direction=in&number=" + BORIS[1:]).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None and rows(first) == 25
    second = olga.get(older[1].replace("&amp;", "&")).text
    assert rows(second) == 11
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer is not None
    assert rows(olga.get(newer[1].replace("&amp;", "&")).text) == 25


def test_every_outcome_has_words(town: Town) -> None:
    assert set(REFUSED) == set(Reason)
    assert set(UNDERSTOOD) == set(ANSWERED) == set(ReplyKind)
    with town.desk.app.test_request_context():
        for outcome in (*Reason, *ReplyKind):
            for direction in Direction:
                line = SmsLine(Place(0, direction, 1), "main", ANNA, "7000", "done", outcome.value)
                words = meaning(line)
                assert words and "%" not in words and words != outcome.value, (outcome, direction)


def test_the_log_asks_the_database_little(town: Town) -> None:
    olga = fill(town)
    with counted() as statements:
        olga.get(LOG)
    assert len(statements) <= MOST_A_PAGE
