"""A client at the pages, without telephones: what goes wrong, is pressed twice, is taken home."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect
from python_calamine import CalamineWorkbook

from callback.store import accounts, ledger
from tests.browser.people import BERLIN, LINKS, TRUNKS, furnish
from tests.browser.site import Site, site
from tests.browser.visit import Device, Visit, chromium, visit
from tests.webapp.desk import ANNA
from tests.webapp.pressing import requests_in


@asynccontextmanager
async def anna_signed_in(device: Device = "desktop") -> AsyncIterator[tuple[Site, Visit]]:
    """Anna, with 10 EUR and a phone, before the first page."""
    with site(with_valkey=True) as place:
        place.desk.phone(place.desk.account("anna"), ANNA)
        client = place.desk.client()
        place.desk.sign_in(client, "anna")
        async with chromium() as browser, visit(browser, place.url, device) as here:
            await place.bring(here, client)
            await here.go("/")
            yield place, here


async def copy_form(of: Page, to: Page) -> None:
    """What "duplicate this tab" does: the same form once more."""
    values = await of.evaluate("Object.fromEntries(new FormData(document.querySelector('#call-me')))")
    fill = "all => { for (const [name, value] of Object.entries(all)) "
    fill += "document.querySelector(`#call-me [name=${name}]`).value = value; }"
    await to.evaluate(fill, values)


def test_a_double_press_and_a_second_tab_make_one_call() -> None:
    async def play() -> None:
        async with anna_signed_in() as (place, here):
            page, other = here.page, await here.context.new_page()
            here.watch(other)
            await other.goto(page.url)
            await page.get_by_label("Connect me to").fill("+49 30 12345678")
            await copy_form(page, other)
            press = "document.querySelector('#call-me [type=submit]')"
            await asyncio.gather(
                page.evaluate(f"{press}.click(); {press}.click()"),
                other.get_by_role("button", name="Call me").click(),
            )
            await page.wait_for_url("**/calls/*")
            await other.wait_for_url("**/calls/*")
            (made,) = requests_in(place.desk)
            assert page.url.endswith(made.id) and other.url.endswith(made.id)
            await other.go_back()  # the form as it was; sent again it is still the same wish
            await other.get_by_role("button", name="Call me").click()
            await other.wait_for_url(f"**/calls/{made.id}")
            assert len(requests_in(place.desk)) == 1
            here.calm()

    asyncio.run(play())


def test_money_that_is_gone_meanwhile_and_a_page_too_old_keep_what_was_typed() -> None:
    async def play() -> None:
        async with anna_signed_in("phone") as (place, here):
            page = here.page
            wanted = page.get_by_label("Connect me to")
            await wanted.fill("+49 30 12345678")
            await expect(page.get_by_text("You can talk up to")).to_be_visible()
            with place.desk.store.write() as session:
                ledger.adjust(session, "gone", "id-anna", -10_000_000, author="test", at_ms=1, reason="spent")
            await page.get_by_role("button", name="Call me").click()
            await expect(page.get_by_role("alert")).to_contain_text("balance")
            await expect(wanted).to_have_value("+49 30 12345678")
            with place.desk.store.write() as session:
                ledger.top_up(session, "back", "id-anna", 10_000_000, author="test", at_ms=2)
            await here.context.clear_cookies(name="ringback-form")
            here.expected = {400, 419}
            await page.get_by_role("button", name="Call me").click()
            await expect(page.get_by_role("heading", name="Please send it again")).to_be_visible()
            assert requests_in(place.desk) == []
            await expect(page.get_by_label("Connect me to")).to_have_value("+49 30 12345678")
            await page.get_by_role("button", name="Send again").click()
            await page.wait_for_url("**/calls/*")
            assert [made.destination for made in requests_in(place.desk)] == [BERLIN]
            here.calm()

    asyncio.run(play())


def test_the_fifth_wrong_code_was_the_last() -> None:
    async def play() -> None:
        async with anna_signed_in("phone") as (place, here):
            page = here.page
            _await_code(place, "+48512000321", "123456")
            await here.go("/numbers")
            await page.get_by_role("link", name="Confirm +48 512 000 321").click()
            code = page.get_by_label("Code", exact=True)
            for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
                await code.fill("000000")
                await page.get_by_role("button", name="Confirm", exact=True).click()
                await expect(page.get_by_text(f"That code is wrong. {left} left.")).to_be_visible()
                await expect(code).to_be_focused()
            await code.fill("000000")
            await page.get_by_role("button", name="Confirm", exact=True).click()
            await expect(page.get_by_text("it was the last try")).to_be_visible()
            await code.fill("123456")
            await page.get_by_role("button", name="Confirm", exact=True).click()
            await expect(page.get_by_text("no longer valid")).to_be_visible()
            with place.desk.store.read() as session:
                found = accounts.find_number(session, "id-anna", "+48512000321")
                assert found is not None and found.state == "pending"
            here.calm()

    asyncio.run(play())


def _await_code(place: Site, number: str, code: str) -> None:
    with place.desk.store.write() as session:
        accounts.register_pending(
            session, "id-anna", number, number_id="n2", code=code, source="web", key=place.desk.keys.pepper,
            now_ms=place.desk.clock.now_ms(),
        )  # fmt: skip


def test_a_history_is_filtered_taken_home_and_read_in_polish(tmp_path: Path) -> None:
    async def play() -> None:
        with site(with_valkey=True, links=LINKS, trunks=TRUNKS) as place:
            furnish(place)
            async with chromium() as browser, visit(browser, place.url) as here:
                page = here.page
                await here.sign_in("anna", "secret99")
                await page.get_by_role("link", name="History").click()
                await page.get_by_label("Number").fill("+49")
                await page.get_by_role("button", name="Show").click()
                await expect(page.locator(".data-table tbody tr")).to_have_count(2)
                assert "number=%2B49" in page.url
                rows = await _csv(page)
                assert [row["dialled"] for row in rows] == [BERLIN, BERLIN]
                async with page.expect_download() as taking:
                    await page.get_by_role("link", name="Excel").click()
                book = tmp_path / "calls.xlsx"
                await (await taking.value).save_as(book)
                sheet = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
                assert sum(BERLIN in row for row in sheet) == 2
                await _speak_polish(page)
                here.calm()

    asyncio.run(play())


async def _csv(page: Page) -> list[dict[str, str]]:
    async with page.expect_download() as taking:
        await page.get_by_role("link", name="CSV").click()
    path = await (await taking.value).path()
    return list(csv.DictReader(io.StringIO(path.read_text())))


async def _speak_polish(page: Page) -> None:
    """The profile keeps it; after signing out and in it is still so."""
    await page.get_by_role("link", name="Profile").click()
    await page.get_by_label("Language", exact=True).select_option("pl")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("html")).to_have_attribute("lang", "pl")
    await expect(page.get_by_role("link", name="Historia")).to_be_visible()
    await page.get_by_role("button", name="Wyloguj").click()
    await expect(page.locator("[name=password]")).to_be_visible()
    await page.go_back()  # a page that was somebody's is not shown to the next one
    await page.wait_for_url(re.compile("/sign-in"))
