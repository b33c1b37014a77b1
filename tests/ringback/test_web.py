"""The web face as a process: alone or under `serve`, on its port, and gone when it is told to."""

import http.client
import re
import signal
import socket
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing

import pytest

from callback.config import Config, Web
from ringback.finding import Finding, Level
from ringback.port_checks import web_address
from tests.ringback.house import House
from tests.ringback.served import Served, lives
from tests.waiting import eventually

PASSWORD = "correct-horse"
_STOP_S = 5.0


class Visitor:
    """A browser without eyes: cookies, and one connection."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.cookies: dict[str, str] = {}
        self.answers: list[http.client.HTTPResponse] = []

    def ask(self, method: str, path: str, **fields: str) -> http.client.HTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request(method, path, urllib.parse.urlencode(fields), headers)
        answer = self.line.getresponse()
        self.answers.append(answer)
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def close(self) -> None:
        for answer in self.answers:
            answer.close()
        self.line.close()

    def sign_in(self, login: str) -> None:
        page = self.ask("GET", "/sign-in").read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        answer = self.ask("POST", "/sign-in", csrf_token=token[1], login=login, password=PASSWORD)
        answer.read()
        assert answer.status == 303


def answers(port: int) -> bool:
    with closing(Visitor(port)) as visitor:
        try:
            return visitor.ask("GET", "/sign-in").status == 200
        except OSError:
            return False


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    running = Served(house)
    yield running
    family = running.family()
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()
    eventually(lambda: not any(map(lives, family)), 20, "nobody is left")


def test_it_runs_alone_until_it_is_told_to_stop(house: House) -> None:
    port, web = house.config.web.port, house.start("run", "web")
    eventually(lambda: answers(port), 20, "it answers")
    with closing(Visitor(port)) as idle:  # keeps its connection open
        idle.ask("GET", "/sign-in").read()
        web.send_signal(signal.SIGTERM)
        told_s = time.monotonic()
        assert web.wait(20) == 0
        assert time.monotonic() - told_s < _STOP_S


def test_it_stops_in_time_with_open_streams(served: Served) -> None:
    port = served.house.config.web.port
    added = served.house.run("account", "add", "--login", "anna", "--password-stdin", typed=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    eventually(lambda: answers(port), 20, "it answers")
    visitors = [Visitor(port) for _ in range(3)]
    for visitor in visitors:
        visitor.sign_in("anna")
        stream = visitor.ask("GET", "/events")
        assert stream.status == 200
        assert stream.readline().startswith(b"event:")
    web = served.pid("web")
    told_s = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    eventually(lambda: not lives(web), 20, "the web face is gone")
    assert time.monotonic() - told_s < _STOP_S
    assert served.process.wait(30) == 0
    assert "did not stop in time" not in served.house.log()
    for visitor in visitors:
        visitor.close()


def test_a_port_in_use_is_said_before_anything_starts(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.config.web.port))
        taken.listen()
        assert house.start("serve").wait(20) == 1
        assert house.start("run", "web").wait(20) == 1
    assert house.log().count(f"web.port: 127.0.0.1:{house.config.web.port} is in use by") == 2


def looked_at(house: House, **web: object) -> list[tuple[Level, str]]:
    settings = house.config.model_copy(update={"web": Web.model_validate(web)})
    assert isinstance(settings, Config)
    found: list[Finding] = list(web_address(settings))
    assert all(finding.cure for finding in found if finding.level is not Level.OK)
    return [(finding.level, finding.subject) for finding in found]


def test_passwords_in_the_clear_are_found(house: House) -> None:
    assert looked_at(house) == []
    assert looked_at(house, address="0.0.0.0") == [(Level.DEGRADED, "web.address")]
    assert looked_at(house, public_url="http://call.example") == [(Level.DEGRADED, "web.public_url")]
    assert looked_at(house, public_url="https://call.example") == [(Level.OK, "web.public_url")]
    behind_a_hole = looked_at(house, address="0.0.0.0", public_url="https://call.example")
    assert behind_a_hole == [(Level.NOTE, "web.address")]
