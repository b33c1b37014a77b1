"""The demo's screen fits its terminal at every instant, and its timeline tells every moment once."""

import io
import json

import pytest
from rich.console import Console

from callback.telephony.simulator.events import Event
from ringback.demo.journey import Journey
from ringback.demo.mailbox import Received, Sent
from ringback.demo.news import (
    STAGES,
    Bill,
    Chapter,
    Failed,
    Finished,
    LegCharge,
    Moment,
    News,
    Opened,
    PhoneLook,
    Place,
    Sms,
    StageAhead,
    StageBegan,
    StageDone,
    to_json,
)
from ringback.demo.scene import Scene
from ringback.demo.screen import SMALLEST, draw

LONG = "a sentence that is much too long for any panel of a small terminal, and then some more of it"
LEGS = (
    LegCharge("A", "Anna", "+48600316058", "48", 10_000, 60_000, 1, 1, 11_300, 12, 22_000),
    LegCharge("B", "Boris", "+493023125042", "49", 20_000, 90_000, 30, 6, 2_900, 30, 65_000),
)
BILL = Bill("EUR", 10_000_000, 638_000, 87_000, 551_000, 9_913_000, LEGS, closed=True, faults=())
CHAPTER = Chapter(1, "Anna asks for a callback", 1_000)
PLAY: tuple[News, ...] = (
    Opened(
        "/x/.ringback-demo", "/x/r.toml", "/x/demo.log", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", {}, 1
    ),
    StageAhead(1),
    StageBegan(1),
    CHAPTER,
    Sms("Anna", True, LONG),
    Sms("Anna", False, LONG * 3),
    *(Moment(f"1:{n}", 1, 1_000 + n, n, Place.GATEWAY, LONG, LONG, n % 2 == 0) for n in range(50)),
    PhoneLook("Anna", "+48600316058", "in call", "Ringback", LONG, "00493023125042#", 1_000),
    PhoneLook("Boris", "+493023125042", "ringing", "+48221234567", LONG),
    BILL,
    StageDone(1, LONG),
    Failed(2, LONG, "/x/demo.log", (LONG, LONG, LONG, LONG, LONG, LONG)),
    *(StageDone(n, LONG) for n in range(len(STAGES))),
    Finished("1m80fmfmq8drnzygzv91", "/x/r.toml", 131, 20),
)


@pytest.mark.parametrize("size", [SMALLEST, (100, 30), (160, 45)])
def test_every_picture_fills_the_terminal_and_no_more(size: tuple[int, int]) -> None:
    scene = Scene()
    for news in PLAY:
        scene.take(news)
        for timeline in (True, False):
            lines = drawn(scene, size, timeline)
            assert len(lines) == size[1], news
            assert max(map(len, lines)) <= size[0], news


def test_the_last_picture_shows_proofs_charge_and_what_to_try() -> None:
    scene = Scene()
    for news in PLAY:
        if not isinstance(news, Failed):
            scene.take(news)
    text = "\n".join(drawn(scene, (100, 30), timeline=False))
    for words in (
        "✓ hang up",
        "0.022 EUR",
        "charged 0.087",
        "balance 9.913 EUR",
        "✓ books right",
        "reconcile",
    ):
        assert words in text


def test_another_callback_keeps_the_proofs_of_the_stages_before_it() -> None:
    scene = Scene()
    for stage in range(len(STAGES)):
        scene.take(StageDone(stage, "so"))
    scene.take(StageAhead(1))
    assert list(scene.proofs) == [0]


def test_a_moment_read_again_is_the_same_moment_and_time_gives_the_order() -> None:
    journey, scene = Journey(CHAPTER), Scene()
    scene.take(CHAPTER)
    ringing = Event(1_131, "ringing", "+48600316058", "call-1")
    moments = [
        *journey.of_event(ringing),
        *journey.of_event(ringing),
        *journey.of_sending(Sent(1_001, 1_009, 0)),
        journey.of_reply(Received(1_090, "+48600316058", "+48221234567", "We are calling you.")),
        *journey.of_event(Event(1_140, "digit", "+48600316058", "call-1", "5")),  # of no interest
        *journey.of_event(Event(1_140, "ringing", "+33123456789", "call-2")),  # of nobody here
    ]
    for moment in moments:
        scene.take(moment)
    told = [(moment.since_ms, moment.text) for moment in scene.moments_of(CHAPTER)]
    assert told == [
        (1, "deliver_sm leaves the SMS centre"),
        (9, "committed, then acknowledged"),
        (90, "an SMS for Anna"),
        (131, "Anna's phone rings"),
    ]


def test_an_sms_that_was_refused_is_not_told_as_acknowledged() -> None:
    moments = list(Journey(CHAPTER).of_sending(Sent(1_001, 1_009, 0x64)))
    assert [moment.key for moment in moments] == ["1:sent"]


def test_all_news_are_json_that_says_its_kind() -> None:
    for news in PLAY:
        assert json.loads(to_json(news))["is"] == type(news).__name__


def drawn(scene: Scene, size: tuple[int, int], timeline: bool) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=size[0], height=size[1], highlight=False)
    console.print(draw(scene, size, 61_000, auto=False, timeline=timeline), end="")
    return out.getvalue().rstrip("\n").split("\n")
