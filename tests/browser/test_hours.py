"""The chart of the overview: drawn from the table in the page, in its theme, as wide as there is room."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from callback.core.hours import HOUR_MS
from tests.browser.site import Site, site
from tests.browser.visit import Visit, chromium, faults_of, visit
from tests.webapp import calls
from tests.webapp.desk import Desk

# The colour in the middle of the bar for the last hour but one, near its foot.
_COLOUR = """() => {
  const canvas = document.querySelector("#hours canvas"), copy = document.createElement("canvas");
  const over = document.querySelector("#hours .u-over"), scale = canvas.width / canvas.clientWidth;
  const x = over.offsetLeft + over.offsetWidth * 22.5 / 24, y = over.offsetTop + over.offsetHeight - 8;
  const ink = copy.getContext("2d", {willReadFrequently: true});
  ink.drawImage(canvas, -Math.round(x * scale), -Math.round(y * scale));
  return [...ink.getImageData(0, 0, 1, 1).data.slice(0, 3)].join();
}"""
_KEY = "() => getComputedStyle(document.querySelector('.key-talked')).backgroundColor.match(/\\d+/g).join()"
_FILLS = """() => document.querySelector("#hours canvas").clientWidth
  === document.querySelector(".hours-chart").clientWidth"""


def busy(desk: Desk) -> None:
    account = desk.account("anna")
    now_ms = desk.clock.now_ms()
    for hours_ago in (1, 1, 3):
        calls.talked_call(desk, account, at_ms=now_ms - hours_ago * HOUR_MS)


def look(act: Callable[[Visit, Site], Awaitable[None]], *, script: bool = True) -> None:
    async def walk() -> None:
        with site(with_valkey=True) as place:
            client = place.desk.client()
            place.desk.sign_in_operator(client, place.desk.operator())
            busy(place.desk)
            async with (
                chromium() as browser,
                visit(browser, place.url, script=script, with_rules=script) as here,
            ):
                await place.bring(here, client)
                await here.go("/operator/")
                await act(here, place)
                here.calm()

    asyncio.run(walk())


async def is_drawn_as_its_key(page: Page) -> None:
    assert await page.evaluate(_COLOUR) == await page.evaluate(_KEY)


def test_the_chart_is_drawn_and_follows_theme_and_width() -> None:
    async def act(here: Visit, _place: Site) -> None:
        page = here.page
        await expect(page.get_by_role("img", name="3 calls in the last 24 hours, most at")).to_be_visible()
        await is_drawn_as_its_key(page)
        light = await page.evaluate(_COLOUR)
        await page.get_by_role("button", name="Dark theme").click()
        assert await page.evaluate(_COLOUR) != light
        await is_drawn_as_its_key(page)
        for width in (360, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.wait_for_function(_FILLS)
        chart = page.locator(".hours-chart .u-over")
        box = await chart.bounding_box()
        assert box is not None
        await chart.hover(position={"x": box["width"] * 22.5 / 24, "y": 40})
        await expect(page.locator(".hours-point")).to_contain_text("2 talked, 0 without a talk")
        assert await faults_of(here, ("phone", "tablet", "desktop")) == []

    look(act)


def test_the_chart_stays_when_the_part_around_it_is_read_anew() -> None:
    async def act(here: Visit, place: Site) -> None:
        page = here.page
        await page.locator("#hours-more").focus()
        await page.keyboard.press("Enter")
        await page.evaluate("document.querySelector('#hours canvas').dataset.same = 'yes'")
        calls.queued_call(place.desk, "id-anna")
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the part is read anew
        await expect(page.locator("#now .stat-value").first).to_have_text("1")
        await expect(page.locator("#hours canvas[data-same]")).to_be_visible()
        await expect(page.locator("#hours-more")).to_be_focused()
        await expect(page.get_by_role("row")).to_have_count(25)

    look(act)


def test_once_a_minute_the_chart_is_read_anew() -> None:
    async def act(here: Visit, place: Site) -> None:
        page = here.page
        await page.clock.install()
        await page.reload()
        await page.locator("#hours-more").click()
        calls.talked_call(place.desk, "id-anna", number="+48600316059")
        await page.clock.fast_forward(66_000)
        await expect(page.get_by_role("img", name="4 calls in the last 24 hours")).to_be_visible(
            timeout=15_000
        )
        await expect(page.locator("#hours canvas")).to_be_visible()
        await expect(page.get_by_role("row")).to_have_count(25)  # its figures are still open

    look(act)


def test_without_javascript_there_is_the_table() -> None:
    async def act(here: Visit, _place: Site) -> None:
        page = here.page
        await expect(page.get_by_text("3 calls in the last 24 hours")).to_be_visible()
        await expect(page.locator(".hours-chart")).to_be_hidden()
        await page.locator("#hours-more").click()
        await expect(page.get_by_role("row")).to_have_count(25)

    look(act, script=False)
