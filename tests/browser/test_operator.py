"""An operator's way: the first link, the code, clients and their money, SMS of strangers, a call ended."""

import asyncio
import re

from playwright.async_api import Page, expect

from callback import totp
from callback.clock import Clock
from callback.telephony.simulator import Plan
from smsgw.simulator_texts import MoMessage
from tests.browser.hostile import PAYLOADS, Trap
from tests.browser.visit import Visit, chromium, visit
from tests.e2e.product import LOGIN, PASSWORD
from tests.e2e.town import ACCESS, ANNA, BORIS, Town, town
from tests.waiting import becomes
from tests.webapp.desk import OPERATOR, OPERATOR_PASSWORD

_LONGEST = 60  # of a text here: of one SMS, whatever its alphabet


async def become_an_operator(here: Visit, place: Town) -> None:
    """The link that `ringback init` tells, a password, a code generator."""
    page = here.page
    link = place.product.ask("init")["operator_link"]
    await here.go(
        link.removeprefix(here.url) if link.startswith(here.url) else link[link.index("/operator") :]
    )
    await page.get_by_label("Login").fill(OPERATOR)
    await page.get_by_label("Password", exact=True).fill(OPERATOR_PASSWORD)
    await page.get_by_label("Password again").fill(OPERATOR_PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    secret = await page.locator(".secret-key code").inner_text()
    await page.get_by_label("Code", exact=True).fill(totp.code_at(secret, Clock().now_ms()))
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()


async def make_a_client(page: Page) -> None:
    await page.get_by_role("link", name="Clients").click()
    await page.get_by_role("link", name="New client").click()
    await page.get_by_label("Login").fill("celina")
    await page.get_by_label("Number").fill("600 700 800")
    await page.get_by_role("button", name="Make client").click()
    await expect(page.get_by_role("heading", name="celina is ready")).to_be_visible()
    await expect(page.locator(".shown-once")).not_to_be_empty()
    await page.get_by_role("link", name="I have noted it").click()
    await expect(page.get_by_role("heading", name="celina")).to_be_visible()


async def give_money_then_block(page: Page) -> None:
    await page.get_by_role("link", name="Clients").first.click()
    await page.get_by_label("Login or number").fill("celi")
    await page.get_by_role("button", name="Find").click()
    await expect(page.locator(".data-table tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="celina").click()
    await page.get_by_label("Amount").fill("12.50")
    await page.get_by_label("Reason").fill("paid in cash")
    await page.get_by_role("button", name="Book it").click()
    await expect(page.get_by_text("€12.50 added.")).to_be_visible()
    await expect(page.get_by_text("paid in cash").first).to_be_visible()
    await page.get_by_role("button", name="Block").click()
    await page.locator("dialog").get_by_role("button", name="Block").click()
    await expect(page.get_by_role("button", name="Unblock")).to_be_visible()
    await expect(page.get_by_text("Blocked the account")).to_be_visible()


async def read_what_strangers_text(here: Visit, place: Town, trap: Trap) -> None:
    """By real SMS, each from a phone of its own."""
    texts = [payload[:_LONGEST] for payload in PAYLOADS]
    for index, text in enumerate(texts):
        delivery = place.smsc.deliver(MoMessage(f"+4879010{index:04}", ACCESS, text, "ucs2"))
        await becomes(lambda told=delivery: told.accepted, 10, f"{text} is taken")  # type: ignore[misc]  # the loop's
    waiting = "SELECT count(*) FROM inbox WHERE state = 'received'"
    await becomes(lambda: not place.product.count(waiting), 30, "every SMS is executed")
    for address in ("/operator/sms", "/operator/"):
        await here.go(address)
        await trap.look(here.page)
    await here.go("/operator/sms?direction=in")
    await expect(here.page.locator(".data-table tbody tr").first).to_be_visible()
    assert trap.sprung == []


async def end_a_call(page: Page, place: Town) -> None:
    """Anna asked for it by SMS; Valkey is killed in the midst, and comes back."""
    for number in (ANNA, BORIS):
        place.carrier.handset(number, Plan(ring_s=0.3, tune="own"))
    await page.get_by_role("link", name="Calls").click()
    await expect(page.get_by_text("No call is under way.")).to_be_visible()
    place.text(f"U.{LOGIN} P.{PASSWORD} T.{BORIS[1:]}")
    live = page.locator("#live-calls")
    await expect(live.get_by_text("Talking")).to_be_visible()
    place.product.kill("valkey")
    await live.get_by_role("button", name=re.compile("Hang up")).click()
    await expect(live.get_by_text("No call is under way.")).to_be_visible()
    await place.product.finished()
    assert place.product.count("SELECT count(*) FROM cdr WHERE cause = 'operator-wish'") == 2


def test_an_operator_starts_a_service_and_runs_it() -> None:
    async def play() -> None:
        async with town(number=ANNA) as place, chromium() as browser:
            await place.serve()
            async with visit(browser, place.product.url) as here:
                trap, page = Trap(here), here.page
                here.expected = {503}  # the event stream, while Valkey is away
                await trap.set()
                await become_an_operator(here, place)
                await expect(page.get_by_text("Bound", exact=True)).to_be_visible()
                await make_a_client(page)
                await give_money_then_block(page)
                await read_what_strangers_text(here, place, trap)
                await end_a_call(page, place)
                await page.get_by_role("link", name="Links").click()
                await expect(page.get_by_text("Bound", exact=True)).to_be_visible()
                await page.get_by_role("button", name="Sign out").click()
                await expect(page.locator("[name=password]")).to_be_visible()
                here.calm()
            assert place.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
