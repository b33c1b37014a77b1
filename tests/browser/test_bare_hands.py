"""Without JavaScript, and without a mouse: sign in, ask for a call, see it, end it, look back."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from callback.news import Publisher
from callback.store import nodes, requests
from tests.browser.people import rung
from tests.browser.site import Site, site
from tests.browser.visit import Device, chromium, visit
from tests.webapp.calls import talked_call
from tests.webapp.desk import ANNA, FRIEND, PASSWORD
from tests.webapp.pressing import requests_in

_FOCUSED = """() => {
  const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  return {shown: (ring || look.boxShadow !== "none") && inside, what: one.outerHTML.slice(0, 150)};
}"""


def furnished(place: Site) -> None:
    place.desk.phone(place.desk.account("anna"), ANNA)
    talked_call(place.desk, "id-anna")


def ring(place: Site) -> str:
    """What a dialer would do next with the call that waits; its id."""
    made = requests_in(place.desk)[0]
    with place.desk.store.write() as session:
        nodes.register_node(session, "dialer@box:5060", "dialer", place.desk.clock.now_ms())
        assert requests.claim_request(session, made.id, "dialer@box:5060", 1, place.desk.clock.now_ms())
    rung(place.desk, made.id, "A", ANNA, 0)
    news = Publisher(place.desk.config.queue_url)
    news.tell("id-anna", made.id)
    news.close()
    return made.id


def test_without_scripts_a_call_is_priced_made_followed_and_looked_up() -> None:
    async def play() -> None:
        with site(with_valkey=True) as place:
            furnished(place)
            async with chromium() as browser, visit(browser, place.url, "phone", script=False) as here:
                page = here.page
                await here.sign_in("anna", PASSWORD)
                await page.get_by_label("Connect me to").fill("0049 30 12345678")
                await page.get_by_role("button", name="Show price").click()
                await expect(page.get_by_text("You can talk up to")).to_be_visible()
                await expect(page.get_by_label("Connect me to")).to_have_value("0049 30 12345678")
                await page.get_by_role("button", name="Call me").click()
                await expect(page.get_by_role("heading", name="We call you in a moment")).to_be_visible()
                request_id = ring(place)
                await expect(page.get_by_role("heading", name="Ringing you")).to_be_visible(timeout=12_000)
                await page.get_by_role("button", name="Hang up").click()
                await expect(page).to_have_url(re.compile(request_id))
                await page.get_by_role("link", name="History").click()
                await expect(
                    page.get_by_label("Result")
                ).to_be_hidden()  # folded: calls come first on a phone
                await page.get_by_text("Filter").click()
                await page.get_by_label("Result").select_option("talked")
                await page.get_by_role("button", name="Show").click()
                await expect(page.locator(".data-table tbody tr")).to_have_count(1)
                await page.locator(".data-table tbody a").first.click()
                await expect(page.get_by_text("The charge, explained")).to_be_visible()
                await page.get_by_role("button", name="Dark theme").click()
                await expect(page.locator("html")).to_have_attribute("data-look", "dark")
                await page.get_by_role("button", name="Sign out").click()
                await expect(page.locator("[name=password]")).to_be_visible()
                here.calm()

    asyncio.run(play())


async def see_the_focus(page: Page) -> None:
    """At the latest after what fades or slides in."""
    for _look in range(20):
        seen = await page.evaluate(_FOCUSED)
        if seen["shown"]:
            return
        await page.wait_for_timeout(25)
    raise AssertionError(f"{page.url}: focus is not seen on {seen['what']}")


async def tab_to(page: Page, selector: str) -> None:
    """On by the Tab key; where the focus is must be seen at every step."""
    for _step in range(60):
        await page.keyboard.press("Tab")
        await see_the_focus(page)
        if await page.evaluate("what => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"{page.url}: no way by keyboard to {selector}")


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_keyboard_is_enough_and_shows_where_it_is(device: Device) -> None:
    async def play() -> None:
        with site(with_valkey=True) as place:
            furnished(place)
            async with chromium() as browser, visit(browser, place.url, device) as here:
                page = here.page
                await here.go("/sign-in")
                await expect(page.locator("[name=login]")).to_be_focused()
                await page.keyboard.type("anna")
                await tab_to(page, "[name=password]")
                await page.keyboard.type(PASSWORD)
                await page.keyboard.press("Enter")
                await page.wait_for_url(f"{here.url}/")
                await tab_to(page, ".skip")
                await page.keyboard.press("Enter")
                await expect(page.locator("#content")).to_be_focused()
                await tab_to(page, "[name=destination]")
                await page.keyboard.type(FRIEND)
                await tab_to(page, "#call-me [type=submit]")
                await page.keyboard.press("Enter")
                await page.wait_for_url("**/calls/*")
                ring(place)
                await expect(page.get_by_role("heading", name="Ringing you")).to_be_visible(timeout=12_000)
                await tab_to(page, "[id^=hang-up]")
                await page.keyboard.press("Enter")
                await expect(page.locator("[id^=hang-up]")).to_be_disabled()
                await tab_to(page, "a.place[href='/history']")
                await page.keyboard.press("Enter")
                await page.wait_for_url("**/history")
                await tab_to(page, ".data-table a")
                here.calm()

    asyncio.run(play())
