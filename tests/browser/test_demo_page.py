"""The demo page before a person: led by what the coach lights, by keyboard alone, or played by itself."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from ringback.demo import cast
from tests.browser.visit import Device, Visit, chromium, faults_of, visit
from tests.ringback.demos import demo

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(240)]
_LOUD = 0.3  # of what the level meter can show


@asynccontextmanager
async def a_town() -> AsyncIterator[tuple[Browser, str]]:
    """A fresh one, and a browser to look at it."""
    with tempfile.TemporaryDirectory(prefix="rb-") as here, demo(Path(here), "--page", "--json") as running:
        opened = await asyncio.to_thread(running.await_news, "Opened")
        async with chromium() as browser:
            yield browser, opened["web"].removesuffix("/demo")
        running.send(signal.SIGINT)
        await asyncio.to_thread(running.process.wait, 60)


@asynccontextmanager
async def before_the_page(
    town: tuple[Browser, str], device: Device, *, with_rules: bool = False
) -> AsyncIterator[Visit]:
    """Somebody who has just opened its page."""
    async with visit(*town, device, with_rules=with_rules) as one:
        await one.go("/demo")
        yield one
        one.calm()


async def await_true(page: Page, expression: str) -> None:
    """Asked again and again from outside: the policy forbids a page to be given functions."""
    async with asyncio.timeout(30):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.03)


async def await_step(page: Page, *names: str) -> str:
    """The coach has come so far; the name of its step."""
    steps = f"{list(names)!r}.includes(globalThis.ringbackDemo?.picture.step?.name)"
    await await_true(page, steps)
    name: str = await page.evaluate("ringbackDemo.picture.step.name")
    return name


async def await_sound(page: Page, phone: str) -> None:
    """The browser plays what this phone hears: an analyser before the loudspeaker says so."""
    await await_true(page, f"ringbackDemo.phones.get('{phone}').ear.level() > {_LOUD}")


async def press_what_is_lit(page: Page) -> None:
    await page.locator(".is-next:visible").click()


def test_who_presses_what_is_lit_has_a_callback_and_a_keyboard_is_enough_for_another() -> None:
    async def play() -> None:
        async with a_town() as town:
            async with before_the_page(town, "phone", with_rules=True) as here:
                await _press_what_is_lit_to_the_end(here)
            async with before_the_page(town, "desktop", with_rules=True) as here:
                await _play_by_keyboard(here)

    asyncio.run(play())


async def _press_what_is_lit_to_the_end(here: Visit) -> None:
    page, faults = here.page, list[str]()
    await await_step(page, "register")
    await expect(page.get_by_text("nobody is called")).to_be_visible()
    for following in ("prove", "ask", "answer"):
        await press_what_is_lit(page)
        await await_step(page, following)
    faults += await faults_of(here, ("phone",))
    await press_what_is_lit(page)
    await await_step(page, "dial")
    await await_sound(page, "anna")
    await expect(page.locator("#phone-anna .caption")).to_contain_text("Please enter the number")
    await page.locator("#phone-anna [data-key='7']").click()
    await expect(page.locator("#phone-anna .dial-all")).to_contain_text("*00")  # wipes the 7 out
    faults += await faults_of(here, ("phone",))
    await press_what_is_lit(page)
    await await_step(page, "answer-them")
    await press_what_is_lit(page)
    await await_step(page, "talk")
    await page.get_by_role("button", name="Boris", exact=True).click()
    await page.locator("#phone-boris .tune-choice").select_option("star")
    await await_sound(page, "anna")
    await page.get_by_role("button", name="Anna", exact=True).click()
    await page.get_by_role("button", name="Hang up Anna’s phone").click()
    await await_step(page, "done")
    await expect(page.locator("#charge .sum-settled")).to_be_visible()
    await expect(page.locator("#facts")).to_contain_text("Nothing is lost")
    faults += await faults_of(here, ("phone",))
    assert not faults, "\n".join(faults)


async def _play_by_keyboard(here: Visit) -> None:
    page = here.page
    await await_step(page, "done")
    await _tab_to(page, "#phone-anna textarea")
    await page.keyboard.type(cast.CALL_ME[2])
    await page.keyboard.press("Enter")
    await await_step(page, "answer")
    await await_true(page, "document.activeElement.matches('#phone-anna .answer')")
    await page.keyboard.press("Enter")
    await await_step(page, "dial")
    await await_true(page, "document.activeElement.matches('#phone-anna .talking')")
    faults = await faults_of(here, ("desktop",))
    await page.keyboard.type("00493023125042#", delay=60)
    await await_step(page, "answer-them")
    await _tab_to(page, "#phone-boris .answer")
    await page.keyboard.press("Enter")
    await await_step(page, "talk")
    await _tab_to(page, "#phone-boris .hang-up")
    await page.keyboard.press("Space")
    # B's hang-up leads A back to the menu; A's own ends the call
    await await_step(page, "dial")
    await _tab_to(page, "#phone-anna .hang-up", "Shift+Tab")
    await page.keyboard.press("Enter")
    await await_step(page, "done")
    faults += await faults_of(here, ("desktop",))
    assert not faults, "\n".join(faults)


async def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    async def next_one() -> bool:
        await page.keyboard.press(key)
        return bool(await page.evaluate(f"document.activeElement.matches('{selector}')"))

    for _ in range(80):
        if await next_one():
            return
    raise AssertionError(f"no way by {key} to {selector}")


def test_it_plays_by_itself_and_a_killed_process_loses_nothing() -> None:
    async def play() -> None:
        async with a_town() as town, before_the_page(town, "tablet") as here:
            page = here.page
            await page.get_by_role("button", name="Do it for me").click()
            await await_step(page, "talk")
            await await_sound(page, "anna")
            await await_sound(page, "boris")
            await page.get_by_role("button", name="Kill media").click()
            await expect(page.locator("#victims")).to_contain_text("back after")
            await await_step(page, "done")
            await expect(page.locator("#facts")).to_contain_text("Nothing is lost")
            await expect(page.locator("#facts")).to_contain_text("SMS received 3 · executed 3 · answered 3")
            await expect(page.get_by_role("button", name="Do it for me")).to_be_visible()
            await _sign_in_as_both(here)

    asyncio.run(play())


async def _sign_in_as_both(here: Visit) -> None:
    for who, words in (("the subscriber", "Call me"), ("the operator", "Overview")):
        async with here.context.expect_page() as opening:
            await here.page.get_by_role("button", name=f"Sign in as {who}").click()
        other = await opening.value
        await expect(other.get_by_role("heading", name=words).first).to_be_visible()
        await other.close()
    # the page goes on with a fresh token for its forms
    await here.page.bring_to_front()
    sent = here.page.locator("#phone-anna .bubble")
    before = await sent.count()
    await here.page.locator("#phone-anna textarea").fill("HELP")
    await here.page.get_by_role("button", name="Send the SMS from Anna’s phone").click()
    await expect(sent).to_have_count(before + 2)
