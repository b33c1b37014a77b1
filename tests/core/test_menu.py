"""Collecting a number, key by key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.menu import Press, press


@pytest.mark.parametrize(
    ("typed", "key", "after"),
    [
        ("", "4", ("4", Press.MORE)),
        ("4", "8", ("48", Press.MORE)),
        ("48", "6", ("486", Press.COMPLETE)),
        ("48", "#", ("48", Press.COMPLETE)),
        ("", "#", ("", Press.EMPTY)),
        ("48", "*", ("", Press.CLEARED)),
        ("48", "A", ("48", Press.NOTHING)),
        ("48", "", ("48", Press.NOTHING)),
        ("48", "12", ("48", Press.NOTHING)),
        ("48", "٣", ("48", Press.NOTHING)),
    ],
)
def test_a_key_does_one_thing(typed: str, key: str, after: tuple[str, Press]) -> None:
    assert press(typed, key, max_digits=3) == after


@given(st.text("0123456789*#ABCD"))
def test_whatever_is_pressed_the_number_is_short_and_all_digits(keys: str) -> None:
    typed = ""
    for key in keys:
        typed, did = press(typed, key, max_digits=20)
        assert len(typed) <= 20
        assert typed == "" or typed.isdecimal()
        if did is Press.COMPLETE:
            assert typed
            typed = ""
