"""Ways to a number when the names of trunks resolve late, or not."""

import asyncio
import socket
from collections.abc import Callable, Coroutine

from callback.config import Trunk
from callback.trunks import Trunks
from tests.dialing.box import BORIS, JumpingClock

GOOD = Trunk(name="good", host="127.0.0.1", port=5060)
NAMED = Trunk(name="named", host="localhost", port=5070)
LOST = Trunk(name="lost", host="no-such-host.invalid", port=5060)


def _asked(loop: asyncio.AbstractEventLoop, answer: Callable[[], Coroutine[None, None, None]]) -> list[str]:
    """From now on the loop's name server answers so; who was asked for."""
    names: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        names.append(host)
        await answer()
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.9", port))]

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign,assignment]  # the world outside, not ours
    return names


async def _at_once() -> None:
    pass


async def _never() -> None:
    await asyncio.Event().wait()


async def _fails() -> None:
    raise socket.gaierror(socket.EAI_AGAIN, "the name server is away")


async def _names(trunks: Trunks) -> list[str]:
    return [route.trunk for route in await trunks.routes(BORIS)]


def test_a_trunk_that_does_not_resolve_is_left_out() -> None:
    async def play() -> None:
        asked = _asked(asyncio.get_running_loop(), _fails)
        clock = JumpingClock()
        trunks = Trunks((LOST, GOOD), clock)
        assert await _names(trunks) == ["good"]
        assert await _names(trunks) == ["good"]
        assert len(asked) == 1  # not once a call
        clock.ahead_s += 11
        await _names(trunks)
        assert len(asked) == 2

    asyncio.run(play())


def test_a_name_server_that_is_silent_keeps_no_call_from_the_other_trunks() -> None:
    async def play() -> None:
        asked = _asked(asyncio.get_running_loop(), _never)
        trunks = Trunks((NAMED, GOOD), JumpingClock())
        both = asyncio.wait_for(asyncio.gather(_names(trunks), _names(trunks)), 3)
        assert list(await both) == [["good"], ["good"]]
        assert len(asked) == 1

    asyncio.run(play())


def test_what_was_known_serves_on_while_the_name_server_is_away() -> None:
    async def play() -> None:
        clock = JumpingClock()
        trunks = Trunks((NAMED,), clock)
        _asked(asyncio.get_running_loop(), _at_once)
        first = await trunks.routes(BORIS)
        assert first[0].next_hop == ("127.0.0.9", 5070)
        for answer in (_fails, _never):
            clock.ahead_s += 61
            asked = _asked(asyncio.get_running_loop(), answer)
            assert await trunks.routes(BORIS) == first
            assert len(asked) == 1

    asyncio.run(play())


def test_operators_are_told_what_became_of_each_name() -> None:
    async def play() -> None:
        _asked(asyncio.get_running_loop(), _at_once)
        clock = JumpingClock()
        trunks = Trunks((GOOD, LOST), clock)
        assert trunks.states() == {
            "good": {"state": "resolved", "address": "127.0.0.1"},
            "lost": {"state": "unasked", "address": ""},
        }
        await _names(trunks)
        assert trunks.states()["lost"] == {"state": "resolved", "address": "127.0.0.9"}
        _asked(asyncio.get_running_loop(), _fails)
        clock.ahead_s += 60
        await _names(trunks)
        assert trunks.states()["lost"] == {"state": "unresolved", "address": "127.0.0.9"}

    asyncio.run(play())
