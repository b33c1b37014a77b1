"""The other end of `control`: a carrier in another process, with the same verbs, awaited."""

import asyncio
import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callback.telephony.simulator.events import Event
from callback.telephony.simulator.plan import Plan

_LONGEST_LINE = 1 << 22
_EVENTS_KEPT = 50_000


class RemoteCarrier:
    """Make it with `connect`. `events` holds all that was reported since."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Event] = []
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._ears: dict[str, Callable[[bytes], None]] = {}
        self._listening = asyncio.create_task(self._listen(), name="remote-carrier")

    @classmethod
    async def connect(cls, path: Path, timeout_s: float = 10.0) -> "RemoteCarrier":
        """Wait for the carrier's socket; TimeoutError if it does not come up."""

        async def attempt() -> "RemoteCarrier":
            while True:
                try:
                    return cls(*await asyncio.open_unix_connection(path, limit=_LONGEST_LINE))
                except (FileNotFoundError, ConnectionRefusedError):
                    await asyncio.sleep(0.02)

        return await asyncio.wait_for(attempt(), timeout_s)

    def handset(self, number: str) -> "RemoteHandset":
        return RemoteHandset(self, number)

    def on_event(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    @property
    def is_gone(self) -> bool:
        """Whether the carrier has closed the connection."""
        return self._listening.done()

    async def open_calls(self) -> list[dict[str, str]]:
        """Call-ID and state of every call that is not over."""
        found: list[dict[str, str]] = await self.ask("open")
        return found

    async def past_events(self, most: int) -> list[Event]:
        """The last that were reported before we came, the oldest of them first."""
        return [Event(**event) for event in await self.ask("events", most=most)]

    async def down(self, down: bool = True) -> None:
        """Answer nothing any more, as a trunk that is down."""
        await self.ask("down", down=down)

    async def ask(self, verb: str, **details: Any) -> Any:
        """Any verb of `control`; ValueError says why it was refused, ConnectionError that it is gone."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": number, "verb": verb, **details}).encode() + b"\n")
        return await answer

    async def close(self) -> None:
        self._writer.close()
        await asyncio.wait({self._listening})

    async def listen(self, number: str, on_sound: Callable[[bytes], None] | None) -> None:
        """Be told what that handset hears, frame by frame as it comes; None stops it."""
        if on_sound is None:
            self._ears.pop(number, None)
        else:
            self._ears[number] = on_sound
        await self.ask("listen", number=number, on=on_sound is not None)

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                self._heard(json.loads(line))
        except ConnectionError:
            pass
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the simulated carrier is gone"))

    def _heard(self, said: dict[str, Any]) -> None:
        if "event" in said:
            event = Event(**said["event"])
            self.events.append(event)
            if len(self.events) > 2 * _EVENTS_KEPT:
                del self.events[:_EVENTS_KEPT]
            for listener in self._listeners:
                listener(event)
            return
        if "sound" in said:
            ear = self._ears.get(said["sound"]["number"])
            if ear is not None:
                ear(base64.b64decode(said["sound"]["pcm"]))
            return
        answer = self._answers.pop(said["id"], None)
        if answer is not None and said["ok"]:
            answer.set_result(said["result"])
        elif answer is not None:
            answer.set_exception(ValueError(said["why"]))


class RemoteHandset:
    """`Handset`, one socket away."""

    def __init__(self, carrier: RemoteCarrier, number: str) -> None:
        self.number = number
        self._carrier = carrier

    async def plan(self, plan: Plan) -> None:
        await self._ask("plan", plan=asdict(plan))

    async def answer(self) -> None:
        await self._ask("answer")

    async def reject(self, status: int = 486) -> None:
        await self._ask("reject", status=status)

    async def hang_up(self) -> None:
        await self._ask("hang_up")

    async def press(self, keys: str, by: str = "") -> None:
        await self._ask("press", keys=keys, by=by)

    async def play_tune(self, tune: str = "own") -> None:
        await self._ask("play_tune", tune=tune)

    async def mute(self, muted: bool = True) -> None:
        await self._ask("mute", muted=muted)

    async def listen(self, on_sound: Callable[[bytes], None] | None) -> None:
        """Be told what it hears as it comes: 20 ms of PCM 16 bit, 8 kHz each; None stops it."""
        await self._carrier.listen(self.number, on_sound)

    async def speak(self, pcm: bytes) -> None:
        """Say live sound, 16 bit, 8 kHz: pieces of about 100 ms, as they come."""
        await self._ask("speak", pcm=base64.b64encode(pcm).decode())

    async def heard(self, from_ms: int = 0, until_ms: int | None = None) -> bytes:
        """PCM 16 bit, 8 kHz."""
        answer = await self._ask("heard", from_ms=from_ms, until_ms=until_ms)
        return base64.b64decode(answer["pcm"])

    async def hears(self, hz: float, last_ms: int = 500) -> float:
        """The part of what it heard last that is at this frequency, 0 to 1."""
        return float(await self._ask("hears", hz=hz, last_ms=last_ms))

    async def state(self) -> dict[str, Any]:
        """state, since_ms, tune, own_hz, invites, overlaps, digits_heard, caller."""
        answer: dict[str, Any] = await self._ask("state")
        return answer

    async def _ask(self, verb: str, **details: Any) -> Any:
        return await self._carrier.ask(verb, number=self.number, **details)
