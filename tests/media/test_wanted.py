"""A new media process is told what the old one was doing, and no more."""

from callback.media.control import (
    Bridge,
    Close,
    Command,
    Connect,
    Digits,
    Ended,
    Latch,
    Limit,
    Limited,
    Open,
    Opened,
    Play,
    Stop,
    Unbridge,
)
from callback.media.wanted import WantedState


def connect(stream: str, host: str = "192.0.2.1", direction: str = "sendrecv") -> Connect:
    return Connect(stream, host, 4000, 0, 101, 101, direction)


def play(stream: str, playback: int = 1) -> Play:
    return Play(stream, playback, ("tone:beep",), loop=False)


def after(*commands: Command) -> WantedState:
    state = WantedState()
    for command in commands:
        state.command(command)
    return state


def test_a_conversation_is_replayed_in_working_order() -> None:
    state = after(
        Open("a"), Open("b"), connect("a"), Limit("a", 99.0), connect("b"), Bridge("a", "b", False), play("a")
    )
    state.report(Opened("a", 20_000))
    state.report(Opened("b", 20_002))
    state.report(Latch("b", "198.51.100.7", 61_000))
    assert list(state.replay()) == [
        Open("a", 20_000),
        connect("a"),
        Limit("a", 99.0),
        Open("b", 20_002),
        connect("b"),
        Latch("b", "198.51.100.7", 61_000),
        Bridge("a", "b", False),
        play("a"),
    ]


def test_what_is_over_is_not_replayed() -> None:
    state = after(Open("a"), Open("b"), play("a", 1), play("b", 2), Stop("a"))
    state.report(Ended("b", 2, ""))
    assert list(state.replay()) == [Open("a"), Open("b")]


def test_the_end_of_an_older_playback_does_not_end_the_newer() -> None:
    state = after(Open("a"), play("a", 1), play("a", 2))
    state.report(Ended("a", 1, ""))
    assert list(state.replay()) == [Open("a"), play("a", 2)]


def test_a_bridge_ends_what_played_and_what_was_bridged() -> None:
    three = (Open("a"), Open("b"), Open("c"))
    state = after(*three, play("a"), Bridge("a", "b", True), Bridge("a", "c", False))
    assert list(state.replay()) == [*three, Bridge("a", "c", False)]
    state.command(Unbridge("c"))
    assert list(state.replay()) == list(three)


def test_a_closed_stream_is_forgotten_with_its_bridge() -> None:
    state = after(Open("a"), Open("b"), Bridge("a", "b", False), Close("b"))
    assert list(state.replay()) == [Open("a")]
    assert "a" in state
    assert "b" not in state


def test_a_latch_is_kept_through_hold_and_forgotten_with_its_address() -> None:
    state = after(Open("a"), connect("a"))
    state.report(Latch("a", "198.51.100.7", 61_000))
    held, back = connect("a", "0.0.0.0"), connect("a")
    state.command(held)
    state.command(back)
    assert list(state.replay()) == [Open("a"), back, Latch("a", "198.51.100.7", 61_000)]
    moved = connect("a", "192.0.2.77")
    state.command(moved)
    assert list(state.replay()) == [Open("a"), moved]


def test_words_about_streams_there_are_not_change_nothing() -> None:
    state = after(play("x"), Stop("x"), Limit("x", 1.0), connect("x"), Bridge("x", "y", False), Close("x"))
    state.command(Digits("x", "1"))
    for report in (Opened("x", 1), Latch("x", "192.0.2.1", 1), Ended("x", 1, ""), Limited("x")):
        state.report(report)
    assert list(state.replay()) == []
