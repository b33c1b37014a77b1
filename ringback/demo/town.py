"""The town: the simulators and the service, each a process of its own, started and stopped as one.

    demo ─┬─ python -m smsgw.simulator                 the carrier's SMS centre
          ├─ python -m callback.telephony.simulator    the carrier's exchange and its phones
          └─ python -m ringback serve                  the service, exactly as it runs anywhere

They share one log file. Should the demo die without a word, the kernel ends them. Must be started before
there is a second thread, because it forks.
"""

import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from callback.children import Child, start
from ringback.demo import premises
from ringback.demo.premises import Premises

SMSC, CARRIER, SERVICE = "smsc", "carrier", "service"
_STOP_S = {SERVICE: 35.0}  # it hangs up and bills every call
_POLL_S = 0.02
_KNOCK_S = 0.5
_LOG_TAIL_BYTES = 20_000
_OURS = ("RINGBACK__", "RINGBACK_CONFIG", "RINGBACK_DATA_DIR")


@dataclass(frozen=True, slots=True)
class Fallen:
    """A process that ended though nobody asked it to."""

    name: str
    code: int

    def __str__(self) -> str:
        how = f"with code {self.code}" if self.code >= 0 else f"by {signal.Signals(-self.code).name}"
        return f"the {self.name} process has ended {how}"


class Town:
    """`open`, then `stop`, whatever happened between."""

    def __init__(self, place: Premises) -> None:
        self.place = place
        self._pids: dict[str, int] = {}
        self._fallen: Fallen | None = None

    @property
    def pids(self) -> dict[str, int]:
        return dict(self._pids)

    def open(self) -> None:
        """Simulators first; while they start, the books are made that the service wants to find."""
        ports = self.place.ports
        self._start(
            SMSC, "smsgw.simulator", "--port", str(ports.smsc), "--control", str(self.place.socket_of(SMSC)),
            "--system-id", "ringback", "--password", premises.SMSC_PASSWORD,
        )  # fmt: skip
        self._start(
            CARRIER, "callback.telephony.simulator", "--port", str(ports.carrier),
            "--control", str(self.place.socket_of(CARRIER)),
        )  # fmt: skip
        premises.open_books(self.place)
        self._start(SERVICE, "ringback", "serve", "--config", str(self.place.config_file))

    def page_is_up(self) -> bool:
        """Whether somebody answers at the page's port."""
        try:
            socket.create_connection(("127.0.0.1", self.place.ports.web), _KNOCK_S).close()
        except OSError:
            return False
        return True

    def fallen(self) -> Fallen | None:
        """Who has ended, if anybody did."""
        for name, pid in self._pids.items():
            if self._fallen is None:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self._fallen = Fallen(name, os.waitstatus_to_exitcode(status))
                    del self._pids[name]
                    break
        return self._fallen

    def stop(self) -> None:
        """End all, the service first; who does not go is killed. Deaf to Ctrl-C meanwhile."""
        deaf = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for name in (SERVICE, CARRIER, SMSC):
                pid = self._pids.pop(name, None)
                if pid is not None:
                    _end(pid, _STOP_S.get(name, 5.0))
        finally:
            os.close(self.place.lock)
            if self.place.port_lock is not None:
                os.close(self.place.port_lock)
            for number, heard in deaf.items():
                signal.signal(number, heard)

    def log_tail(self, lines: int) -> list[str]:
        """The last lines of the town's log."""
        try:
            with self.place.log_file.open("rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return []
        return text.splitlines()[-lines:]

    def _start(self, name: str, *arguments: str) -> None:
        log = os.open(self.place.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            child = Child(name, partial(_become, arguments))
            self._pids[name] = start(child, self.place.config.run_dir, log)
        finally:
            os.close(log)


def _become(arguments: tuple[str, ...]) -> NoReturn:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    os.execve(sys.executable, [sys.executable, "-P", "-m", *arguments], environ)  # noqa: S606 - no shell


def _end(pid: int, patience_s: float) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return
        time.sleep(_POLL_S)
