"""How many bridged calls one media process carries in time.

    python -m tests.bench.bench_media [sessions ...]

Every session is two talkers of 50 packets a second each, spread evenly over the 20 ms. A packet carries the
time it was sent; the kernel stamps the time it came back. Late is what took longer than 20 ms, so neither
the talkers' own delay in sending nor in reading counts against the media process.
"""

import asyncio
import multiprocessing
import os
import select
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from callback.media.client import MediaProcess
from callback.media.rtp import FRAME_S, HEADER_BYTES, pack_packet

HOST = "127.0.0.1"
PORTS = (14_000, 15_999)
SECONDS = 3.0
LATE_NS = 20_000_000
_STAMP = struct.Struct("=q")
_TIMESPEC = struct.Struct("=qq")
_SO_TIMESTAMPNS = 35


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: times in milliseconds, load in cores."""

    sessions: int
    sent: int
    received: int
    late: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    load: float
    priority: str

    def __str__(self) -> str:
        lost, late = 1 - self.received / self.sent, self.late / max(self.received, 1)
        return (
            f"{self.sessions:4} sessions  {self.sent:7} sent  {lost:6.2%} lost  {late:7.3%} late  "
            f"p50 {self.median_ms:5.2f} ms  p99 {self.p99_ms:5.2f} ms  worst {self.worst_ms:6.1f} ms  "
            f"{self.load:4.0%} of a core ({self.load / self.sessions:.2%} each)  {self.priority}"
        )


def measure(sessions: int, seconds: float = SECONDS) -> Figures:
    """Carry that many sessions for that long."""
    ours, theirs = multiprocessing.Pipe()
    talkers = multiprocessing.get_context("spawn").Process(target=_talk, args=(theirs, 2 * sessions, seconds))
    talkers.start()
    try:
        return asyncio.run(_carry(ours, sessions, seconds))
    finally:
        talkers.join()


async def _carry(talkers: Connection, sessions: int, seconds: float) -> Figures:
    """Bridge every two talkers, tell them to begin, watch the load meanwhile."""
    ports: list[int] = talkers.recv()
    with tempfile.TemporaryDirectory() as folder:
        media = await MediaProcess.start(Path(folder) / "run", HOST, PORTS, lambda _: None, name="bench")
        targets = [await media.open(str(n)) for n in range(len(ports))]
        for n, port in enumerate(ports):
            media.connect(str(n), HOST, port)
        for n in range(0, len(ports), 2):
            media.bridge(str(n), str(n + 1))
        await media.open("all was heard")
        assert media.pid is not None
        before_s = _cpu_s(media.pid)
        talkers.send(targets)
        sent, delays_ns = await asyncio.to_thread(talkers.recv)
        load = (_cpu_s(media.pid) - before_s) / seconds
        await media.aclose()
    delays_ns.sort()
    late = sum(delay > LATE_NS for delay in delays_ns)
    median, p99, worst = (delays_ns[int(share * (len(delays_ns) - 1))] / 1e6 for share in (0.5, 0.99, 1.0))
    return Figures(sessions, sent, len(delays_ns), late, median, p99, worst, load, media.priority)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _talk(pipe: Connection, count: int, seconds: float) -> None:
    """All the talkers, in one process: send when it is time, else read."""
    sockets = [_talker() for _ in range(count)]
    pipe.send([talker.getsockname()[1] for talker in sockets])
    for talker, port in zip(sockets, pipe.recv(), strict=True):
        talker.connect((HOST, port))
    poll = select.epoll()
    for talker in sockets:
        poll.register(talker.fileno(), select.EPOLLIN)
    by_number = {talker.fileno(): talker for talker in sockets}
    delays_ns: list[int] = []
    total = int(seconds / FRAME_S) * count
    began_s = time.monotonic()
    for n in range(total + 1):
        due_s = began_s + n * FRAME_S / count if n < total else time.monotonic() + 0.5
        while (left_s := due_s - time.monotonic()) > 0:
            for number, _ in poll.poll(left_s if left_s > 0.001 else 0, 64):
                delays_ns.append(_delay_ns(by_number[number]))
        if n < total:
            turn, who = divmod(n, count)
            payload = _STAMP.pack(time.time_ns()).ljust(160, b"\xff")
            sockets[who].send(pack_packet(0, False, turn & 0xFFFF, 160 * turn, who + 1, payload))
    pipe.send((total, delays_ns))


def _talker() -> socket.socket:
    talker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talker.bind((HOST, 0))
    talker.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return talker


def _delay_ns(talker: socket.socket) -> int:
    data, ancillary, _, _ = talker.recvmsg(512, 64)
    seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
    sent_ns: int = _STAMP.unpack_from(data, HEADER_BYTES)[0]
    return int(seconds * 1_000_000_000 + nanoseconds - sent_ns)


def main(sessions: Sequence[int]) -> None:
    for count in sessions:
        print(measure(count), flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [50, 100, 150, 200])
