"""A real media process, talkers on real sockets, and waiting for what happens between them."""

import asyncio
import math
import os
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from callback.media.client import MediaProcess
from callback.media.codecs import ULAW_SILENCE, decode, encode_ulaw, ulaw_as
from callback.media.events import MediaEvent
from callback.media.rtp import FRAME_S, FRAME_TICKS, PCMU, Packet, pack_packet, parse_packet

T = TypeVar("T")
Sound = np.ndarray[tuple[int], np.dtype[np.float64]]
HOST = "127.0.0.1"
_PORTS_PER_WORKER = 200


def media_ports() -> tuple[int, int]:
    """A range no parallel test uses, below the ports the kernel hands out."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw15").removeprefix("gw"))
    low = 16_000 + worker * _PORTS_PER_WORKER
    return low, low + _PORTS_PER_WORKER - 1


class Happenings:
    """Wakes whoever waits, whenever anything happens."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def tell(self) -> None:
        self._news.set()

    async def until(self, find: Callable[[], T | None], timeout_s: float, what: str) -> T:
        """The first true answer of `find`, looked for after each happening."""
        deadline = time.monotonic() + timeout_s
        while not (found := find()):
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"not within {timeout_s} s: {what}") from None
        return found

    async def quiet_for(self, duration_s: float, what: Callable[[], object]) -> None:
        """Fails if `what` changes its value within the time."""
        before = what()
        deadline = time.monotonic() + duration_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left_s)
            except TimeoutError:
                break
            assert what() == before, f"{before} became {what()}"


class Talker(asyncio.DatagramProtocol):
    """One far end: sends a steady tone every 20 ms, keeps what it receives."""

    def __init__(self, happenings: Happenings, hz: int, payload_type: int) -> None:
        self.received: list[tuple[float, Packet]] = []
        self.ssrc = hz << 8
        self.number = 0
        self.payload_type = payload_type
        self._happenings = happenings
        self._hz = hz
        self._target: tuple[str, int] = (HOST, 0)
        self._next: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        packet = parse_packet(data)
        assert packet is not None
        self.received.append((time.monotonic(), packet))
        self._happenings.tell()

    @property
    def port(self) -> int:
        name: tuple[str, int] = self.transport.get_extra_info("sockname")
        return name[1]

    @property
    def packets(self) -> list[Packet]:
        return [packet for _, packet in self.received]

    def talk_to(self, port: int) -> None:
        """Speak from now on, until `hush`."""
        self.hush()
        self._target = (HOST, port)
        self._due_s = asyncio.get_running_loop().time()
        self._say()

    def hush(self) -> None:
        if self._next:
            self._next.cancel()
            self._next = None

    def send(
        self, payload: bytes, kind: int | None = None, stamp: int | None = None, marker: bool = False
    ) -> None:
        """One packet, now."""
        self.number += 1
        kind = self.payload_type if kind is None else kind
        stamp = self.number * FRAME_TICKS if stamp is None else stamp
        self.transport.sendto(
            pack_packet(kind, marker, self.number & 0xFFFF, stamp & 0xFFFFFFFF, self.ssrc, payload),
            self._target,
        )

    def aim(self, port: int) -> None:
        """Where `send` sends, without talking."""
        self._target = (HOST, port)

    def _say(self) -> None:
        start = self.number * FRAME_TICKS
        turn = 2 * math.pi * self._hz / 8000
        ulaw = encode_ulaw(int(8000 * math.sin(turn * (start + n))) for n in range(FRAME_TICKS))
        self.send(ulaw_as(self.payload_type, ulaw))
        self._due_s += FRAME_S
        self._next = asyncio.get_running_loop().call_at(self._due_s, self._say)


class Rig:
    """What a test of the media process has at hand."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.happenings = Happenings()
        self.events: list[MediaEvent] = []
        self.media: MediaProcess
        self._talkers: list[Talker] = []

    def on_event(self, event: MediaEvent) -> None:
        self.events.append(event)
        self.happenings.tell()

    async def start(self, **options: Any) -> None:
        self.media = await MediaProcess.start(self.run_dir, HOST, media_ports(), self.on_event, **options)

    async def talker(self, hz: int = 1000, payload_type: int = PCMU) -> Talker:
        loop = asyncio.get_running_loop()
        _, talker = await loop.create_datagram_endpoint(
            lambda: Talker(self.happenings, hz, payload_type), local_addr=(HOST, 0), family=socket.AF_INET
        )
        self._talkers.append(talker)
        return talker

    async def leg(self, stream_id: str, hz: int = 1000, payload_type: int = PCMU) -> tuple[Talker, int]:
        """A connected stream and the talker at its far end; the port is the stream's."""
        talker = await self.talker(hz, payload_type)
        port = await self.media.open(stream_id)
        talker.aim(port)
        self.media.connect(stream_id, HOST, talker.port, payload_type)
        return talker, port

    async def until(self, find: Callable[[], T | None], timeout_s: float, what: str) -> T:
        return await self.happenings.until(find, timeout_s, what)

    async def event(self, kind: type[T], timeout_s: float = 5.0) -> T:
        """The first event of this kind, waited for."""
        found = await self.until(
            lambda: [e for e in self.events if isinstance(e, kind)], timeout_s, f"event {kind.__name__}"
        )
        return found[0]

    async def stop(self) -> None:
        for talker in self._talkers:
            talker.hush()
            talker.transport.close()
        await self.media.aclose()


def play_through(tmp_path: Path, story: Callable[[Rig], Awaitable[None]], **options: Any) -> None:
    """Run one story with a media process of its own."""

    async def run() -> None:
        rig = Rig(tmp_path / "run")
        await rig.start(**options)
        try:
            await story(rig)
        finally:
            await rig.stop()

    asyncio.run(run())


def sound_of(packets: list[Packet], payload_type: int) -> Sound:
    """The audio packets laid out by their timestamps; what is missing is silence."""
    audio = [packet for packet in packets if packet.payload_type == payload_type]
    first = audio[0].timestamp
    places = [(packet.timestamp - first) & 0xFFFFFFFF for packet in audio]
    line = bytearray(ulaw_as(payload_type, bytes((ULAW_SILENCE,)))) * (max(places) + FRAME_TICKS)
    for place, packet in zip(places, audio, strict=True):
        line[place : place + FRAME_TICKS] = packet.payload
    return np.frombuffer(decode(payload_type, bytes(line)), "<i2").astype(np.float64)


def share_of(sound: Sound, hz: float) -> float:
    """How much of the sound's power lies within 10 Hz of a pitch, 0 to 1."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    pitches = np.fft.rfftfreq(len(sound), 1 / 8000)
    return float(power[np.abs(pitches - hz) < 10].sum() / (power.sum() + 1e-9))
