"""News over a real Valkey: heard at once when it is there, lost without a sound when it is not."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from callback.news import NEWS, WISHES, Listener, Publisher, hint_of
from tests.queue.parts import Valkey
from tests.waiting import eventually


@dataclass
class Heard:
    messages: list[str] = field(default_factory=list)
    states: list[bool] = field(default_factory=list)

    def listen(self, url: str, channel: str = NEWS, ping_s: float = 5.0) -> Listener:
        listener = Listener(url, channel, self.messages.append, self.states.append, ping_s)
        listener.start()
        return listener

    def is_up(self) -> bool:
        return self.states[-1:] == [True]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def publisher(valkey: Valkey) -> Iterator[Publisher]:
    telling = Publisher(valkey.url)
    yield telling
    telling.close()


def test_what_is_told_is_heard_within_milliseconds(
    valkey: Valkey, heard: Heard, publisher: Publisher
) -> None:
    listener = heard.listen(valkey.url)
    eventually(heard.is_up, 5, "it listens")
    publisher.tell("anna", "r1")
    eventually(lambda: heard.messages, 1, "the news is heard")
    assert hint_of(heard.messages[0]) == ("anna", "r1")
    listener.close()


def test_wishes_have_a_channel_of_their_own(valkey: Valkey, heard: Heard, publisher: Publisher) -> None:
    listener = heard.listen(valkey.url, WISHES)
    eventually(heard.is_up, 5, "it listens")
    publisher.tell("anna", "r1")
    publisher.tell_wish()
    eventually(lambda: heard.messages, 1, "the wish is heard")
    assert heard.messages == [""]
    listener.close()


def test_a_killed_valkey_is_noticed_and_its_return_too(
    valkey: Valkey, heard: Heard, publisher: Publisher
) -> None:
    listener = heard.listen(valkey.url)
    eventually(heard.is_up, 5, "it listens")
    publisher.tell("anna", "before")
    eventually(lambda: len(heard.messages) == 1, 2, "the first news")
    valkey.kill()
    eventually(lambda: heard.states == [True, False], 2, "its end is noticed")
    publisher.tell("anna", "meanwhile")
    valkey.start()
    eventually(heard.is_up, 5, "it listens again")
    publisher.tell("anna", "after")
    eventually(lambda: "after" in "".join(heard.messages), 2, "news is heard again")
    listener.close()


def test_a_valkey_that_hangs_is_as_good_as_gone(valkey: Valkey, heard: Heard) -> None:
    listener = heard.listen(valkey.url, ping_s=0.2)
    eventually(heard.is_up, 5, "it listens")
    assert valkey.process
    os.kill(valkey.process.pid, signal.SIGSTOP)
    eventually(lambda: heard.states[:2] == [True, False], 3, "its silence is noticed")
    os.kill(valkey.process.pid, signal.SIGCONT)
    eventually(lambda: heard.states[2:3] == [True], 5, "it is heard again")
    listener.close()


def test_who_listens_no_more_is_told_nothing_more(valkey: Valkey, heard: Heard) -> None:
    listener = heard.listen(valkey.url, ping_s=0.1)
    eventually(heard.is_up, 5, "it listens")
    listener.close()
    valkey.kill()
    eventually(
        lambda: all(thread.name != "listener" for thread in threading.enumerate()), 15, "its thread ends"
    )
    assert heard.states == [True]


def test_without_valkey_telling_takes_no_time_and_forgets(tmp_path: object) -> None:
    publisher = Publisher(f"unix://{tmp_path}/nobody.sock")
    begun_s = time.monotonic()
    for number in range(5000):
        publisher.tell("anna", f"r{number}")
    assert time.monotonic() - begun_s < 1
    publisher.close()


def test_a_valkey_that_hangs_keeps_no_teller_waiting(valkey: Valkey, publisher: Publisher) -> None:
    assert valkey.process
    os.kill(valkey.process.pid, signal.SIGSTOP)
    slowest_s = 0.0
    for number in range(2000):
        begun_s = time.monotonic()
        publisher.tell("anna", f"r{number}")
        slowest_s = max(slowest_s, time.monotonic() - begun_s)
    os.kill(valkey.process.pid, signal.SIGCONT)
    assert slowest_s < 0.3


@pytest.mark.parametrize(
    "message", ["", "{", "[]", "null", '{"account": 1, "request": ""}', '{"account": "a"}']
)
def test_what_is_none_of_ours_is_no_hint(message: str) -> None:
    assert hint_of(message) is None
