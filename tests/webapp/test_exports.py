"""Exports: exact for machines, harmless for spreadsheets, the filtered set and nothing else, cut visibly."""

import csv
import gc
import http.client
import io
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import update
from sqlmodel import col

from callback.config import Web
from callback.store.history import CallLine
from callback.store.models import Cdr, Number, Request
from tests.ports import free_port
from tests.store import plenty
from tests.webapp import desk as desks
from tests.webapp.calls import queued_call, talked_call
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS, FRIEND, Desk
from tests.webapp.served import connect, served
from webapp.exports import COLUMNS, csv_chunks, workbook

NOON_MS = 1_795_348_800_123  # 2026-11-22 12:00 UTC
WARSAW = ZoneInfo("Europe/Warsaw")
HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", '"quoted", and\r\nbroken', "<b>łódź</b> 🐛", "\tx"]


def rows(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/history/export.csv{query}", buffered=True)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def sheet(client: FlaskClient, query: str = "") -> list[list[object]]:
    answer = client.get(f"/history/export.xlsx{query}", buffered=True)
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def label(desk: Desk, text: str) -> None:
    """What anna calls her phone."""
    with desk.store.write() as session:
        session.connection().execute(update(Number).where(col(Number.e164) == ANNA).values(label=text))


@pytest.fixture
def town(desk: Desk) -> Town:
    """anna's clock is Warsaw's."""
    anna, boris = desk.account("anna", time_zone="Europe/Warsaw"), desk.account("boris")
    desk.phone(anna, desks.ANNA)
    desk.phone(boris, desks.BORIS)
    return Town(desk, anna, boris, desk.operator())


def test_csv_is_exact(town: Town) -> None:
    call = talked_call(town.desk, town.anna, at_ms=NOON_MS)
    (row,) = rows(town.as_anna())
    assert tuple(row) == COLUMNS
    assert row == {
        "call": call,
        "started_at": "2026-11-22T13:00:00.123+01:00",
        "asked_by": "web",
        "rang": ANNA,
        "label": "",
        "dialled": FRIEND,
        "result": "talked",
        "outcome": "talked",
        "talked_s": "65.000",
        "cost": "1.540000",
        "currency": "EUR",
    }


def test_csv_is_rfc_4180_without_a_mark_before_it(town: Town) -> None:
    talked_call(town.desk, town.anna)
    answer = town.as_anna().get("/history/export.csv")
    assert answer.data.startswith(b"call,started_at,")
    assert answer.data.count(b"\r\n") == answer.data.count(b"\n") == 2
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=ringback-anna-calls.csv"
    assert answer.headers["Cache-Control"] == "no-store"


def test_xlsx_has_text_dates_and_sums(town: Town) -> None:
    call = talked_call(town.desk, town.anna, at_ms=NOON_MS)
    label(town.desk, "Mobile")
    head, row = sheet(town.as_anna(), "?from=2026-11-22&to=2026-11-22")
    assert head[0] == "Started (Europe/Warsaw)"
    started, *numbers, talked, cost, currency, id_ = row
    assert isinstance(started, datetime)
    assert abs(started - datetime(2026, 11, 22, 13, 0, 0, 123_000)) < timedelta(milliseconds=1)  # noqa: DTZ001 - a spreadsheet has no zones
    assert numbers == [ANNA, "Mobile", FRIEND, "Talked"]
    assert talked == timedelta(seconds=65)
    assert (cost, currency, id_) == (1.54, "EUR", call)


def test_the_file_is_named_after_account_and_range(town: Town) -> None:
    talked_call(town.desk, town.anna)
    answer = town.as_anna().get("/history/export.xlsx?from=2026-11-01&to=2026-11-30", buffered=True)
    named = "attachment; filename=ringback-anna-2026-11-01-2026-11-30.xlsx"
    assert answer.headers["Content-Disposition"] == named
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_both_hold_the_filtered_set_and_no_other_account(town: Town) -> None:
    early = talked_call(town.desk, town.anna, at_ms=NOON_MS)
    late = talked_call(town.desk, town.anna, at_ms=NOON_MS + 86_400_000)
    talked_call(town.desk, town.boris, BORIS)
    anna = town.as_anna()
    assert [row["call"] for row in rows(anna)] == [late, early]
    assert [row["call"] for row in rows(anna, "?to=2026-11-22")] == [early]
    assert [row[-1] for row in sheet(anna, "?from=2026-11-23")[1:]] == [late]
    assert rows(anna, "?result=failed") == []
    assert len(sheet(anna, "?number=999")) == 1
    assert town.as_operator().get("/history/export.csv").status_code == 404
    assert town.stranger().get("/history/export.xlsx").status_code == 303


def test_a_call_under_way_is_exported_as_it_stands(town: Town) -> None:
    queued_call(town.desk, town.anna, destination=FRIEND)
    anna = town.as_anna()
    (row,) = rows(anna)
    assert (row["result"], row["outcome"], row["dialled"], row["currency"]) == ("live", "", FRIEND, "")
    assert (row["talked_s"], row["cost"]) == ("0.000", "0.000000")
    assert len(sheet(anna)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_person_becomes_a_formula(town: Town, text: str) -> None:
    talked_call(town.desk, town.anna)
    label(town.desk, text)
    with town.desk.store.write() as session:  # as no door would let it in
        session.connection().execute(update(Cdr).where(col(Cdr.role) == "B").values(number=text))
        session.connection().execute(update(Request).values(destination=text))
    anna = town.as_anna()
    assert (rows(anna)[0]["label"], rows(anna)[0]["dialled"]) == (text, text)
    is_formula = text[0] in "=+-@\t"
    assert rows(anna, "?safe=1")[0]["label"] == (f"'{text}" if is_formula else text)
    assert rows(anna, "?safe=1")[0]["rang"] == f"'{ANNA}"
    (_, row) = sheet(anna)
    kept = text.replace("\r\n", "\n")  # XML 1.0 §2.11
    assert (str(row[2]).replace("\r\n", "\n"), str(row[3]).replace("\r\n", "\n")) == (kept, kept)
    assert anna.get("/history").status_code == 200


def lines(count: int) -> Iterator[list[CallLine]]:
    """Batches of calls from nowhere."""
    line = CallLine("id", "a", "", NOON_MS, "web", "callback", ANNA, (FRIEND,), "done", "talked", 1, 1, "EUR")
    for _ in range(count):
        yield [line] * 1000


def test_csv_is_made_batch_by_batch(desk: Desk) -> None:
    """Whoever stops reading stops the making: nothing is made ahead."""
    taken = []
    made = csv_chunks((taken.append(n) or batch for n, batch in enumerate(lines(50))), WARSAW, {})  # type: ignore[func-returns-value]  # notes that it was taken
    assert sum(chunk.count(b"\r\n") for chunk in islice(made, 3)) == 2001
    assert len(taken) == 2


def test_a_workbook_leaves_nothing_on_the_disk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with desk.app.test_request_context():
        with workbook(lines(3), WARSAW, {}) as file:
            assert os.fstat(file.fileno()).st_nlink == 0
            assert len(CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()) == 3001
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(ZeroDivisionError):
            workbook(([] for _ in [1 / 0]), WARSAW, {})
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_broken_before_the_first_row_is_a_page(town: Town) -> None:
    anna = town.as_anna()
    with closing(sqlite3.connect(town.desk.store.name)) as raw:
        raw.execute("ALTER TABLE cdr RENAME TO gone")
        raw.commit()
    queued_call(town.desk, town.anna)
    assert anna.get("/history/export.csv").status_code == 503
    assert anna.get("/history/export.xlsx").status_code == 503


def test_a_database_that_breaks_in_the_midst_cuts_the_file_visibly() -> None:
    """Over the real server: the last chunk never comes, so no client takes the file for whole."""
    web = Web(port=free_port(socket.SOCK_STREAM), threads=4, streams=1)
    with desks.desk(web=web) as here:
        here.account("anna")
        here.phone("id-anna", ANNA)
        label(here, "long " * 1000)  # so that a few thousand calls do not fit into the socket's buffers
        plenty.fill(here.store, 5_000, clients=1)
        with here.store.write() as session:
            for table in (Request, Cdr):
                session.connection().execute(update(table).values(account_id="id-anna"))
            session.connection().execute(update(Request).values(number_a=ANNA))
        client = here.client()
        here.sign_in(client, "anna")
        cookie = client.get_cookie("ringback")
        assert cookie is not None
        with served(here.config), closing(connect(here.config, receive_buffer=4096)) as slow:
            slow.request("GET", "/history/export.csv", headers={"Cookie": f"ringback={cookie.value}"})
            answer = slow.getresponse()
            assert answer.status == 200
            begin = answer.read(1000)
            with closing(sqlite3.connect(here.store.name)) as raw:
                raw.execute("ALTER TABLE cdr RENAME TO gone")
                raw.commit()
            with pytest.raises(http.client.IncompleteRead):
                while taken := answer.read(1 << 16):
                    begin += taken[:0]


def test_nobody_takes_so_many_files_at_once_that_others_wait(town: Town) -> None:
    anna, path = town.as_anna(), "/history/export.csv"
    open_ones = [anna.get(path) for _ in range(4)]
    assert [answer.status_code for answer in open_ones] == [200] * 4
    assert anna.get(path).status_code == anna.get("/history/export.xlsx").status_code == 429
    with closing(town.as_boris().get(path)) as another:
        assert another.status_code == 200
    for answer in open_ones:
        answer.close()
    for ending in ("csv", "xlsx") * 3:
        with closing(anna.get(f"/history/export.{ending}")) as answer:
            assert answer.status_code == 200


def test_a_file_that_was_not_made_is_not_counted(town: Town) -> None:
    anna = town.as_anna()
    with sqlite3.connect(town.desk.store.name) as other:
        other.execute("ALTER TABLE cdr RENAME TO gone")
    for _ in range(6):
        assert anna.get("/history/export.xlsx").status_code == 503
    with sqlite3.connect(town.desk.store.name) as other:
        other.execute("ALTER TABLE gone RENAME TO cdr")
    with closing(anna.get("/history/export.xlsx")) as answer:
        assert answer.status_code == 200
