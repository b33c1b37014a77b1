"""`make screenshots`: the pictures of docs/images, of the pages as they are now, with people and their calls.

    python -m tools.screenshots            all of them
    python -m tools.screenshots demo       those whose name has this in it

Set in Inter, so that two machines draw alike: `apt-get install fonts-inter` (or fonts-inter from rsms.me).
A picture of more than 150 KB fails: they travel with every clone. The demo's, full of shades, is a JPEG.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from tests.browser.people import LINKS, TRUNKS, Lives, furnish
from tests.browser.site import Site, site
from tests.browser.visit import Device, Theme, Visit, chromium, visit
from tests.ringback.demos import demo

IMAGES = Path(__file__).parent.parent / "docs" / "images"
_DEMO = ("--page", "--json")
_MOST = 150_000  # octets
_SIZES: dict[Device, tuple[int, int]] = {"phone": (390, 780), "desktop": (1200, 750)}


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as somebody sees it; `{call}` and the like in its address are names of `Lives`."""

    name: str
    role: str  # stranger | anna | boris | operator
    address: str
    device: Device = "desktop"
    theme: Theme = "light"


PICTURES = (
    Picture("sign-in", "stranger", "/sign-in"),
    Picture("first-page", "anna", "/"),
    Picture("first-page-phone", "anna", "/", "phone"),
    Picture("first-page-phone-dark", "anna", "/", "phone", "dark"),
    Picture("live-call-phone", "boris", "/calls/{talk}", "phone"),
    Picture("live-call-dark", "boris", "/calls/{talk}", "desktop", "dark"),
    Picture("numbers", "anna", "/numbers"),
    Picture("number-code-phone", "anna", "/numbers/{pending}/code", "phone"),
    Picture("history", "anna", "/history"),
    Picture("history-phone", "anna", "/history", "phone"),
    Picture("call-story", "anna", "/history/{call}"),
    Picture("console-overview", "operator", "/operator/"),
    Picture("console-overview-dark", "operator", "/operator/", "desktop", "dark"),
    Picture("console-overview-phone", "operator", "/operator/", "phone"),
    Picture("console-client", "operator", "/operator/clients/{anna}"),
    Picture("console-sms", "operator", "/operator/sms"),
)


def main() -> None:
    asked = sys.argv[1:]
    wanted = [one for one in PICTURES if not asked or any(word in one.name for word in asked)]
    if not any(Path("/usr/share/fonts").rglob("Inter*")):
        print("Inter is not installed: pictures will differ. apt-get install fonts-inter", file=sys.stderr)
    IMAGES.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(wanted, with_demo=not asked or any("demo".startswith(word) for word in asked)))


async def _take(wanted: list[Picture], *, with_demo: bool) -> None:
    async with chromium() as browser:
        if wanted:
            with site(with_valkey=True, links=LINKS, trunks=TRUNKS) as place:
                lives = furnish(place, talker="boris")
                for picture in wanted:
                    await _take_one(browser, place, lives, picture)
        if with_demo:
            await _take_demo(browser)


async def _take_one(browser: Browser, place: Site, lives: Lives, picture: Picture) -> None:
    async with _visit(browser, place.url, picture.device, picture.theme) as here:
        client = place.desk.client()
        if picture.role in ("anna", "boris"):
            place.desk.sign_in(client, picture.role)
        if picture.role == "operator":
            place.desk.sign_in_operator(client, lives.secret)
        if picture.role != "stranger":
            await place.bring(here, client)
        names = {name: getattr(lives, name) for name in Lives.__slots__}
        await here.go(picture.address.format(**names))
        await _save(here, f"{picture.name}.png")


async def _take_demo(browser: Browser) -> None:
    """In the middle of the talk, with both phones in use."""
    with tempfile.TemporaryDirectory(prefix="rb-") as directory, demo(Path(directory), *_DEMO) as running:
        opened = await asyncio.to_thread(running.await_news, "Opened")
        async with _visit(browser, opened["web"].removesuffix("/demo"), "desktop", "light") as here:
            await here.page.set_viewport_size({"width": 1200, "height": 910})
            await here.go("/demo")
            await here.page.get_by_role("button", name="Do it for me").click()
            await expect(here.page.locator("#phone-anna .caption")).to_contain_text(
                "connected", timeout=60_000
            )
            await _save(here, "demo.jpg")
            await here.page.emulate_media(color_scheme="dark")
            await here.page.set_viewport_size({"width": 390, "height": 780})
            await _save(here, "demo-phone-dark.png")


@asynccontextmanager
async def _visit(browser: Browser, url: str, device: Device, theme: Theme) -> AsyncIterator[Visit]:
    width, height = _SIZES[device]
    async with visit(browser, url, device, theme) as here:
        await here.page.set_viewport_size({"width": width, "height": height})
        yield here


async def _save(here: Visit, name: str) -> None:
    await here.page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")
    await here.page.wait_for_timeout(400)  # for the first reading of what is live
    path = IMAGES / name
    kind: dict[str, Any] = {"type": "jpeg", "quality": 80} if path.suffix == ".jpg" else {"type": "png"}
    await here.page.screenshot(path=path, scale="css", animations="disabled", caret="hide", **kind)
    size = path.stat().st_size
    print(f"{path.relative_to(Path.cwd())}: {size // 1000} KB")
    if size > _MOST:
        raise SystemExit(f"{path} is larger than {_MOST // 1000} KB")


if __name__ == "__main__":
    main()
