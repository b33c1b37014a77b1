"""From a number to the addresses it can be reached by: the configured trunks, resolved."""

import asyncio
import socket
from collections.abc import Sequence

import structlog

from callback.clock import Clock
from callback.config import Trunk
from callback.core.events import Route
from callback.core.routing import TrunkRule, ways_to

_KEEP_S = 60.0


class Trunks:
    """Hosts are looked up when needed and kept for a minute; a trunk that does not resolve is left out."""

    def __init__(self, trunks: Sequence[Trunk], clock: Clock) -> None:
        self._trunks = {trunk.name: trunk for trunk in trunks}
        self._rules = tuple(TrunkRule(t.name, t.prefixes, t.strip, t.prepend) for t in trunks)
        self._clock = clock
        self._addresses: dict[str, tuple[float, str]] = {}
        self._log = structlog.get_logger()

    async def routes(self, number: str) -> tuple[Route, ...]:
        """Every way to the number, best first; empty: there is none."""
        found = []
        for way in ways_to(number, self._rules):
            trunk = self._trunks[way.trunk]
            address = await self._resolve(trunk)
            if address:
                found.append(Route(trunk.name, (address, trunk.port), way.callee))
        return tuple(found)

    async def _resolve(self, trunk: Trunk) -> str | None:
        now_s = self._clock.monotonic_s()
        until_s, address = self._addresses.get(trunk.name, (0.0, ""))
        if now_s < until_s:
            return address
        try:
            socket.inet_aton(trunk.host)
            address = trunk.host
        except OSError:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(
                    trunk.host, trunk.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
                )
            except OSError as error:
                self._log.error("trunk does not resolve", trunk=trunk.name, host=trunk.host, error=str(error))
                return None
            address = str(found[0][4][0])
        self._addresses[trunk.name] = (now_s + _KEEP_S, address)
        return address
