"""A web face to be measured: 100,000 call records, a Valkey, the real server, people signed in.

The pages are those of the URL map, so that a new one is measured without anybody thinking of it.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlmodel import col

from callback.config import Web
from callback.core.ids import new_id
from callback.store import accounts
from callback.store.models import Account
from tests.ports import free_port
from tests.queue.parts import Valkey
from tests.store import plenty
from tests.webapp import desk as desks
from tests.webapp.desk import OPERATOR, PASSWORD, Desk
from tests.webapp.served import served

CALLS = 50_000
_NOT_PAGES = {  # streams, files and what belongs to them
    "demo", "events", "exports", "favicon", "static", "webapp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    role: str  # subscriber | operator | stranger
    address: str


@dataclass(frozen=True, slots=True)
class Site:
    desk: Desk
    clients: list[str]
    born_ms: int  # of the first call
    cookies: Mapping[str, str]  # by role
    pages: tuple[Page, ...]
    pid: int = 0  # of the process that answers


@contextmanager
def site(calls: int = CALLS) -> Iterator[Site]:
    """Everything at work. Signed in: the busiest client, who made a fifth of all calls, and an operator."""
    web = Web(port=free_port(socket.SOCK_STREAM))
    with desks.desk(web=web) as desk:
        valkey = Valkey(desk.config)
        valkey.start()
        try:
            made = _furnished(desk, calls)
            with served(desk.config) as pid:
                yield replace(made, pid=pid)
        finally:
            valkey.stop()


def _furnished(desk: Desk, calls: int) -> Site:
    desk.account("model")  # whose password the busiest client has
    born_ms = desk.clock.now_ms() - calls * plenty.APART_MS  # the last one is of just now
    clients = plenty.fill(desk.store, calls, born_ms=born_ms)
    with desk.store.write() as session:
        password = accounts.get_account(session, "id-model").password_hash
        busiest = update(Account).where(col(Account.id) == clients[0])
        session.connection().execute(busiest.values(password_hash=password))
    desk.phone(clients[0], plenty.phone_of(0))
    desk.store.checkpoint()
    cookies = {"stranger": "", "subscriber": _cookie(desk, "client0"), "operator": _operator_cookie(desk)}
    midst = new_id(born_ms + calls // 2 * plenty.APART_MS, b"0000000")
    return Site(desk, clients, born_ms, cookies, (*_pages(desk, clients[0]), *_harder(midst)))


def _cookie(desk: Desk, login: str) -> str:
    client = desk.client()
    assert desk.sign_in(client, login, PASSWORD).status_code == 303
    cookie = client.get_cookie("ringback")
    assert cookie is not None
    return f"ringback={cookie.value}"


def _operator_cookie(desk: Desk) -> str:
    client = desk.client()
    assert desk.sign_in_operator(client, desk.operator(), OPERATOR).status_code == 303
    cookie = client.get_cookie("ringback")
    assert cookie is not None
    return f"ringback={cookie.value}"


def _pages(desk: Desk, client: str) -> Iterator[Page]:
    with desk.store.read() as session:
        number = accounts.numbers_of(session, client)[0].id
        query = "SELECT id FROM request WHERE account_id = ? ORDER BY id DESC LIMIT 1"
        newest = session.connection().exec_driver_sql(query, (client,)).scalar_one()
    values = {"request_id": newest, "account_id": client, "number_id": number, "token": "none"}
    adapter = desk.app.url_map.bind("")
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in _NOT_PAGES or "GET" not in (rule.methods or ()):
            continue
        address = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        yield Page(_role(desk, rule.endpoint, address), address)


def _harder(midst: str) -> Iterator[Page]:
    """Addresses that make a page work harder than its bare one."""
    for query in (
        f"before={midst}",
        "number=%2B4822&result=talked",
        "number=999",
        "from=2026-06-01&to=2026-08-31",
    ):
        yield Page("subscriber", f"/history?{query}")
        yield Page("operator", f"/operator/calls?{query}")
    yield Page("operator", "/operator/clients?q=client1")


def _role(desk: Desk, endpoint: str, address: str) -> str:
    door: str = getattr(desk.app.view_functions[endpoint], "ringback_door", "")
    if address == "/":
        return "subscriber"
    return {"subscriber_door": "subscriber", "operator_door": "operator"}.get(
        door.partition(".")[0], "stranger"
    )
