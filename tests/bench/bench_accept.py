"""How many SMS a second are stored durably and acknowledged, at windows of 1, 10 and 50.

`python -m tests.bench.bench_accept [messages at window 50]`. One gateway with SQLite (WAL, synchronous=FULL)
on the disk of the working directory, executing at its own pace; one generator in a process of its own. Time
runs from the first deliver_sm to the last response. Target at window 50: 4,000 a second.
"""

import multiprocessing
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path

from callback.core.commands import Command
from callback.core.outcomes import Refused
from callback.core.sms import ReceivedSms
from smsgw import pdu
from smsgw.execution import Finish
from smsgw.simulator_texts import MoMessage, mo_pdu
from tests.smsgw.scene import NotingExecutor, gateway, link, new_store

_TARGET_PER_S = 4000


class SlowExecutor(NotingExecutor):
    """Takes as long as a password check, so that executing is not what is measured."""

    def execute(self, command: Command | Refused, sms: ReceivedSms, finish: Finish) -> None:
        time.sleep(0.03)  # a command that costs what a password costs
        super().execute(command, sms, finish)


def generate(report: Connection, rounds: list[tuple[int, int]]) -> None:
    """Listen as an SMSC, then push each round's messages at its window and time the responses."""
    listener = socket.create_server(("127.0.0.1", 0))
    report.send(listener.getsockname()[1])
    plug, _ = listener.accept()
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray()
    frames = _read(plug, buffer)
    plug.sendall(pdu.pdu(frames[0].command | pdu.RESPONSE, 0, frames[0].sequence, b"bench\0"))
    sequence = 0
    for window, count in rounds:
        report.recv()
        texts = [
            mo_pdu(
                MoMessage(f"+48{window:02}{number:07}", "+48221234567", f"U.anna P.x{number} C"),
                sequence + number,
            )
            for number in range(1, count + 1)
        ]
        sequence += count
        report.send((window, *_push(plug, buffer, window, texts)))
    report.recv()
    plug.close()


def _push(
    plug: socket.socket, buffer: bytearray, window: int, texts: list[bytes]
) -> tuple[float, list[float]]:
    waiting, left_at = deque(texts), deque[float]()
    latencies: list[float] = []
    began = time.perf_counter()
    while len(latencies) < len(texts):
        room = window - len(left_at)
        batch = [waiting.popleft() for _ in range(min(room, len(waiting)))]
        if batch:
            left_at.extend([time.perf_counter()] * len(batch))
            plug.sendall(b"".join(batch))
        for frame in _read(plug, buffer):
            if frame.command == pdu.DELIVER_SM | pdu.RESPONSE:
                assert frame.status == pdu.ESME_ROK, hex(frame.status)
                latencies.append(time.perf_counter() - left_at.popleft())
    return time.perf_counter() - began, sorted(latencies)


def _read(plug: socket.socket, buffer: bytearray) -> list[pdu.Frame]:
    buffer += plug.recv(262_144)
    return pdu.cut_frames(buffer)


def main(most: int) -> int:
    rounds = [(1, most // 20), (10, most // 4), (50, most)]
    here, there = multiprocessing.Pipe()
    generator = multiprocessing.get_context("spawn").Process(target=generate, args=(there, rounds))
    generator.start()
    reached = 0.0
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as directory:
        store = new_store(Path(directory))
        made = gateway(store, SlowExecutor(store), (link(here.recv(), bind="transceiver"),), Path(directory))
        made.start()
        for _ in rounds:
            here.send("go")
            cpu = time.process_time()
            window, took_s, latencies = here.recv()
            cpu_us = (time.process_time() - cpu) / len(latencies) * 1e6
            p50, p99 = (latencies[len(latencies) * share // 100] * 1000 for share in (50, 99))
            reached = len(latencies) / took_s
            times = f"p50 {p50:5.1f} ms · p99 {p99:5.1f} ms"
            print(f"window {window:2}: {reached:6.0f} SMS/s · {times} · {cpu_us:4.0f} µs CPU/SMS")
        stopping = threading.Thread(target=made.stop)
        stopping.start()
        here.send("end")
        stopping.join()
        store.dispose()
    generator.join()
    print(
        f"target at window 50: {_TARGET_PER_S} SMS/s: {'reached' if reached >= _TARGET_PER_S else 'MISSED'}"
    )
    return 0 if reached >= _TARGET_PER_S else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
