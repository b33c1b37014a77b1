"""How fast the pages are, with 100,000 call records on SQLite, and how fast and lean the exports.

`python -m tests.bench.bench_web [seconds per page] [part of an address]`. Gunicorn on loopback, as `ringback
run web` starts it. Each page is asked for 30 times a second at its appointed times, whether or not the one
before is answered, and timed from its appointment to its last byte; beside it the CPU time of the server,
which tells the same on a busy machine. Targets: p95 60 ms, 20 statements a page; 150 KB for the first page
with all it needs, compressed; CSV of 100,000 calls at 50,000 rows a second, at constant memory.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from sqlalchemy import update

from callback.store.models import Cdr, Request
from tests.bench.site import CALLS, Page, Site, site
from tests.store import plenty
from tests.webapp.served import connect
from tests.webapp.statements import MOST_A_PAGE, counted

_RATE = 30
_CONNECTIONS = 6
_P95_MS = 60.0
_FIRST_PAGE_KB = 150.0
_CSV_ROWS_S = 50_000
_GROWTH_MB = 40.0  # of the process, from an export of 1,000 calls to one of 100,000
_LINKED = re.compile(r'(?:href|src)="(/(?:static|favicon)[^"#]*)')


def main(seconds: float, part: str = "") -> int:
    missed: list[str] = []
    with site() as here:
        print(f"{2 * CALLS:,} call records; the busiest client made a fifth of the calls")
        for page in here.pages:
            if part in page.address:
                missed += _measure(here, page, seconds)
        if not part:
            missed += _first_page(here)
        if part in "/history/export":
            missed += _exports(here)
    print("MISSED:" if missed else "all targets reached", *missed, sep="\n  ")
    return 1 if missed else 0


def _measure(here: Site, page: Page, seconds: float) -> list[str]:
    statements = _statements(here, page)
    cpu_s = _cpu_s(here.pid)
    times_ms, size = _times(here, page, seconds)
    cpu_ms = (_cpu_s(here.pid) - cpu_s) * 1000 / len(times_ms)
    p50, p95 = (times_ms[int(len(times_ms) * share)] for share in (0.5, 0.95))
    name = f"{page.role:<10} {page.address[:48]:<48}"
    print(
        f"{name} {statements:2} statements · p50 {p50:5.1f} · p95 {p95:5.1f} ms · CPU {cpu_ms:5.1f} ms"
        f" · {size / 1000:5.1f} KB",
        flush=True,
    )
    faults = []
    if p95 > _P95_MS:
        faults.append(f"{page.address}: p95 {p95:.1f} ms")
    if statements > MOST_A_PAGE:
        faults.append(f"{page.address}: {statements} statements")
    return faults


def _statements(here: Site, page: Page) -> int:
    client = here.desk.client()
    name, _, value = here.cookies[page.role].partition("=")
    if name:
        client.set_cookie(name, value)
    with counted() as seen:
        answer = client.get(page.address)
    assert answer.status_code < 500, f"{page}: {answer.status}"
    return len(seen)


def _times(here: Site, page: Page, seconds: float) -> tuple[Sequence[float], int]:
    """Milliseconds from appointment to last byte, sorted; and the size of an answer."""
    numbers, total = count(), int(seconds * _RATE)
    began = time.perf_counter() + 0.05
    times_ms: list[float] = []
    sizes: list[int] = []

    def ask() -> None:
        connection = connect(here.desk.config)
        headers = {"Cookie": here.cookies[page.role], "Accept-Encoding": "gzip"}
        while (number := next(numbers)) < total:
            due = began + number / _RATE
            while (early_s := due - time.perf_counter()) > 0:
                time.sleep(early_s)  # until its appointment
            connection.request("GET", page.address, headers=headers)
            answer = connection.getresponse()
            sizes.append(len(answer.read()))
            assert answer.status < 500, f"{page}: {answer.status}"
            times_ms.append((time.perf_counter() - due) * 1000)
        connection.close()

    _together(ask)
    return sorted(times_ms), sizes[0]


def _together(ask: Callable[[], None]) -> None:
    threads = [threading.Thread(target=ask) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _first_page(here: Site) -> list[str]:
    """What a browser that was never here loads: the page and all it links."""
    connection = connect(here.desk.config)
    headers = {"Cookie": here.cookies["subscriber"], "Accept-Encoding": "gzip"}
    connection.request("GET", "/", headers=headers | {"Accept-Encoding": ""})
    text = connection.getresponse().read().decode()
    sizes = {}
    for address in ("/", *sorted(set(_LINKED.findall(text)))):
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        sizes[address] = len(answer.read()) + len(str(answer.headers))
    connection.close()
    whole_kb = sum(sizes.values()) / 1000
    print(f"first page: {whole_kb:.1f} KB compressed, with headers")
    for address, size in sizes.items():
        print(f"    {size / 1000:6.1f} KB {address}")
    return [f"first page {whole_kb:.0f} KB"] if whole_kb > _FIRST_PAGE_KB else []


def _exports(here: Site) -> list[str]:
    faults = []
    few = {kind: _export(here, kind, "&from=2026-06-01&to=2026-06-07") for kind in ("csv", "xlsx")}
    base_mb = _peak_mb(here.pid)
    print(f"exports of a week: {few['csv'][0]:,} rows; the process has {base_mb:.0f} MB")
    more = 100_000 - CALLS
    plenty.add_calls(here.desk.store, here.clients, more, here.born_ms, first=-more)
    with here.desk.store.write() as session:
        for table in (Request, Cdr):
            session.connection().execute(update(table).values(account_id=here.clients[0]))
    here.desk.store.checkpoint()
    for kind in ("csv", "xlsx"):
        cpu_s = _cpu_s(here.pid)
        rows, took_s, size = _export(here, kind, "")
        cpu_s = _cpu_s(here.pid) - cpu_s
        peak_mb = _peak_mb(here.pid)
        print(
            f"{kind:<5} {rows:,} rows · {took_s:5.2f} s · {rows / took_s:8,.0f} rows/s · CPU {cpu_s:5.2f} s"
            f" · {size / 1e6:.1f} MB · the process grew by {peak_mb - base_mb:.1f} MB at its peak"
        )
        if kind == "csv" and rows / took_s < _CSV_ROWS_S:
            faults.append(f"csv {rows / took_s:,.0f} rows/s")
        if peak_mb - base_mb > _GROWTH_MB:
            faults.append(f"{kind} takes {peak_mb - base_mb:.0f} MB")
    return faults


def _export(here: Site, kind: str, query: str) -> tuple[int, float, int]:
    """Rows, seconds and octets of an export."""
    connection = connect(here.desk.config)
    began = time.perf_counter()
    cookie = {"Cookie": here.cookies["subscriber"]}
    connection.request("GET", f"/history/export.{kind}?{query}", headers=cookie)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    rows = size = 0
    while chunk := answer.read1(1 << 16):
        rows += chunk.count(b"\n")
        size += len(chunk)
    took_s = time.perf_counter() - began
    connection.close()
    return (rows - 1 if kind == "csv" else 100_000), took_s, size


def _cpu_s(pid: int) -> float:
    """What the process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    """The most memory the process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0, *sys.argv[2:3]))
