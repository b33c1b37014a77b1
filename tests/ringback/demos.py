"""Runs `ringback demo` as a process, follows its news, and looks for whatever it may have left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.waiting import eventually

_MARK = "RINGBACK_TEST_DEMO"
_END_S = 60.0


class Demo:
    """A running demo; its children inherit a mark by which they are known whatever becomes of it."""

    def __init__(self, cwd: Path, *options: str) -> None:
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ringback", "demo", *options],
            cwd=cwd,
            env={**os.environ, _MARK: self._mark, "RINGBACK__SIP__PORT": "none of the demo's business"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.out = self.process.stdout

    def lines(self) -> list[str]:
        """Everything it says, to its end."""
        said = self.out.read().splitlines()
        self.process.wait(_END_S)
        return said

    def news(self) -> Iterator[dict[str, Any]]:
        """With --json: one after the other, as it comes."""
        for line in self.out:
            yield json.loads(line)

    def await_news(self, kind: str, **values: object) -> dict[str, Any]:
        """The next news of that kind with those values."""
        for news in self.news():
            if news["is"] == kind and values.items() <= news.items():
                return news
        raise AssertionError(f"the demo ended without {kind} {values}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def left(self) -> list[str]:
        """Its processes that live still, by their commands."""
        mark, found = f"{_MARK}={self._mark}".encode(), []
        for home in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (home / "environ").read_bytes().split(b"\0"):
                    found.append((home / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it ended while we looked, or is another user's
        return found

    def await_nobody(self) -> None:
        eventually(lambda: not self.left(), _END_S, "every process of the demo has ended")


@contextmanager
def demo(cwd: Path, *options: str) -> Iterator[Demo]:
    """A demo that has ended when the block has."""
    one = Demo(cwd, *options)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.send(signal.SIGTERM)
            one.process.wait(_END_S)
        one.out.close()


def assert_free(*addresses: str) -> None:
    """Nobody listens there any more, neither on TCP nor on UDP."""
    for address in addresses:
        host, _, port = address.partition(":")
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, int(port)))
