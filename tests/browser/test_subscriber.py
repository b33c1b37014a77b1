"""A subscriber's way through the web face, with an SMS centre and two phones at its other end."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.browser.visit import Device, Visit, chromium, visit
from tests.e2e.product import LOGIN, PASSWORD
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.listening import digits_in
from tests.waiting import becomes

_CODE = re.compile(r"\b([0-9]{6})\b")


async def add_my_phone(here: Visit, place: Town) -> None:
    """The code comes by SMS and is typed into the page."""
    page = here.page
    await page.get_by_role("link", name="Add my phone").click()
    await page.get_by_label("Number").fill("600 316 058")
    await page.get_by_role("button", name="Send the code").click()
    code = _CODE.search(await place.reply(1))
    assert code
    await page.get_by_label("Code", exact=True).fill(code[1])
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.get_by_text("Confirmed").first).to_be_visible()


async def add_my_phone_by_call(here: Visit, place: Town) -> None:
    """The phone rings, the code is heard after a press of 1, and typed into the page."""
    page, phone = here.page, place.carrier.handset(ANNA, BY_HAND)
    await page.get_by_role("link", name="Add my phone").click()
    await page.get_by_label("Number").fill("600 316 058")
    await page.get_by_label("Call me and read the code").check()
    await page.get_by_role("button", name="Send the code").click()
    await place.carrier.wait_for("ringing", ANNA, 10)
    phone.answer()
    await place.carrier.wait_for("rtp", ANNA, 10)
    phone.press("1")
    await becomes(lambda: len(digits_in(phone.heard())) >= 6, 20, "the code is read")
    await page.get_by_label("Code", exact=True).fill(digits_in(phone.heard())[:6])
    phone.hang_up()
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.get_by_text("Confirmed").first).to_be_visible()
    await place.product.finished()


@pytest.mark.realtime  # a code is read, and heard
def test_a_phone_is_confirmed_by_a_call_and_dials_by_its_own_keys() -> None:
    async def play() -> None:
        async with town() as place, chromium() as browser:
            await place.serve()
            async with visit(browser, place.product.url, "phone") as here:
                page = here.page
                await here.sign_in(LOGIN, PASSWORD)
                await add_my_phone_by_call(here, place)
                place.carrier.handset(ANNA, Plan(ring_s=0.3, press=((1.0, "221234999#"),)))
                place.carrier.handset(BORIS, Plan(ring_s=0.3, tune="own"))
                await here.go("/")
                await expect(page.get_by_text("Your own phone costs")).to_be_visible()
                await page.get_by_role("button", name="Call me").click()
                await expect(page.get_by_text("you enter it on your phone")).to_be_visible()
                await expect(page.locator(".live-talking")).to_be_visible(timeout=20_000)
                await expect(page.locator("#call")).to_contain_text("+48 22 123 49 99")
                await page.get_by_role("button", name="Hang up").click()
                await expect(page.locator(".live-ended")).to_be_visible()
                here.calm()
            assert place.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_sign_in_add_a_phone_call_me_talk_hang_up_see_the_charge(device: Device) -> None:
    async def play() -> None:
        async with town() as place, chromium() as browser:
            await place.serve()
            async with visit(browser, place.product.url, device) as here:
                page = here.page
                await here.sign_in(LOGIN, PASSWORD)
                await add_my_phone(here, place)
                place.carrier.handset(ANNA, Plan(ring_s=0.5, tune="own"))
                boris = place.carrier.handset(BORIS, Plan(ring_s=0.5, tune="own"))
                await here.go("/")
                await page.get_by_label("Connect me to").fill("22 123 49 99")
                await expect(page.get_by_text("You can talk up to")).to_be_visible()
                await page.get_by_role("button", name="Call me").click()
                await page.wait_for_url("**/calls/*")
                await expect(
                    page.locator(".live-ringing-a, .live-answered-a, .live-ringing-b")
                ).to_be_visible()
                await expect(page.locator(".live-talking")).to_be_visible()
                await expect(page.get_by_role("timer")).to_have_text(re.compile("0?0:0[2-9]"))
                await page.get_by_role("button", name="Hang up").click()
                await expect(page.locator(".live-ended")).to_be_visible()
                (call,) = await place.product.finished()
                assert call.outcome == "talked"
                await becomes(lambda: boris.state == "idle", 5, "Boris's phone is free")
                await page.get_by_role("link", name="How it went").click()
                await expect(page.get_by_text("0.05").first).to_be_visible()
                here.calm()
            assert place.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
