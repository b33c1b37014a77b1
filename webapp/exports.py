"""The calls of a filtered history as a file: CSV for machines, XLSX for people.

Both are made of batches, so that memory does not grow with the calls and no read of the database lasts longer
than one of them, however slowly the file is taken.

CSV (RFC 4180) is exact: instants with their offset, money with six places, numbers as they are, UTF-8 without
a mark before it. A spreadsheet would run what begins with `=`, and `+48…` looks like a formula to it:
`?safe=1` puts an apostrophe before such cells. XLSX has types instead: numbers of phones are text, nothing is
a formula, instants and sums are what they look like.

CSV is sent while it is read, chunk by chunk (RFC 9112 §7.1). Should the database fail in the midst, the last
chunk is never sent and the connection is closed: a client knows the file is cut, and says so. What fails
before the first chunk is an honest page.
"""

import csv
import io
import os
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Response, current_app, redirect, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from callback.core.money import MICRO
from callback.core.results import result_of
from callback.store import accounts, history
from callback.store.db import StoreError
from callback.store.history import CallLine
from webapp.auth import subscriber_only, the_subscriber
from webapp.call_words import RESULTS, result_words
from webapp.history_form import HistoryForm
from webapp.i18n import _, time_zone_now
from webapp.parts import the_parts

blueprint = Blueprint("exports", __name__)

COLUMNS = (
    "call", "started_at", "asked_by", "rang", "label", "dialled", "result", "outcome", "talked_s", "cost",
    "currency",
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET_ROWS = 1_000_000  # a sheet holds 1,048,576
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_WORKBOOKS = threading.BoundedSemaphore(2)  # at a time: each takes a core while it lasts
_PATIENCE_S = 20.0
_EACH_MOST = 4  # files that one person takes at a time: each has a thread as long as it is taken
_TAKEN = "ringback.exports"
_DAY_MS = 86_400_000
_WIDTHS = (20, 17, 16, 17, 18, 11, 11, 9, 23)

Labels = Mapping[str, str]
Batches = Iterable[Sequence[CallLine]]


class Taken:
    """Who takes files now, and how many: a slow reader of many must not have all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by = Counter[str]()

    def begin(self, person_id: str) -> None:
        """Raises TooManyRequests (RFC 6585 §4)."""
        with self._lock:
            if self._by[person_id] >= _EACH_MOST:
                raise TooManyRequests
            self._by[person_id] += 1

    def end(self, person_id: str) -> None:
        with self._lock:
            self._by[person_id] -= 1
            self._by += Counter()  # forgets who takes none


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    state.app.extensions[_TAKEN] = Taken()


@blueprint.get("/history/export.csv")
@subscriber_only
def csv_file() -> ResponseReturnValue:
    form, labels = _asked()
    if form.wanted is None:
        return _back()
    batches = history.batches(the_parts().store, form.wanted)
    chunks = csv_chunks(batches, time_zone_now(), labels, safe=request.args.get("safe") == "1")
    answer = _counted(lambda: Response(_begun(chunks), mimetype="text/csv"))
    answer.headers.set("Content-Disposition", "attachment", filename=_name(form, "csv"))
    return answer


@blueprint.get("/history/export.xlsx")
@subscriber_only
def xlsx_file() -> ResponseReturnValue:
    form, labels = _asked()
    if form.wanted is None:
        return _back()
    batches = history.batches(the_parts().store, form.wanted)

    def made() -> Response:
        if not _WORKBOOKS.acquire(timeout=_PATIENCE_S):
            raise ServiceUnavailable
        try:
            file = workbook(batches, time_zone_now(), labels)
        finally:
            _WORKBOOKS.release()
        answer = send_file(file, _XLSX, as_attachment=True, download_name=_name(form, "xlsx"), etag=False)
        answer.content_length = os.fstat(file.fileno()).st_size
        return answer

    return _counted(made)


def _counted(make: Callable[[], Response]) -> Response:
    """The answer it makes, counted until the last byte is sent."""
    taken, person_id = current_app.extensions[_TAKEN], the_subscriber().account.id
    assert isinstance(taken, Taken)
    taken.begin(person_id)
    with ExitStack() as failed:
        failed.callback(taken.end, person_id)
        answer = make()
        failed.pop_all()
    answer.call_on_close(lambda: taken.end(person_id))
    return answer


def csv_chunks(batches: Batches, zone: ZoneInfo, labels: Labels, *, safe: bool = False) -> Iterator[bytes]:
    """The head, then a chunk for each batch."""
    text = io.StringIO(newline="")
    table = csv.writer(text)  # RFC 4180: commas, CRLF, quotes doubled
    table.writerow(COLUMNS)
    yield text.getvalue().encode()
    for lines in batches:
        text.seek(0)
        text.truncate()
        rows = csv_rows(lines, zone, labels)
        table.writerows(map(_defused, rows) if safe else rows)
        yield text.getvalue().encode()


def csv_rows(lines: Iterable[CallLine], zone: ZoneInfo, labels: Labels) -> Iterator[Sequence[str]]:
    """Under `COLUMNS`."""
    instant = datetime.fromtimestamp
    for (
        id_, _account, _login, at_ms, trigger, _purpose, number, dialled, _state, outcome, talked_ms, micro,
        currency,
    ) in lines:  # fmt: skip
        yield (
            id_,
            instant(at_ms / 1000, zone).isoformat("T", "milliseconds"),
            trigger,
            number,
            labels.get(number, ""),
            dialled[0] if len(dialled) == 1 else " ".join(dialled),
            result_of(outcome),
            outcome,
            f"{talked_ms // 1000}.{talked_ms % 1000:03d}",
            f"{micro // MICRO}.{micro % MICRO:06d}",
            currency,
        )


def workbook(batches: Batches, zone: ZoneInfo, labels: Labels) -> IO[bytes]:
    """A file without a name, to be read from its beginning; it vanishes when it is closed."""
    import xlsxwriter  # noqa: PLC0415  # 2 MB for those who ask for a workbook

    with tempfile.TemporaryDirectory(prefix="ringback-export-") as directory:
        path = Path(directory) / "calls.xlsx"
        options = {
            "constant_memory": True,
            "tmpdir": directory,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(path), options) as book:
            _fill(book, batches, zone, labels)
        return path.open("rb")


def _fill(book: Any, batches: Batches, zone: ZoneInfo, labels: Labels) -> None:
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    time = book.add_format({"num_format": "[h]:mm:ss"})
    money = book.add_format({"num_format": "0.00####"})
    results = {result: result_words(result)[1] for result in RESULTS}
    sheet, row = _sheet(book, zone), 0
    for line in (line for lines in batches for line in lines):
        if row == _SHEET_ROWS:
            sheet, row = _sheet(book, zone), 0
        row += 1
        at = datetime.fromtimestamp(line.created_at_ms / 1000, zone)
        sheet.write_datetime(row, 0, at.replace(tzinfo=None), day)
        sheet.write_string(row, 1, line.number_a)
        sheet.write_string(row, 2, labels.get(line.number_a, ""))
        sheet.write_string(row, 3, " ".join(line.destinations))
        sheet.write_string(row, 4, results[line.result])
        sheet.write_number(row, 5, line.talked_ms / _DAY_MS, time)  # a spreadsheet counts in days
        sheet.write_number(row, 6, line.cost_micro / MICRO, money)  # and in doubles, to six places exactly
        sheet.write_string(row, 7, line.currency)
        sheet.write_string(row, 8, line.request_id)


def _sheet(book: Any, zone: ZoneInfo) -> Any:
    """Another sheet with its head."""
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True})
    titles = (
        _("Started (%(zone)s)", zone=zone.key), _("Rang"), _("Label"), _("Call to"), _("Result"),
        _("Talk time"), _("Cost"), _("Currency"), _("Call"),
    )  # fmt: skip
    sheet.freeze_panes(1, 0)
    for column, (title, width) in enumerate(zip(titles, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, head)
    return sheet


def _asked() -> tuple[HistoryForm, Labels]:
    """The filter of the address, and what the subscriber calls the phones."""
    account = the_subscriber().account
    with the_parts().store.read() as session:
        labels = {number.e164: number.label for number in accounts.numbers_of(session, account.id)}
    return HistoryForm(request.args, account.id, account.country, time_zone_now()), labels


def _back() -> ResponseReturnValue:
    """To the page, which says what is wrong with the filter."""
    return redirect(f"{url_for('history.calls')}?{request.query_string.decode('latin-1')}", 303)


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, after head and first batch were made: what fails so early is still a page."""
    begin = b"".join(islice(chunks, 2))
    return _noted(chain((begin,), chunks))


def _noted(chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except StoreError as error:
        structlog.get_logger().warning("web.export_cut", error=str(error))
        raise  # the server closes the connection without the last chunk


def _name(form: HistoryForm, ending: str) -> str:
    """ringback-anna-2026-11-01-2026-11-22.csv"""
    days = [form.query[name] for name in ("from", "to") if name in form.query]
    login = _ODD.sub("_", the_subscriber().login)
    return f"{'-'.join(['ringback', login, *(days or ['calls'])])}.{ending}"


def _defused(row: Sequence[str]) -> Sequence[str]:
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row]
