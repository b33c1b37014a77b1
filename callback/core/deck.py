"""A rate deck as a CSV file: read whole, or refused with every fault named by row and column.

The header names the columns, in any order; others than ours (a destination's name, say) are not read::

    prefix,role,connect_fee,first,next,price_per_minute
    48,both,0,60,6,0.02
    4860,B,0.01,1,1,0.095
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from callback.core.money import parse_money
from callback.core.rating import Rate, RateRole

COLUMNS = ("prefix", "role", "connect_fee", "first", "next", "price_per_minute")
MAX_FAULTS = 100
_MAX_PREFIX_DIGITS = 15  # E.164 §6
_MAX_INCREMENT_S = 3600
_ROLES: dict[str, RateRole] = {"a": "A", "b": "B", "both": "both"}

_NO_HEADER = f"must name the columns, separated by commas: {','.join(COLUMNS)}"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DeckFault:
    """What is wrong, and where: rows are counted as an editor shows them, the header being row 1."""

    row: int
    column: str  # empty: the row as a whole
    message: str

    def __str__(self) -> str:
        return f"row {self.row}{f', column {self.column}' if self.column else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class FaultyDeck:
    """A deck that is refused: its first faults, and whether there are more."""

    faults: tuple[DeckFault, ...]


def parse_deck(lines: Iterable[str]) -> tuple[Rate, ...] | FaultyDeck:
    """All rates of a deck, or its first 100 faults; a prefix may have one price per role."""
    reader = csv.reader(lines, strict=True)
    rates: list[Rate] = []
    faults: list[DeckFault] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        header = [name.strip().lower().removeprefix("\ufeff") for name in next(reader, [])]
        missing = [name for name in COLUMNS if header.count(name) != 1]
        if len(header) < 2:
            return FaultyDeck((DeckFault(1, "", _NO_HEADER),))
        if missing:
            return FaultyDeck(tuple(DeckFault(1, name, _header_fault(name, header)) for name in missing))
        places = {name: header.index(name) for name in COLUMNS}
        for cells in reader:
            row = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            found = _parse_row(row, cells, places, len(header))
            if isinstance(found, Rate):
                earlier = seen.setdefault((found.prefix, found.role), row)
                rates.append(found)
                found = [] if earlier == row else [_duplicate(row, found, earlier)]
            faults += found
            if len(faults) >= MAX_FAULTS:
                break
    except csv.Error as error:
        faults.append(DeckFault(reader.line_num, "", f"not a CSV file: {error}"))
    if not rates and not faults:
        faults.append(DeckFault(1, "", "there is no rate below the header"))
    return FaultyDeck(tuple(faults[:MAX_FAULTS])) if faults else tuple(rates)


def _header_fault(name: str, header: list[str]) -> str:
    return "this column stands twice" if name in header else "this column is missing in the header"


def _duplicate(row: int, rate: Rate, earlier: int) -> DeckFault:
    return DeckFault(row, "prefix", f"{rate.prefix} for {rate.role} has a price already in row {earlier}")


def _parse_row(row: int, cells: list[str], places: dict[str, int], width: int) -> Rate | list[DeckFault]:
    if len(cells) != width:
        return [DeckFault(row, "", f"has {len(cells)} cells, the header has {width}")]
    faults: list[DeckFault] = []

    def read(column: str, parse: Callable[[str], T], instead: T) -> T:
        try:
            return parse(cells[places[column]].strip())
        except ValueError as error:
            faults.append(DeckFault(row, column, str(error)))
            return instead

    rate = Rate(
        prefix=read("prefix", _prefix, ""),
        role=read("role", _role, "both"),
        connect_micro=read("connect_fee", parse_money, 0),
        minute_micro=read("price_per_minute", parse_money, 0),
        first_s=read("first", _increment, 1),
        next_s=read("next", _increment, 1),
    )
    return faults or rate


def _prefix(text: str) -> str:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_PREFIX_DIGITS and digits[0] != "0"):
        raise ValueError(f"{text!r} is not a prefix: write digits with the country code, like 4860")
    return digits


def _role(text: str) -> RateRole:
    role = _ROLES.get(text.lower())
    if role is None:
        raise ValueError(f"{text!r} is not a leg: write A, B or both")
    return role


def _increment(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MAX_INCREMENT_S):
        raise ValueError(f"{text!r} is not an increment: write whole seconds from 1 to {_MAX_INCREMENT_S}")
    return int(text)
