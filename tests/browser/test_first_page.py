"""An open first page stays true: a call that began by SMS shows, money comes and goes, nobody reloads."""

import asyncio

from playwright.async_api import expect

from callback.telephony.simulator import Plan
from tests.browser.visit import chromium, visit
from tests.e2e.product import LOGIN, PASSWORD
from tests.e2e.town import ANNA, BORIS, town


def test_a_call_that_began_by_sms_shows_on_an_open_page() -> None:
    async def play() -> None:
        async with town(number=ANNA) as place, chromium() as browser:
            await place.serve()
            async with visit(browser, place.product.url, "desktop") as here:
                page = here.page
                await here.sign_in(LOGIN, PASSWORD)
                place.carrier.handset(ANNA, Plan(ring_s=0.5, tune="own"))
                place.carrier.handset(BORIS, Plan(ring_s=0.5, tune="own"))
                money, calls = page.locator("#money-now"), page.locator("#calls-now")
                await expect(money).to_contain_text("€10.00")
                place.text("U.anna P.secret99 T.221234999")
                await expect(page.locator("#live-now .live-link")).to_be_visible()
                await expect(calls).to_contain_text("In progress")
                await expect(money).to_contain_text("is set aside")
                await place.carrier.wait_for("answered", BORIS, 10)
                await page.locator("#live-now .live-link").click()
                await page.get_by_role("button", name="Hang up").click()
                await page.get_by_role("link", name="Call again").click()
                await expect(calls).to_contain_text("Talked")
                await expect(money).not_to_contain_text("is set aside")
                here.calm()

    asyncio.run(play())


def test_the_price_is_told_while_typing() -> None:
    async def play() -> None:
        async with town(number=ANNA) as place, chromium() as browser:
            await place.serve()
            async with visit(browser, place.product.url, "phone") as here:
                page = here.page
                await here.sign_in(LOGIN, PASSWORD)
                wanted, told = page.get_by_label("Connect me to"), page.locator("#quote")
                await expect(told).to_contain_text("Your own phone costs €0.60")
                await wanted.fill("22 123 49 99")
                await expect(told).to_contain_text("€1.80")
                await wanted.fill("112")
                await expect(told).to_contain_text("emergency")
                await wanted.fill("22 12")
                await expect(told).to_have_text("")
                here.calm()

    asyncio.run(play())
