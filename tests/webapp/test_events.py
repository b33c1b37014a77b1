"""Event streams over a real Valkey: who hears what, and how a stream ends."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient

from callback.config import Web
from callback.news import Publisher
from callback.store import web_sessions
from tests.queue.parts import Valkey
from tests.waiting import eventually
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from webapp.ears import EVERYTHING, Ear

Event = tuple[str, object]


class Stream:
    """An open stream, read one event at a time; beats are passed over."""

    def __init__(self, client: FlaskClient) -> None:
        self._answer = client.get("/events", buffered=False)
        self.status = self._answer.status_code
        self.headers = self._answer.headers
        self._texts = iter(self._answer.response)

    def next(self) -> Event | None:
        """The next event that is no beat; None at the end."""
        for raw in self._texts:
            text = raw.decode() if isinstance(raw, bytes) else str(raw)
            name, data = text.strip().split("\n")
            if name != "event: beat":
                return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))
        return None

    def close(self) -> None:
        self._answer.close()


@contextmanager
def listening(client: FlaskClient) -> Iterator[Stream]:
    stream = Stream(client)
    assert stream.status == 200
    assert stream.next() == ("hello", "")
    yield stream
    stream.close()


@pytest.fixture
def valkey(town: Town) -> Iterator[Valkey]:
    running = Valkey(town.desk.config)
    running.start()
    yield running
    town.desk.app.extensions["ringback.ears"].stop()
    running.stop()


@pytest.fixture
def news(town: Town, valkey: Valkey) -> Iterator[Publisher]:
    publisher = Publisher(valkey.url)
    yield publisher
    publisher.close()


def test_a_subscriber_hears_of_their_own_account_at_once(town: Town, news: Publisher) -> None:
    with listening(town.as_anna()) as stream:
        begun_s = time.monotonic()
        news.tell(town.boris, "request-of-boris")
        news.tell(town.anna, "request-of-anna")
        assert stream.next() == ("news", ["request-of-anna", town.anna])
        assert time.monotonic() - begun_s < 0.9, "a hint is not waited for"
        news.tell(town.anna)
        assert stream.next() == ("news", [town.anna])


def test_an_operator_hears_of_everybody(town: Town, news: Publisher) -> None:
    with listening(town.as_operator()) as stream:
        news.tell(town.boris, "r1")
        assert stream.next() == ("news", ["r1", town.boris])
        news.tell(town.anna, "r2")
        assert stream.next() == ("news", ["r2", town.anna])


def test_a_stream_answers_as_streams_do(town: Town, news: Publisher) -> None:
    with listening(town.as_anna()) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Cache-Control"] == "no-store"
        assert stream.headers["X-Accel-Buffering"] == "no"


def test_valkey_gone_ends_the_stream_and_its_return_begins_another(
    town: Town, valkey: Valkey, news: Publisher
) -> None:
    client = town.as_anna()
    with listening(client) as stream:
        valkey.kill()
        assert stream.next() == ("away", "")
        assert stream.next() is None
    refused = client.get("/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    valkey.start()

    def open_again() -> Stream | None:
        again = Stream(client)
        return again if again.status == 200 else None

    stream = eventually(open_again, 10, "streams are open again")
    assert stream.next() == ("hello", "")
    news.tell(town.anna, "r1")
    assert stream.next() == ("news", ["r1", town.anna])
    stream.close()


def test_without_valkey_there_is_no_stream_and_the_page_looks_by_itself(town: Town) -> None:
    client = town.as_anna()
    for _ in range(2):
        assert client.get("/events").status_code == 503


def test_a_revoked_session_ends_its_stream(town: Town, news: Publisher) -> None:
    with listening(town.as_anna()) as stream:
        with town.desk.store.write() as session:
            assert web_sessions.revoke_all(session, town.anna) == 1
        news.tell(town.anna, "secret")
        assert stream.next() == ("over", "")
        assert stream.next() is None


def test_streams_end_when_the_process_is_to_end(town: Town, news: Publisher) -> None:
    with listening(town.as_anna()) as stream:
        town.desk.app.extensions["ringback"].closing.set()
        begun_s = time.monotonic()
        assert stream.next() == ("bye", "")
        assert stream.next() is None
        assert time.monotonic() - begun_s < 2


def test_there_are_as_many_streams_as_the_configuration_says() -> None:
    with desks.desk(web=Web(streams=2)) as here:
        for login in ("anna", "boris", "carol"):
            here.account(login)
        clients = []
        for login in ("anna", "boris", "carol"):
            client = here.client()
            here.sign_in(client, login)
            clients.append(client)
        running = Valkey(here.config)
        running.start()
        streams = [Stream(client) for client in clients]
        assert [stream.status for stream in streams] == [200, 200, 503]
        streams[0].close()
        free = Stream(clients[2])
        assert free.status == 200
        for stream in (free, streams[1]):
            stream.close()
        running.stop()


def test_nobody_takes_all_streams_alone(town: Town, valkey: Valkey) -> None:
    client = town.as_anna()
    streams = [Stream(client) for _ in range(11)]
    assert [stream.status for stream in streams] == [200] * 10 + [503]
    others = Stream(town.as_boris())
    assert others.status == 200
    for stream in [*streams[:10], others]:
        stream.close()


def test_what_has_changed_is_named_once_and_too_much_is_everything() -> None:
    ear = Ear("subscriber:anna", "anna")
    for request in ("r1", "r2", "r1"):
        ear.tell("anna", request)
    assert ear.take(1) == ("r1", "anna", "r2")
    assert ear.take(0) == ()
    for number in range(60):
        ear.tell("anna", f"r{number}")
    assert EVERYTHING in ear.take(1)
