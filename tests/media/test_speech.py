"""Frames leave every 20 ms from the first one on; keys interrupt a prompt; a stop is a stop."""

import pytest

from callback.media.dtmf import TelephoneEvent
from callback.media.speech import Playback, Speech
from callback.media.timetable import Timetable


class Told:
    """A speech, its clock, and what it said when."""

    def __init__(self) -> None:
        self.timetable = Timetable()
        self.frames: list[tuple[float, bytes]] = []
        self.keys: list[tuple[float, TelephoneEvent]] = []
        self.ended: list[int] = []
        self.speech = Speech(
            self.timetable,
            lambda frame, now_s: self.frames.append((now_s, frame)),
            lambda event, now_s: self.keys.append((now_s, event)),
            lambda playback: self.ended.append(playback.playback),
        )

    def play(self, frames: str, loop: bool = False, playback: int = 1) -> None:
        self.speech.play(Playback(playback, b"".join(f.encode() * 160 for f in frames), loop, ""))

    def run_until(self, end_s: float) -> None:
        while (next_s := self.timetable.next_s()) is not None and next_s <= end_s + 1e-9:
            self.timetable.keep(next_s)

    @property
    def said(self) -> str:
        return "".join(chr(frame[0]) for _, frame in self.frames)


def test_a_prompt_is_said_at_once_in_even_steps_and_its_end_is_told() -> None:
    told = Told()
    told.play("abc")
    told.speech.begin(10.0, 0.0)
    assert told.said == "a"
    told.run_until(10.05)
    assert (told.said, told.ended) == ("abc", [])
    told.run_until(10.06)
    assert told.ended == [1]
    assert [now_s for now_s, _ in told.frames] == pytest.approx([10.0, 10.02, 10.04])
    assert not told.speech.active


def test_after_another_source_a_frame_waits_for_its_turn() -> None:
    told = Told()
    told.play("a")
    told.speech.begin(10.0, 10.013)
    assert told.said == ""
    assert told.speech.active
    told.run_until(10.013)
    assert told.said == "a"


def test_a_loop_goes_on_until_it_is_stopped() -> None:
    told = Told()
    told.play("ab", loop=True)
    told.speech.begin(0.0, 0.0)
    told.run_until(0.09)
    told.speech.stop()
    told.run_until(1.0)
    assert (told.said, told.ended) == ("ababa", [])


def test_what_replaces_a_prompt_keeps_its_pace() -> None:
    told = Told()
    told.play("aaaa")
    told.speech.begin(0.0, 0.0)
    told.run_until(0.03)
    told.play("bb", playback=2)
    told.speech.begin(0.035, 0.04)
    told.run_until(1.0)
    assert (told.said, told.ended) == ("aabb", [2])
    assert [now_s for now_s, _ in told.frames] == pytest.approx([0.0, 0.02, 0.04, 0.06])


def test_keys_interrupt_a_prompt_which_then_goes_on() -> None:
    told = Told()
    told.play("ab")
    told.speech.begin(0.0, 0.0)
    told.speech.press("12")
    told.run_until(1.0)
    assert (told.said, told.ended) == ("ab", [1])
    assert [event.key for _, event in told.keys] == ["1"] * 8 + ["2"] * 8
    pause_s = told.keys[8][0] - told.keys[7][0]
    assert pause_s == pytest.approx(0.1), "an end and four frames of pause"


def test_a_stop_leaves_the_keys_that_are_being_sent() -> None:
    told = Told()
    told.speech.press("7")
    told.play("a")
    told.speech.begin(0.0, 0.0)
    told.speech.stop()
    told.run_until(1.0)
    assert (told.said, told.ended, len(told.keys)) == ("", [], 8)
    told.speech.press("7")
    told.speech.begin(2.0, 0.0)
    told.speech.silence()
    told.run_until(3.0)
    assert len(told.keys) == 9


def test_after_a_stall_old_frames_are_not_sent_in_a_burst() -> None:
    told = Told()
    told.play("abcdefgh")
    told.speech.begin(0.0, 0.0)
    told.timetable.keep(0.5)
    told.run_until(0.53)
    assert [round(now_s, 3) for now_s, _ in told.frames] == [0.0, 0.5, 0.52]


def test_a_short_delay_is_made_good() -> None:
    told = Told()
    told.play("abcdefgh")
    told.speech.begin(0.0, 0.0)
    told.timetable.keep(0.05)
    told.run_until(0.06)
    assert [round(now_s, 3) for now_s, _ in told.frames] == [0.0, 0.05, 0.05, 0.06]


def test_what_is_no_key_is_not_pressed() -> None:
    told = Told()
    told.speech.press("1 x2")
    told.speech.begin(0.0, 0.0)
    told.run_until(1.0)
    assert [event.key for _, event in told.keys] == ["1"] * 8 + ["2"] * 8


def test_nothing_to_say_is_no_fault() -> None:
    told = Told()
    told.speech.begin(0.0, 0.0)
    told.speech.stop()
    assert not told.speech.active
    told.play("", loop=True)
    told.speech.begin(0.0, 0.0)
    assert told.ended == [1]
