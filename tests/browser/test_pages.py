"""Every page of the URL map, empty and full, in both themes, on a phone and a desktop: nothing is wrong.

Not for axe-core, not for the console, not for the policy of scripts; and nothing is wider than the screen.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Response

from callback.config import Trunk
from callback.store.db import StoreError
from tests.browser.people import LINKS, TRUNKS, furnish
from tests.browser.site import Site, site
from tests.browser.visit import Visit, chromium, faults_of, visit
from tests.webapp.desk import OPERATOR, OPERATOR_PASSWORD
from tests.webapp.test_operator_door import link

pytestmark = pytest.mark.timeout(300)  # a page is drawn by software, three times
_FILES = {"static", "favicon", "again.again", "events.events", "exports.csv_file", "exports.xlsx_file"}


def pages_of(place: Site, role: str, things: dict[str, str]) -> Iterator[str]:
    """The addresses that somebody of this role can look at; without a thing, those that need none."""
    app = place.desk.app
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in _FILES or rule.endpoint.startswith("demo.") or "GET" not in (rule.methods or ()):
            continue
        door = getattr(app.view_functions[rule.endpoint], "ringback_door", "")
        address_role = {"subscriber_door": "subscriber", "operator_door": "operator"}.get(
            door.partition(".")[0], ""
        )
        if rule.rule == "/" or rule.endpoint == "live.call":
            address_role = "subscriber"
        if (address_role or "stranger") == role and rule.arguments <= things.keys():
            yield adapter.build(rule.endpoint, {name: things[name] for name in rule.arguments})


async def look_at(here: Visit, addresses: Iterator[str] | list[str]) -> list[str]:
    """All faults of these pages; a part of a page, which htmx or live.js fetch, is seen in its page."""
    found: list[str] = []
    for address in addresses:
        answer = await here.go(address)
        if "<!doctype html>" in await answer.text():
            found += await faults_of(here)
    return found


def play(act: Callable[[Site, Visit], Any], **sections: Any) -> None:
    """Let somebody walk through a site, and hold every page against the rules."""

    async def walk() -> None:
        with site(with_valkey=True, links=LINKS, **{"trunks": TRUNKS, **sections}) as place:
            async with chromium() as browser, visit(browser, place.url, with_rules=True) as here:
                found = await act(place, here)
                assert found == [], "\n".join(found)
                here.calm()

    asyncio.run(walk())


def test_a_clients_pages_with_a_week_of_calls() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        lives = furnish(place)
        client = place.desk.client()
        place.desk.sign_in(client, "anna")
        await place.bring(here, client)
        things = {"request_id": lives.call, "number_id": lives.pending}
        found = await look_at(here, pages_of(place, "subscriber", things))
        return found + await look_at(
            here, [f"/calls/{lives.talk}", f"/history/{lives.talk}", "/history?number=999"]
        )

    play(walk)


def test_a_clients_pages_before_anything_happened() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        place.desk.account("anna", 0)
        client = place.desk.client()
        place.desk.sign_in(client, "anna")
        await place.bring(here, client)
        return await look_at(here, ["/", "/numbers", "/history", "/numbers/add"])

    play(walk)


def test_an_operators_pages_of_a_service_at_work() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        lives = furnish(place)
        client = place.desk.client()
        place.desk.sign_in_operator(client, lives.secret)
        await place.bring(here, client)
        things = {"request_id": lives.call, "account_id": lives.anna}
        found = await look_at(here, pages_of(place, "operator", things))
        await here.go(f"/operator/calls/{lives.call}")  # its table of legs is wider than a tablet's column
        found += await faults_of(here, ("tablet",))
        return found + await look_at(here, [f"/calls/{lives.talk}", "/operator/sms?outcome=refused"])

    play(walk)


def test_an_operators_pages_of_a_service_just_installed() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        client = place.desk.client()
        place.desk.sign_in_operator(client, place.desk.operator())
        await place.bring(here, client)
        place.desk.queue.is_down = True
        found = await look_at(here, pages_of(place, "operator", {}))
        account_id = place.desk.account("zofia", 0)
        return found + await look_at(here, [f"/operator/clients/{account_id}"])

    play(walk, trunks=(Trunk(name="carrier", host="127.0.0.1"),))


def test_the_doors_and_what_they_say_when_one_is_wrong() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        page, here.expected = here.page, {401, 403, 404, 422, 429}
        place.desk.operator()
        found = await look_at(here, ["/sign-in", "/operator/sign-in", link(place.desk, valid_ms=-1)])
        await here.go("/sign-in")
        await page.locator("[name=login]").fill("anna")
        await page.locator("[name=password]").fill("wrong")
        await page.locator("main form [type=submit]").first.click()
        await page.locator(".note-error, .wrong").first.wait_for()
        found += await faults_of(here)
        await here.go("/operator/sign-in")
        await page.locator("[name=login]").fill(OPERATOR)
        await page.locator("[name=password]").fill(OPERATOR_PASSWORD)
        await page.locator("main form [type=submit]").click()
        await page.wait_for_url("**/operator/code")
        found += await faults_of(here)
        await here.go(link(place.desk))
        found += await faults_of(here)
        await page.get_by_role("button", name="Go on").click()
        found += await faults_of(here)
        await page.locator("[name=login]").fill("pola")
        await page.locator("[name=password]").fill(OPERATOR_PASSWORD)
        await page.locator("[name=again]").fill(OPERATOR_PASSWORD)
        await page.get_by_role("button", name="Go on").click()
        await page.wait_for_url("**/set-up")
        return found + await faults_of(here)

    play(walk)


def test_pages_that_say_what_went_wrong() -> None:
    async def walk(place: Site, here: Visit) -> list[str]:
        page, here.expected = here.page, {400, 404, 405, 419, 422, 500, 503}
        anna = place.desk.account("anna")
        place.desk.phone(anna, "+48600316058")
        client = place.desk.client()
        place.desk.sign_in(client, "anna")
        await place.bring(here, client)
        found = await look_at(here, ["/no/such/page"])
        await here.go("/")
        await page.get_by_label("Connect me to").fill("112")
        await page.get_by_role("button", name="Call me").click()
        await page.locator(".wrong").wait_for()
        found += await faults_of(here)
        await page.evaluate(
            "document.querySelectorAll('[name=csrf_token]').forEach(one => one.value = 'old')"
        )
        await page.get_by_role("button", name="Call me").click()
        await page.wait_for_load_state()
        found += await faults_of(here)

        def breaks() -> Response:
            raise RuntimeError("a mistake of ours")

        def busy() -> Response:
            raise StoreError("locked")

        for view in (breaks, busy):
            place.desk.app.view_functions["history.calls"] = view
            found += await look_at(here, ["/history"])
        return found

    play(walk)
