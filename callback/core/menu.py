"""Collecting a number from single keys. Knows neither time nor prompts.

0-9  belongs to the number          #  the number is complete
*    start again                    A-D and anything else: no key of a phone, nothing happens
"""

from enum import Enum, auto
from typing import NamedTuple


class Press(Enum):
    """What a key did."""

    MORE = auto()  # a digit was added; more may come
    COMPLETE = auto()
    EMPTY = auto()  # `#` with nothing before it
    CLEARED = auto()
    NOTHING = auto()


class Collected(NamedTuple):
    typed: str
    press: Press


def press(typed: str, key: str, max_digits: int) -> Collected:
    """`typed` after one more key; the number is complete at `#` or at `max_digits`."""
    if key == "#":
        return Collected(typed, Press.COMPLETE if typed else Press.EMPTY)
    if key == "*":
        return Collected("", Press.CLEARED)
    if key not in "0123456789" or len(key) != 1:
        return Collected(typed, Press.NOTHING)
    typed += key
    return Collected(typed, Press.COMPLETE if len(typed) >= max_digits else Press.MORE)
