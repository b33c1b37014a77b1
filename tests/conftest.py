"""What every test is held to: nothing skipped, nothing beyond this machine, nothing left running.

Each process a test starts inherits a mark in its environment, so that it is known as ours even after its
parent died; `PYTEST_CURRENT_TEST`, inherited with it, names the test that started it.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

_MARK = "RINGBACK_TEST_SESSION"
_FAREWELL_S = 10.0
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure(config: pytest.Config) -> None:
    """Gives this process (each worker of a parallel run) its own mark, and fences its sockets in."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ[_MARK] = f"{os.getpid()}-{worker}"
    sys.addaudithook(_only_loopback)
    hypothesis.settings.register_profile("house", deadline=None)  # one example's time says nothing here
    hypothesis.settings.load_profile("house")


def _only_loopback(event: str, args: tuple[Any, ...]) -> None:
    if event not in ("socket.bind", "socket.connect"):
        return
    sock, address = args
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
        raise AssertionError(f"a test may only use loopback, not {address}")


# --- A skipped test is a failed test ------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A promise not tried is not kept: a skip fails, and so does an expected failure."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, so nothing is proven: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is read."""
    report = yield
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, so nothing is proven: {report.longrepr}"
    return report


# --- Nothing of one test reaches the next -------------------------------------------------------------------


@pytest.fixture(autouse=True)
def logs_go_nowhere_special() -> Iterator[None]:
    """A command run within a test aims the log at that test's stderr, which is closed by the next one."""
    yield
    structlog.reset_defaults()


# --- Nothing of ours is left --------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After the last test no process started by one still lives, hence no port of ours is still open."""
    yield
    deadline = time.monotonic() + _FAREWELL_S
    looks_without_any = 0
    while (
        looks_without_any < 2
    ):  # one that forks and ends while we look may hide its child from a single look
        left = _our_processes()
        looks_without_any = 0 if left else looks_without_any + 1
        if left and time.monotonic() > deadline:
            break
        time.sleep(0.05)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left, "left running by a test:\n" + "\n".join(left.values())


def _our_processes() -> dict[int, str]:
    """Live processes that are children of this one or bear its mark, each with its command and test."""
    found = {}
    for home in Path("/proc").glob("[0-9]*"):
        pid = int(home.name)
        try:
            state, parent = (home / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (home / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            environment = (home / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended while we looked, or is another user's
            continue
        marked = f"{_MARK}={os.environ[_MARK]}".encode() in environment
        if pid == os.getpid() or state == "Z" or not (marked or int(parent) == os.getpid()):
            continue
        if "multiprocessing.resource_tracker" in command:
            continue
        test = next((e.decode() for e in environment if e.startswith(b"PYTEST_CURRENT_TEST=")), "")
        found[pid] = f"  pid {pid}: {command or '(no command)'}  {test}"
    return found
