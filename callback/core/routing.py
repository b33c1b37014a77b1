"""Which trunks reach a number, and what each wants dialled.

Names of hosts are not resolved here, and nothing is known of a trunk's health: the session tries the next
route when the carrier has trouble.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrunkRule:
    """What routing has to know of a configured trunk."""

    name: str
    prefixes: tuple[str, ...]  # with the plus of E.164; "+" alone is every number
    strip: int  # characters taken from the front of +48…
    prepend: str


@dataclass(frozen=True, slots=True)
class Way:
    """One trunk for a number, and the user part of its Request-URI."""

    trunk: str
    callee: str


def ways_to(number: str, trunks: Iterable[TrunkRule]) -> tuple[Way, ...]:
    """Trunks with the longest prefix of this E.164 number, in the order given; empty if none reaches it."""
    best, ways = 0, list[Way]()
    for trunk in trunks:
        length = max((len(prefix) for prefix in trunk.prefixes if number.startswith(prefix)), default=0)
        if length == 0 or length < best:
            continue
        if length > best:
            best, ways = length, []
        ways.append(Way(trunk.name, trunk.prepend + number[trunk.strip :]))
    return tuple(ways)
