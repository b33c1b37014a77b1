"""What strangers write is text on every page: labels, logins, reasons, senders, browsers' names."""

import asyncio

from callback.store import accounts, audit, ledger
from callback.store.models import Request
from tests.browser.hostile import PAYLOADS, Trap
from tests.browser.people import LINKS, TRUNKS, Lives, furnish
from tests.browser.site import Site, site
from tests.browser.visit import Visit, chromium, visit
from tests.webapp.desk import ANNA, Desk
from tests.webapp.test_console_sms import came

_CLIENTS = (
    "/",
    "/numbers",
    "/numbers/{phone}/label",
    "/history",
    "/history/{call}",
    "/calls/{talk}",
    "/profile",
)
_OPERATORS = (
    "/operator/", "/operator/clients", "/operator/clients/{anna}", "/operator/calls",
    "/operator/calls/{call}", "/operator/sms", "/operator/links", "/operator/profile",
    "/operator/clients?q=%3Csvg%20onload=pwned()%3E",
    "/operator/sms?number=%22%3E%3Cb%20class=pwned%3E", "/calls/{talk}",
)  # fmt: skip


def poison(desk: Desk, lives: Lives) -> None:
    """Every payload, in every place where somebody's words are kept."""
    at_ms = desk.clock.now_ms()
    for index, payload in enumerate(PAYLOADS):
        came(desk, 1000 + index, outcome="malformed", masked=payload, ani=payload, link="carrier")
        number = f"+4860050{index:04}"
        desk.phone(lives.anna, number)
        desk.account(payload[:64], index * 1_000_000)
        with desk.store.write() as session:
            phone = accounts.find_number(session, lives.anna, number)
            assert phone is not None
            session.merge(phone).label = payload[:40]
            ledger.top_up(session, f"x{index}", lives.anna, 1, author=payload, at_ms=at_ms, reason=payload)
            audit.record(
                session, at_ms=at_ms, author=payload, action=payload, subject=lives.anna, login=payload,
                reason=payload,
            )  # fmt: skip
    with desk.store.write() as session:
        mine = accounts.find_number(session, lives.anna, ANNA)
        assert mine is not None
        session.merge(mine).label = PAYLOADS[2]
        for id_ in (lives.call, lives.talk):
            called = session.get(Request, id_)
            assert called is not None
            called.ani = PAYLOADS[3]
            session.add(called)


async def walk(place: Site, here: Visit, trap: Trap, lives: Lives, addresses: tuple[str, ...]) -> None:
    names = {name: getattr(lives, name) for name in Lives.__slots__}
    for address in addresses:
        await here.go(address.format(**names))
        await trap.look(here.page)


def sessions_of_odd_browsers(desk: Desk, secret: str) -> None:
    for payload in PAYLOADS:
        client = desk.client()
        client.environ_base["HTTP_USER_AGENT"] = payload.encode().decode("latin-1")
        desk.sign_in(client, "anna")
    client = desk.client()
    client.environ_base["HTTP_USER_AGENT"] = PAYLOADS[2]
    desk.sign_in_operator(client, secret)


async def texts_in_the_log(here: Visit) -> set[str | None]:
    """To the letter, as the page has them, on all leaves of the log."""
    await here.go("/operator/sms")
    found: set[str | None] = set()
    older = here.page.get_by_role("link", name="Older")
    while True:
        found |= {await one.text_content() for one in await here.page.locator("code.sms").all()}
        if not await older.count():
            return found
        await older.click()
        await here.page.wait_for_load_state()


def test_nothing_that_was_written_runs_on_any_page() -> None:
    async def play() -> None:
        with site(with_valkey=True, links=LINKS, trunks=TRUNKS) as place:
            lives = furnish(place)
            poison(place.desk, lives)
            sessions_of_odd_browsers(place.desk, lives.secret)
            async with chromium() as browser:
                for role, addresses in (("anna", _CLIENTS), ("olga", _OPERATORS)):
                    async with visit(browser, place.url, "phone") as here:
                        trap = Trap(here)
                        await trap.set()
                        client = place.desk.client()
                        if role == "anna":
                            place.desk.sign_in(client, "anna")
                        else:
                            place.desk.sign_in_operator(client, lives.secret)
                        await place.bring(here, client)
                        await walk(place, here, trap, lives, addresses)
                        if role == "olga":
                            written = {payload.replace("\0", "") for payload in PAYLOADS}
                            assert written <= await texts_in_the_log(here)
                        assert trap.sprung == []
                        here.calm()

    asyncio.run(play())
