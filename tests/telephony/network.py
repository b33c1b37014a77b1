"""A backend and a simulated carrier on one loop, and ways to wait for what happens between them."""

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from callback.clock import Clock
from callback.config import Sip
from callback.telephony import Answered, BackendEvent, DialSpec, Ended
from callback.telephony.simulator import Carrier, Handset
from callback.telephony.sip import Login, SipBackend
from tests.ports import free_port
from tests.telephony.stranger import Stranger

P = ParamSpec("P")
E = TypeVar("E", bound=BackendEvent)
KEY = b"a key of thirty-two bytes, for us"
CLI = "+48221234567"
TRUNK = "simulated"


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine, run to its end in a loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def rtp_ports(count: int = 60) -> tuple[int, int]:
    """A range below the ephemeral ports; who meets another test there takes the next port."""
    low = random.randrange(20_000, 32_000, 2)
    return low, low + count


def sip_config(port: int | None = None) -> Sip:
    return Sip(port=port or free_port(), rtp_ports=rtp_ports())


async def until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """The first true value of `condition`; the loop runs on meanwhile."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not (found := condition()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(0.005)
    return found


class Network:
    """The pair under test, and everything the backend said."""

    def __init__(self, backend: SipBackend, carrier: Carrier, clock: Clock, sip_port: int) -> None:
        self.backend = backend
        self.sip_port = sip_port
        self.carrier = carrier
        self.clock = clock
        self.events: list[BackendEvent] = []

    def dial(self, leg_id: str, handset: Handset, ring_s: int = 30) -> None:
        number = handset.number
        next_hop = ("127.0.0.1", self.carrier.port)
        self.backend.dial(DialSpec(leg_id, number, number, CLI, next_hop, TRUNK, ring_s))

    def stranger(self) -> Stranger:
        """Somebody who writes to our SIP port."""
        return Stranger(("127.0.0.1", self.sip_port))

    def of(self, leg_id: str) -> list[BackendEvent]:
        return [event for event in self.events if event.leg_id == leg_id]

    def names(self, leg_id: str) -> list[str]:
        return [type(event).__name__ for event in self.of(leg_id)]

    async def event(self, leg_id: str, kind: type[E], timeout_s: float = 5.0, nth: int = 0) -> E:
        """The n-th event of that kind on that leg."""

        def find() -> E | None:
            found = [event for event in self.of(leg_id) if isinstance(event, kind)]
            return found[nth] if len(found) > nth else None

        event: E = await until(find, timeout_s, f"{kind.__name__} of {leg_id}; got {self.of(leg_id)}")
        return event

    async def answered(self, leg_id: str, handset: Handset) -> Answered:
        """Dial, wait for the answer and confirm it."""
        self.dial(leg_id, handset)
        event = await self.event(leg_id, Answered)
        event.confirm()
        await self.carrier.wait_for("acked", handset.number)
        return event

    async def ended(self, leg_id: str, timeout_s: float = 5.0) -> Ended:
        """Its end, which must be the last word and the only one."""
        event = await self.event(leg_id, Ended, timeout_s)
        assert self.of(leg_id)[-1] is event
        assert self.names(leg_id).count("Ended") == 1
        return event


@asynccontextmanager
async def network(
    run_dir: Path,
    login: tuple[str, str] | None = None,
    logins: Mapping[str, Login] | None = None,
    rtp_timeout_s: float = 20.0,
    no_reply_s: float = 2.0,
) -> AsyncIterator[Network]:
    """Both started; in the end the backend hangs up what is left, and no phone may still have a dialog."""
    clock = Clock()
    carrier = Carrier("127.0.0.1", 0, clock, login)
    await carrier.start()
    config = sip_config()
    backend = SipBackend(
        config, KEY, logins or {}, "en", run_dir, clock, rtp_timeout_s, no_reply_s=no_reply_s
    )
    net = Network(backend, carrier, clock, config.port)
    await backend.start(net.events.append)
    try:
        yield net
    finally:
        await backend.close()
        await carrier.stop()
