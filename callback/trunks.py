"""From a number to the addresses it can be reached by: the configured trunks, resolved.

    known ──60 s──► looked up again, by one question at a time ──► answer: known
      ▲                       │ none within 1 s: the call goes by what is known, or without this trunk
      └── failed: asked again after 10 s, what was known stays ◄──┘

A name server that is away must not keep a call from the trunks that need none.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from callback.clock import Clock
from callback.config import Trunk
from callback.core.events import Route
from callback.core.routing import TrunkRule, ways_to

_KEEP_S = 60.0
_ASK_AGAIN_S = 10.0  # after a failure
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Found:
    address: str | None
    until_s: float
    failed: bool = False  # nothing came of the last question; the address is what was known before


class Trunks:
    """A trunk whose host does not resolve is left out, and the log says so once in ten seconds."""

    def __init__(self, trunks: Sequence[Trunk], clock: Clock) -> None:
        self._trunks = {trunk.name: trunk for trunk in trunks}
        self._rules = tuple(TrunkRule(t.name, t.prefixes, t.strip, t.prepend) for t in trunks)
        self._clock = clock
        self._found: dict[str, _Found] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger()

    async def routes(self, number: str) -> tuple[Route, ...]:
        """Every way to the number, best first; empty: there is none. Takes a second at the most."""
        ways = ways_to(number, self._rules)
        trunks = [self._trunks[way.trunk] for way in ways]
        addresses = await asyncio.gather(*(self._resolve(trunk) for trunk in trunks))
        return tuple(
            Route(trunk.name, (address, trunk.port), way.callee)
            for way, trunk, address in zip(ways, trunks, addresses, strict=True)
            if address
        )

    def states(self) -> dict[str, dict[str, str]]:
        """What an operator wants to know of each trunk: {"state": …, "address": …}.

        `resolved`, `unresolved` (nobody answers for its name; the address is the last known), `unasked`.
        """
        return {name: self._state(trunk) for name, trunk in self._trunks.items()}

    def _state(self, trunk: Trunk) -> dict[str, str]:
        if _is_address(trunk.host):
            return {"state": "resolved", "address": trunk.host}
        found = self._found.get(trunk.name)
        if found is None:
            return {"state": "unasked", "address": ""}
        return {"state": "unresolved" if found.failed else "resolved", "address": found.address or ""}

    async def _resolve(self, trunk: Trunk) -> str | None:
        if _is_address(trunk.host):
            return trunk.host
        found = self._found.get(trunk.name)
        if found is None or found.until_s <= self._clock.monotonic_s():
            if trunk.name not in self._looking:
                self._looking[trunk.name] = asyncio.create_task(self._look_up(trunk))
            await asyncio.wait([self._looking[trunk.name]], timeout=_PATIENCE_S)
            found = self._found.get(trunk.name)
        return found.address if found else None

    async def _look_up(self, trunk: Trunk) -> None:
        known = self._found.get(trunk.name)
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(
                trunk.host, trunk.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
        except (OSError, UnicodeError) as error:  # the latter: no name at all
            found = _Found(known.address if known else None, self._clock.monotonic_s() + _ASK_AGAIN_S, True)
            self._log.error("trunk does not resolve", trunk=trunk.name, host=trunk.host, error=str(error))
        else:
            found = _Found(str(answers[0][4][0]), self._clock.monotonic_s() + _KEEP_S)
        self._found[trunk.name] = found
        del self._looking[trunk.name]


def _is_address(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
