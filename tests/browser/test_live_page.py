"""An open live page never lies: what it shows is true, or it says as of when it was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, Request, Route, expect

from callback import settlement
from callback.core.causes import Cause
from callback.core.ids import leg_id
from callback.news import Publisher
from callback.store import web_sessions
from tests.browser.people import talking
from tests.browser.site import Site, site
from tests.browser.visit import Visit, chromium, visit
from tests.queue.parts import Valkey
from tests.webapp.desk import ANNA, FRIEND

pytestmark = pytest.mark.realtime
_HIDE = "Object.defineProperty(document, 'hidden', {get: () => window.isUnseen === true})"
_SHOW = "window.isUnseen = {hidden}; document.dispatchEvent(new Event('visibilitychange'))"


@dataclass
class Scene:
    """Anna talks, and looks at the page of her call."""

    place: Site
    here: Visit
    valkey: Valkey
    request_id: str

    @property
    def note(self) -> Locator:
        return self.here.page.locator("#call [data-live-note]")

    def heading(self, words: str) -> Locator:
        return self.here.page.get_by_role("heading", name=words)

    def friend_hangs_up(self) -> None:
        """As her dialer would write it; nobody is told."""
        with self.place.desk.store.write() as session:
            at_ms = self.place.desk.clock.now_ms()
            leg = leg_id(self.request_id, "B", 1)
            assert settlement.record_leg_end(session, leg, 1, ended_at_ms=at_ms, cause=Cause.HANGUP)

    def tell(self) -> None:
        publisher = Publisher(self.valkey.url)
        publisher.tell("id-anna", self.request_id)
        publisher.close()


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    with site() as place:
        desk = place.desk
        anna = desk.account("anna")
        desk.phone(anna, ANNA)
        request_id = talking(desk, anna, FRIEND, 12_000)
        valkey = Valkey(desk.config)
        valkey.start()
        client = desk.client()
        desk.sign_in(client, "anna")
        try:
            async with chromium() as browser, visit(browser, place.url) as here:
                here.expected |= {503}
                await place.bring(here, client)
                await here.go(f"/calls/{request_id}")
                told = Scene(place, here, valkey, request_id)
                await expect(told.heading("Talking")).to_be_visible()
                yield told
        finally:
            valkey.stop()


def test_a_change_shows_at_once_and_the_clock_runs_in_between() -> None:
    async def play() -> None:
        async with scene() as told:
            clock = told.here.page.locator(".live-clock")
            for _second in range(2):
                await expect(clock).not_to_have_text(await clock.inner_text(), timeout=4_000)
            told.friend_hangs_up()
            told.tell()
            await expect(told.heading("You answered")).to_be_visible(timeout=3_000)  # sooner than any look
            await expect(told.note).to_be_hidden()
            told.here.calm()

    asyncio.run(play())


def test_while_valkey_is_away_the_page_looks_by_itself_and_says_so() -> None:
    async def play() -> None:
        async with scene() as told:
            told.valkey.kill()
            await expect(told.note).to_have_text("Looking every 5 seconds")
            told.friend_hangs_up()
            await expect(told.heading("You answered")).to_be_visible(timeout=9_000)
            told.valkey.start()
            await expect(told.note).to_be_hidden(timeout=35_000)
            told.here.calm()

    asyncio.run(play())


def test_cut_off_it_says_as_of_when_and_its_clock_stands_still_until_it_is_back() -> None:
    async def play() -> None:
        async with scene() as told:
            page, clock = told.here.page, told.here.page.locator(".live-clock")
            await expect(clock).not_to_have_text(await clock.inner_text(), timeout=4_000)
            await told.here.context.set_offline(True)
            told.valkey.kill()  # ends the stream, which a browser that plays offline leaves open
            await expect(told.note).to_contain_text("As of ", timeout=20_000)
            stands = await clock.inner_text()
            await page.wait_for_timeout(2_100)  # that it does not go on takes time to show
            assert await clock.inner_text() == stands
            told.friend_hangs_up()
            await told.here.context.set_offline(False)
            await expect(told.heading("You answered")).to_be_visible(timeout=3_000)  # sooner than any look
            await expect(told.note).not_to_contain_text("As of ")

    asyncio.run(play())


def test_a_page_that_slept_marks_what_is_old_and_is_right_as_soon_as_it_may_ask() -> None:
    async def play() -> None:
        async with scene() as told:
            page, clock = told.here.page, told.here.page.locator(".live-clock")
            await page.clock.install()
            await told.here.go(f"/calls/{told.request_id}")
            await expect(clock).not_to_have_text(await clock.inner_text(), timeout=4_000)
            may_ask = asyncio.Event()

            async def hold(route: Route) -> None:
                await may_ask.wait()
                await route.continue_()

            await page.route("**/state*", hold)
            told.friend_hangs_up()
            await page.clock.fast_forward(60_000)  # the lid was closed: every timer is late, and fires once
            await expect(told.note).to_contain_text("As of ", timeout=2_000)
            stands = await clock.inner_text()
            await page.clock.run_for(2_000)
            assert await clock.inner_text() == stands
            may_ask.set()
            await expect(told.heading("You answered")).to_be_visible(timeout=2_000)
            await expect(told.note).to_be_hidden()

    asyncio.run(play())


def test_a_tab_that_nobody_sees_holds_no_stream_and_is_right_when_it_is_seen_again() -> None:
    async def play() -> None:
        async with scene() as told:
            page = told.here.page
            await page.evaluate(_HIDE)
            async with page.expect_event("requestfailed", _is_stream, timeout=2_000):
                await page.evaluate(_SHOW.format(hidden="true"))
            told.friend_hangs_up()
            told.tell()
            await expect(told.heading("Talking")).to_be_visible()  # nobody looks, nothing is asked
            async with page.expect_event("request", _is_stream, timeout=2_000):
                await page.evaluate(_SHOW.format(hidden="false"))
            await expect(told.heading("You answered")).to_be_visible(timeout=2_000)
            await expect(told.note).to_be_hidden()
            told.here.calm()

    asyncio.run(play())


def _is_stream(request: Request) -> bool:
    return request.url.endswith("/events")


def test_a_revoked_session_leads_to_the_sign_in_page() -> None:
    async def play() -> None:
        async with scene() as told:
            with told.place.desk.store.write() as session:
                web_sessions.revoke_all(session, "id-anna")
            told.here.expected |= {401}
            told.tell()
            await told.here.page.wait_for_url(f"**/sign-in?next=/calls/{told.request_id}", timeout=8_000)

    asyncio.run(play())
