"""A family of processes: forked after import, kept alive, stopped in order, never orphaned.

Forking after import shares the memory of the libraries: six processes weigh little more than one. The
parent therefore stays what a fork may safely copy: one thread, no event loop, no database.

    pidfd readable ──► the dead one's own children are killed ──► again: at once, then 0.1 s … 10 s
    pipe readable  ──► its lines are told, with its name
    SIGTERM        ──► last started, first stopped; who does not end in time is killed

A child learns of its parent's death from the kernel (prctl(2), PR_SET_PDEATHSIG). Each child leads a process
group, so that Ctrl-C reaches the parent only and the order of stopping is ours. Must not know what the
children do.
"""

import ctypes
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog

_PR_SET_PDEATHSIG = 1
_FIRST_BACKOFF_S = 0.1
_LAST_BACKOFF_S = 10.0
_STABLE_S = 10.0  # who lived that long is started again at once
_LINE_MAX = 65_536
_READY_WITHIN_S = 2.0

Tell = Callable[[str, str], None]  # name, line


@dataclass(frozen=True, slots=True)
class Child:
    """What to run in a process of its own. `run` blocks until SIGTERM; to return is to end well."""

    name: str
    run: Callable[[], object]
    stop_s: float = 10.0  # given to it between SIGTERM and SIGKILL
    orphan_signal: signal.Signals = signal.SIGTERM  # what the kernel sends it when we die
    ready: Callable[[], bool] | None = None  # the next one starts when this says yes, or after 2 s


def start(child: Child, run_dir: Path, output: int | None = None) -> int:
    """Fork, write `<run_dir>/<name>.pid` and return the pid. Call it while this process has one thread.

    `output`: a file descriptor to take the place of its stdout and stderr.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _become(child, parent, output)
    with suppress(OSError):  # the child does it too: whoever comes first
        os.setpgid(pid, pid)
    path = run_dir / f"{child.name}.pid"
    fresh = path.with_suffix(".pid.new")
    fresh.write_text(f"{pid}\n")
    fresh.replace(path)
    return pid


def _become(child: Child, parent: int, output: int | None) -> NoReturn:
    code = 1
    try:
        die_with_parent(parent, child.orphan_signal)
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_DFL)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        child.run()
        code = 0
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else int(request.code is not None)
    except BaseException:  # noqa: BLE001 - the outermost frame of a process: the traceback is all that remains
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def die_with_parent(parent: int, signum: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send us `signum` when our parent ends; ends us now if it already has."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


@dataclass(slots=True)
class _Pipe:
    """The output of one life of a child; it may outlive it, while a grandchild still writes."""

    name: str
    fd: int
    unfinished: bytes = b""

    def read(self, tell: Tell) -> bool:
        """Tell the lines that have come; False at the end of the file."""
        try:
            data = os.read(self.fd, _LINE_MAX)
        except BlockingIOError:
            return True
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        if self.unfinished and (not data or len(self.unfinished) >= _LINE_MAX):
            lines.append(self.unfinished)
            self.unfinished = b""
        for line in lines:
            tell(self.name, line.decode(errors="replace"))
        return bool(data)


@dataclass(slots=True)
class _Life:
    """The present life of one child, if any, and how its lives went."""

    child: Child
    pid: int = 0
    pidfd: int = -1
    born_s: float = 0.0
    deaths: int = 0  # in a row, without a stable life between
    due_s: float | None = 0.0  # when to start it; None: it lives, or shall not live


class Family:
    """Starts the children in the order given, keeps them alive, stops them in the reverse order."""

    def __init__(self, children: Sequence[Child], run_dir: Path, tell: Tell | None = None) -> None:
        self._lives = [_Life(child) for child in children]
        self._run_dir = run_dir
        self._tell = tell
        self._selector = selectors.DefaultSelector()
        self._signals_r, self._signals_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stops_wished = 0
        self._log = structlog.get_logger()

    def run(self) -> None:
        """Block until SIGTERM or SIGINT, then stop everyone; returns when all are gone. Main thread only."""
        self._selector.register(self._signals_r, selectors.EVENT_READ)
        wakeup_before = signal.set_wakeup_fd(self._signals_w, warn_on_full_buffer=False)
        before = {
            signum: signal.signal(signum, self._wish_stop) for signum in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self._start_all()
            while not self._stops_wished:
                self._start_due()
                self._turn(self._until_due_s())
            self._stop_all()
        finally:
            self._kill_rest()
            for signum, handler in before.items():
                signal.signal(signum, handler)
            signal.set_wakeup_fd(wakeup_before)
            self._selector.close()
            os.close(self._signals_r)
            os.close(self._signals_w)

    def _wish_stop(self, _signum: int, _frame: object) -> None:
        self._stops_wished += 1

    def _start_all(self) -> None:
        for life in self._lives:
            if self._stops_wished:
                return
            self._start(life)
            deadline = time.monotonic() + _READY_WITHIN_S
            while life.child.ready and time.monotonic() < deadline and not self._stops_wished:
                if life.child.ready():
                    break
                self._turn(0.01)
                self._start_due()

    def _start_due(self) -> None:
        now_s = time.monotonic()
        for life in self._lives:
            if life.due_s is not None and life.deaths and life.due_s <= now_s:
                self._start(life)

    def _until_due_s(self) -> float | None:
        dues = [life.due_s for life in self._lives if life.due_s is not None]
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    def _start(self, life: _Life) -> None:
        ours = theirs = None
        if self._tell:
            ours, theirs = os.pipe2(os.O_CLOEXEC)
            os.set_blocking(ours, False)
        life.pid = start(life.child, self._run_dir, theirs)
        life.born_s, life.due_s = time.monotonic(), None
        life.pidfd = os.pidfd_open(life.pid)
        self._selector.register(life.pidfd, selectors.EVENT_READ, life)
        if ours is not None and theirs is not None:
            os.close(theirs)
            self._selector.register(ours, selectors.EVENT_READ, _Pipe(life.child.name, ours))
        self._log.info("started", child=life.child.name, pid=life.pid)

    def _turn(self, timeout_s: float | None) -> None:
        """Wait for news of the children and take it in."""
        for key, _ in self._selector.select(timeout_s):
            match key.data:
                case _Life() as life:
                    self._bury(life)
                case _Pipe() as pipe:
                    self._read(pipe)
                case None:
                    os.read(self._signals_r, 64)

    def _read(self, pipe: _Pipe) -> None:
        assert self._tell is not None, "a pipe is made for a listener"
        if not pipe.read(self._tell):
            self._selector.unregister(pipe.fd)
            os.close(pipe.fd)

    def _bury(self, life: _Life) -> None:
        """It is dead: end its own children, and decide when it lives again."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(life.pid, signal.SIGKILL)  # before waitpid: until then the number is not given away
        _, status = os.waitpid(life.pid, 0)
        self._selector.unregister(life.pidfd)
        os.close(life.pidfd)
        (self._run_dir / f"{life.child.name}.pid").unlink(missing_ok=True)
        lived_s = time.monotonic() - life.born_s
        code = os.waitstatus_to_exitcode(status)
        life.pid, life.pidfd = 0, -1
        if self._stops_wished:
            self._log.info("stopped", child=life.child.name, status=code)
            return
        life.deaths = 1 if lived_s >= _STABLE_S else life.deaths + 1
        wait_s = 0.0 if life.deaths == 1 else min(_FIRST_BACKOFF_S * 2 ** (life.deaths - 2), _LAST_BACKOFF_S)
        life.due_s = time.monotonic() + wait_s
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._log.warning(
            "died", child=life.child.name, how=how, lived_s=round(lived_s, 1), again_in_s=wait_s
        )

    def _stop_all(self) -> None:
        wishes = self._stops_wished
        for life in reversed(self._lives):
            if not life.pid:
                continue
            os.kill(life.pid, signal.SIGTERM)
            deadline = time.monotonic() + life.child.stop_s
            while life.pid and time.monotonic() < deadline and self._stops_wished == wishes:
                self._turn(max(0.0, deadline - time.monotonic()))
            if life.pid:
                self._log.warning("did not stop in time and is killed", child=life.child.name)
                os.killpg(life.pid, signal.SIGKILL)
                while life.pid:
                    self._turn(None)

    def _kill_rest(self) -> None:
        """Whatever happened to us, nobody stays behind."""
        self._stops_wished += 1
        for life in self._lives:
            if life.pid:
                with suppress(ProcessLookupError):
                    os.killpg(life.pid, signal.SIGKILL)
                self._bury(life)
        for key in list(self._selector.get_map().values()):  # last words
            if isinstance(key.data, _Pipe):
                self._read(key.data)
