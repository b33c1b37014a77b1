"""A visit: a real Chromium before a running product, watched for what no page of ours may do.

Every response, console line and broken request of a visit is kept; `Visit.calm` says that none was wrong.
The simulated phones live in the same asyncio loop, so everything here is asynchronous.
"""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from playwright.async_api import async_playwright as playwright

from tests.waiting import becomes

AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
    "--lang=en-GB",  # in which it writes the dates of fields
    "--autoplay-policy=user-gesture-required",
)
_WIDTHS = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1440, 900)}
_AXE_RUN = """async rules => {
  const frame = () => new Promise(requestAnimationFrame);
  const fades = () => document.getAnimations().some(one => one.effect.getComputedTiming().endTime < 2000);
  for (let still = 0; still < 3; still = fades() ? 0 : still + 1) await frame();
  const kind = rules.length > 1 ? "tag" : "rule";
  const found = await axe.run(document, {runOnly: {type: kind, values: rules}, resultTypes: ["violations"]});
  return found.violations.flatMap(one => one.nodes.map(
    node => `${one.id} (${one.impact}): ${node.failureSummary} ${node.html.slice(0, 200)}`));
}"""
_TOO_WIDE = """() => {
  const {scrollWidth, clientWidth} = document.scrollingElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.querySelectorAll("body *")].filter(
    one => one.getBoundingClientRect().right > clientWidth + 1);
  return [`${scrollWidth} px; ` + wide.slice(0, 3).map(one => one.outerHTML.slice(0, 120)).join(" | ")];
}"""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Theme = Literal["light", "dark"]
Device = Literal["phone", "tablet", "desktop"]


@dataclass
class Visit:
    """One browser context: its cookies, its pages, its complaints."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)  # status codes from 400 on that the test provokes

    async def go(self, path: str) -> Response:
        response = await self.page.goto(self.url + path)
        assert response is not None
        return response

    async def sign_in(self, login: str, password: str) -> None:
        """As a subscriber."""
        await self.go("/sign-in")
        await self.page.locator("[name=login]").fill(login)
        await self.page.locator("[name=password]").fill(password)
        await self.page.locator("main form [type=submit]").first.click()
        await self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def calm(self) -> None:
        """No console error, no failed request, no answer from 400 on that was not expected."""
        assert not self.complaints, "\n".join(self.complaints)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        status = message.text.partition("status of ")[2][:3]
        if message.type in {"error", "warning"} and not (status.isdigit() and int(status) in self.expected):
            self.complaints.append(f"console {message.type}: {message.text} ({message.location})")

    def _failed(self, request: Request) -> None:
        why = request.failure or ""
        if why != "net::ERR_ABORTED":  # the page was left, with its event stream open
            self.complaints.append(f"{request.method} {request.url}: {why}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's, headless, in this process's care."""
    async with playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *_QUIET])
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    device: Device = "desktop",
    theme: Theme = "light",
    *,
    script: bool = True,
    locale: str = "en-GB",
    agent: str | None = None,
    with_rules: bool = False,
) -> AsyncIterator[Visit]:
    """A new visitor; `script=False` is one without JavaScript, `with_rules` one that `faults_of` can ask."""
    await becomes(lambda: _is_served(url), 30, f"{url} answers")
    width, height = _WIDTHS[device]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        java_script_enabled=script,
        locale=locale,
        timezone_id="Europe/Warsaw",
        user_agent=agent,
        reduced_motion="reduce",
        has_touch=device == "phone",
    )
    context.set_default_timeout(15_000)
    if with_rules:
        await context.add_init_script(path=AXE)  # which the policy for scripts does not concern
    page = await context.new_page()
    here = Visit(context, page, url)
    here.watch(page)
    try:
        yield here
    except BaseException:
        with contextlib.suppress(Exception):  # the picture is a courtesy to whoever reads the failure
            Path("build").mkdir(exist_ok=True)
            await page.screenshot(path=f"build/failed-{device}-{theme}.png", full_page=True)
            print(page.url, await page.locator("body").inner_text(), sep="\n")
        print(*here.complaints, sep="\n")
        raise
    finally:
        await context.close()


def _is_served(url: str) -> bool:
    """The web face starts beside the telephony and may be the last that is ready."""
    at = urlsplit(url)
    with contextlib.suppress(OSError), socket.create_connection((str(at.hostname), at.port or 80), 1):
        return True
    return False


async def faults_of(here: Visit, devices: tuple[Device, ...] = ("phone", "desktop")) -> list[str]:
    """What axe-core finds on the page in both themes, and what is wider than the screen.

    The dark theme differs in its colours only, and they are the same at every width: it is looked at once.
    The visit must have been made `with_rules`.
    """
    found: list[str] = []
    page = here.page
    for device in devices:
        width, height = _WIDTHS[device]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="light")
        found += [f"{page.url} {device}: {words}" for words in await page.evaluate(_AXE_RUN, _RULES)]
        wide = await page.evaluate(_TOO_WIDE)
        found += [f"{page.url} {device}: {words} is wider than the screen" for words in wide]
    await page.emulate_media(color_scheme="dark")
    dim = await page.evaluate(_AXE_RUN, ["color-contrast"])
    return found + [f"{page.url} dark: {words}" for words in dim]
