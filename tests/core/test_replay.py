"""What `trace` keeps can be played again."""

import json
from typing import get_args

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    CallAuthorised,
    CallRefused,
    Covered,
    Dial,
    DigitPressed,
    EndWished,
    Event,
    HangUp,
    LegAnswered,
    LegEarlyMedia,
    LegEnded,
    LegRinging,
    Play,
    PlayEnded,
    Started,
    TimedOut,
)
from callback.core.outcomes import Reason
from callback.core.replay import decode_event, encode
from tests.core.timetable import A1, B1, FIRST, NUMBER_A, NUMBER_B, SECOND

EVENTS: list[Event] = [
    Started(),
    LegRinging(A1),
    LegEarlyMedia(B1),
    LegAnswered(B1),
    LegEnded(B1, Cause.BUSY),
    DigitPressed(A1, "#"),
    PlayEnded(3),
    CallAuthorised(NUMBER_B, (FIRST, SECOND), 600, 1),
    CallRefused(Reason.NO_RATE, 2),
    Covered(180_000, final=True),
    TimedOut(),
    EndWished(Cause.FENCED),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_event(encode(event)) == event


def test_every_kind_of_event_is_tried() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


def test_an_effect_is_kept_in_one_readable_line() -> None:
    for effect in (Dial(A1, NUMBER_A, FIRST), HangUp(B1, Cause.CLEARED), Play(1, ("enter_number",))):
        line = encode(effect)
        assert "\n" not in line
        assert json.loads(line)["is"] == type(effect).__name__


def test_an_event_of_another_version_is_named() -> None:
    with pytest.raises(KeyError, match="LegTeleported"):
        decode_event('{"is":"LegTeleported"}')
