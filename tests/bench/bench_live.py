"""A hundred open pages: what their event streams cost, and how soon they show a change.

    make bench TESTS=tests/bench/bench_live.py

The whole product on SQLite; the browsers are asyncio sockets of this process, each of which reads the part
that changed as soon as its stream hints at it, as static/live.js does. Targets: 60 MB and 3 % of a core for
the streams, 300 ms from the commit of a change to the part of the page that shows it.
"""

import asyncio
import secrets
import socket
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.news import Publisher
from callback.store import requests, web_sessions
from callback.store.models import Account, Request
from callback.store.web_sessions import Kind
from tests.bench.bench_idle import processor_s, pss_mb
from tests.e2e.product import Product, product
from tests.waiting import eventually

_STREAMS = 100
_EACH = 10  # one person may have so many
_IDLE_S = 8.0
_CHANGES = 150
_PACE_S = 0.04
_MAX_MB, _MAX_CORE, _MAX_P95_MS = 60, 0.03, 300


@dataclass
class Page:
    """One browser tab: a stream, and a connection that fetches what changed."""

    port: int
    cookie: str
    request_id: str
    hello: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        while True:
            reader, writer = await self._get("/events", "text/event-stream")
            try:
                if b" 200 " in await reader.readline():
                    await self._listen(reader)
            finally:
                writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith((b"event: hello", b"event: news")):
                await self._fetch()
                self.shown.set()
                self.hello.set()
            elif line.startswith(b"event: bye"):
                return

    async def _fetch(self) -> None:
        reader, writer = await self._get(f"/calls/{self.request_id}/state", "text/html")
        try:
            answer = await reader.read()
        finally:
            writer.close()
        assert b" 200 " in answer.partition(b"\r\n")[0] and b"live-call" in answer

    async def _get(self, path: str, accept: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        closing = "" if accept == "text/event-stream" else "Connection: close\r\n"
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n{closing}"
            f"Cookie: ringback={self.cookie}\r\n\r\n".encode()
        )
        return reader, writer


def _furnish(ours: Product) -> list[Page]:
    """Ten people with ten tabs each, all looking at a running call of theirs."""
    clock, pages = Clock(), list[Page]()
    now_ms = clock.now_ms()
    with ours.store.write() as session:
        for person in range(_STREAMS // _EACH):
            account_id, request_id, cookie = f"account{person}", f"{person:020}", secrets.token_urlsafe(32)
            session.add(
                Account(
                    id=account_id,
                    login=f"p{person}",
                    password_hash="",
                    country="PL",
                    currency="EUR",
                    created_at_ms=now_ms,
                )
            )
            session.flush()
            session.add(
                Request(
                    id=request_id,
                    source_key=f"bench:{person}",
                    account_id=account_id,
                    trigger="web",
                    ani="",
                    number_a=f"+4860000000{person}",
                    cli="+48221000000",
                    deck_id="deck",
                    state="running",
                    node="elsewhere",
                    epoch=1,
                    due_at_ms=now_ms,
                    created_at_ms=now_ms,
                    claimed_at_ms=now_ms,
                )
            )
            web_sessions.open_session(
                session, session_id=clock.new_id(), token=cookie, kind=Kind.SUBSCRIBER, subject_id=account_id,
                credential_version=1, now_ms=now_ms, expires_at_ms=now_ms + 3_600_000,
            )  # fmt: skip
            pages += [Page(ours.web_port, cookie, request_id) for _ in range(_EACH)]
    return pages


async def _change(ours: Product, publisher: Publisher, page: Page) -> float:
    """Milliseconds from the commit until this page shows it."""
    page.shown.clear()
    with ours.store.write() as session:
        assert requests.adopt_request(session, page.request_id, 1, "elsewhere", 1)  # a new version
    begun_s = time.monotonic()
    publisher.tell(f"account{int(page.request_id)}", page.request_id)
    await asyncio.wait_for(page.shown.wait(), 5)
    return (time.monotonic() - begun_s) * 1000


async def _measure(ours: Product) -> None:
    await ours.serve()
    await asyncio.to_thread(eventually, lambda: _listens(ours.web_port), 20, "the web face listens")
    pages = _furnish(ours)
    web = ours.pid("web")
    serving = [web, *(int(pid) for pid in _children(web))]
    warm = asyncio.create_task(pages[0].live())
    await asyncio.wait_for(pages[0].hello.wait(), 20)
    await pages[0]._fetch()
    await asyncio.sleep(2)  # what starting up began is over
    before_mb, before_s = sum(map(pss_mb, serving)), sum(map(processor_s, serving))
    await asyncio.sleep(_IDLE_S / 2)  # the figure is about this time
    alone = (sum(map(processor_s, serving)) - before_s) / (_IDLE_S / 2)
    tabs = [warm, *(asyncio.create_task(page.live()) for page in pages[1:])]
    for page in pages:
        await asyncio.wait_for(page.hello.wait(), 20)
    await asyncio.sleep(1)  # what opening them cost is another figure
    before_s = sum(map(processor_s, serving))
    await asyncio.sleep(_IDLE_S)  # the figure is about this time
    core = (sum(map(processor_s, serving)) - before_s) / _IDLE_S - alone
    memory = sum(map(pss_mb, serving)) - before_mb
    publisher = Publisher(f"unix://{ours.run_dir}/valkey.sock")
    took_ms = []
    for turn in range(_CHANGES):
        took_ms.append(await _change(ours, publisher, pages[turn % _STREAMS]))
        await asyncio.sleep(_PACE_S)
    publisher.close()
    for tab in tabs:
        tab.cancel()
    await asyncio.gather(*tabs, return_exceptions=True)
    p95_ms = statistics.quantiles(took_ms, n=20)[-1]
    print(
        f"\n{_STREAMS} open streams: {memory:.0f} MB PSS (target {_MAX_MB}), {core:.1%} of a core "
        f"(target {_MAX_CORE:.0%})\n  change committed → page read again, ten tabs of one person: "
        f"p50 {statistics.median(took_ms):.0f} ms, p95 {p95_ms:.0f} ms (target {_MAX_P95_MS})"
    )


def _listens(port: int) -> bool:
    with socket.socket() as plug:
        return plug.connect_ex(("127.0.0.1", port)) == 0


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.bench
def test_a_hundred_open_pages_are_light_and_quick() -> None:
    with product("") as ours:
        ours.furnish()
        try:
            asyncio.run(_measure(ours))
        finally:
            if ours.serving and ours.serving.poll() is None:
                asyncio.run(_stopped(ours))


async def _stopped(ours: Product) -> None:
    assert await ours.stop() == 0
