"""An operator runs the service by the console: a client made there texts, and a ringing call is hung up."""

import asyncio
import re
from http.client import HTTPConnection
from urllib.parse import urlencode

from callback.clock import Clock
from callback.store import web_sessions
from callback.store.models import Operator
from callback.store.web_sessions import Kind
from tests.e2e.town import ANNA, BORIS, Town, town
from tests.waiting import becomes

CELINA = "+48600316060"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Console:
    """The operator's browser, already signed in: this is about what comes after."""

    def __init__(self, here: Town) -> None:
        token, now_ms = "t" * 43, Clock().now_ms()
        self._port = here.product.web_port
        self._cookies = {"ringback": token}
        with here.product.store.write() as session:
            session.add(Operator(id="o1", login="olga", password_hash="", totp_sealed=b"", created_at_ms=0))
            web_sessions.open_session(
                session, session_id="s1", token=token, kind=Kind.OPERATOR, subject_id="o1",
                credential_version=1, now_ms=now_ms, expires_at_ms=now_ms + 3_600_000,
            )  # fmt: skip

    async def read(self, path: str) -> str:
        """The page; empty while the web face is not up."""
        return await asyncio.to_thread(self._ask, "GET", path, "")

    async def press(self, path: str, at: str, **fields: str) -> str:
        token = _TOKEN.search(await self.read(at))
        assert token, f"{at} has no form"
        return await asyncio.to_thread(self._ask, "POST", path, urlencode({"csrf_token": token[1], **fields}))

    async def shows(self, path: str, words: str) -> str:
        """The page as soon as it says so."""
        pages: list[str] = []

        async def look() -> None:
            while not pages or words not in pages[-1]:
                pages.append(await self.read(path))
                await asyncio.sleep(0.1)

        await asyncio.wait_for(look(), 20)
        return pages[-1]

    def _ask(self, method: str, path: str, body: str) -> str:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            connection.request(method, path, body, {"Cookie": cookies, **kind})
            answer = connection.getresponse()
            page = answer.read().decode()
        except OSError:
            return ""
        finally:
            connection.close()
        for given in answer.headers.get_all("Set-Cookie", []):
            name, _, value = given.partition(";")[0].partition("=")
            self._cookies[name] = value
        return page


def test_an_operator_makes_a_client_sees_a_call_and_ends_it() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            await here.product.serve()
            console = Console(here)
            await console.shows("/operator/links", "Bound")
            links = await console.shows("/operator/links", "Ready")
            assert "No sign of life" not in links

            made = await console.press(
                "/operator/clients/new", "/operator/clients/new", form_key="f1", login="celina", password="",
                number=CELINA, credit="5", country="PL", locale="en", time_zone="UTC",
            )  # fmt: skip
            password = re.search(r'shown-once"[^>]*>([a-z0-9]{12})<', made)
            assert password, made
            here.text(f"U.celina P.{password[1]} B", CELINA)
            await becomes(lambda: here.replies(CELINA), 10, "a new client is answered")
            assert here.replies(CELINA) == ["Your balance is 5.00 EUR."]

            phone = here.carrier.handset(ANNA)
            here.text(f"U.anna P.secret99 T.{BORIS}")
            live = await console.shows("/operator/calls/live", "Ringing the client")
            call = re.search(r"/calls/(\w+)/hang-up", live)
            assert call
            await console.press(f"/calls/{call[1]}/hang-up", "/operator/calls", next="/operator/calls")
            await console.shows("/operator/calls/live", "No call is under way")
            await becomes(lambda: phone.state == "idle", 10, "her phone is quiet")
            assert "Ended a call" in await console.read(f"/operator/calls/{call[1]}")

            log = await console.read("/operator/sms")
            assert f"P.*** T.{BORIS}" in log
            assert password[1] not in log
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())
