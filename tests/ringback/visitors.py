"""Somebody before the demo page: presses what it has, sees the pictures, hears what a phone hears."""

import json
import os
import re
import signal
import threading
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError

from tests.waiting import eventually

Picture = dict[str, Any]


class Visitor:
    """A browser without a screen; `page` and `home`: the address and the directory `ringback demo` tells."""

    def __init__(self, page: str, home: str) -> None:
        self.page = page
        self._home = Path(home)
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        token = re.search(r'data-csrf="([^"]+)"', self.get("").decode())
        assert token, "the page has a token"
        self._token = token[1]

    def another(self) -> "Visitor":
        """Somebody else before the same page."""
        return Visitor(self.page, str(self._home))

    def get(self, path: str) -> bytes:
        with self.open(path) as answer:
            return answer.read()

    def open(self, path: str, data: bytes | None = None, **headers: str) -> HTTPResponse:
        request = urllib.request.Request(self.page + path, data, headers)
        return cast(HTTPResponse, self._browser.open(request, timeout=20))

    def press(self, path: str, **wish: object) -> Any:
        """A verb; its answer, None if it has none."""
        return self._post(path, json.dumps(wish).encode(), "application/json")

    def speak(self, phone: str, pcm: bytes) -> None:
        self._post(f"/phones/{phone}/voice", pcm, "application/octet-stream")

    def refused(self, path: str, **wish: object) -> int:
        """The status that a wish is refused with."""
        try:
            self.press(path, **wish)
        except HTTPError as error:
            with error:
                return error.code
        raise AssertionError(f"{path} {wish} was not refused")

    def picture(self) -> Picture:
        found: Picture = json.loads(self.get("/picture"))
        return found

    def phone(self, name: str) -> dict[str, Any]:
        return next(phone for phone in self.picture()["phones"] if phone["id"] == name)

    def await_picture(self, fits: Callable[[Picture], object], what: str, timeout_s: float = 20) -> Picture:
        """The first picture that fits."""

        def look() -> Picture | None:
            seen = self.picture()
            return seen if fits(seen) else None

        return eventually(look, timeout_s, what)

    def await_step(self, name: str) -> Picture:
        return self.await_picture(lambda seen: seen["step"]["name"] == name, f"the coach says {name!r}")

    def await_step_of(self, *names: str) -> Picture:
        return self.await_picture(
            lambda seen: seen["step"]["name"] in names, f"the coach says one of {names}"
        )

    def ask_for_a_callback(self) -> None:
        """Anna's phone rings."""
        texts = self.phone("anna")["suggestions"]
        text = next(one["text"] for one in texts if one["why"] == "ask")
        self.press("/phones/anna/sms", text=text)
        self.await_step("answer")

    def kill_the_web_face(self) -> None:
        """From outside, with no warning; returns when another one answers."""
        os.kill(int((self._home / "run" / "web.pid").read_text()), signal.SIGKILL)

        def answers() -> bool:
            try:
                return self.get("/token") != b""
            except (OSError, HTTPException):
                return False

        eventually(answers, 30, "the web face is there again")

    def send_what_the_coach_suggests(self) -> str:
        seen = self.picture()
        phone = next(phone for phone in seen["phones"] if phone["id"] == seen["step"]["phone"])
        text: str = phone["suggestions"][0]["text"]
        self.press(f"/phones/{phone['id']}/sms", text=text)
        return text

    def events(self, count: int) -> Generator[dict[str, Any], None, None]:
        """So many pictures of the live stream."""
        with self.open("/events") as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
                    count -= 1
                if not count:
                    return

    @contextmanager
    def hearing(self, phone: str) -> Iterator[bytearray]:
        """What comes from that phone's ear while the block runs."""
        heard, stream = bytearray(), self.open(f"/phones/{phone}/ear")
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set() and (sound := stream.read1(4096)):
                heard.extend(sound)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            stop.set()  # the stream says something every second
            thread.join()
            stream.close()

    def _post(self, path: str, body: bytes, kind: str) -> Any:
        headers = {"Content-Type": kind, "X-CSRFToken": self._token}
        with self.open(path, body, **headers) as answer:
            said = answer.read()
        return json.loads(said) if said else None
