"""The service's processes as their pid files tell of them, and the blow that kills one: the chaos button.

A death is noticed by a pid that is gone or another; the new life began when the supervisor wrote the new pid
file. Nobody but the processes of this demo's own directory can be hit.
"""

import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from callback.clock import Clock
from webapp.stage import Process

NAMES = ("gateway", "dialer", "media", "worker", "relay", "valkey")


class Victims:
    def __init__(self, run_dir: Path, clock: Clock) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._known = {name: Process(name, 0) for name in NAMES}
        self._lost: dict[str, tuple[int, int]] = {}  # pid and instant of the last death

    def look(self) -> tuple[Process, ...]:
        """All of them as they are now, with what has become of each since the first look."""
        for name, before in self._known.items():
            pid, born_at_ms = self._present(name)
            now = replace(before, pid=pid)
            if pid != before.pid and before.pid:
                self._lost.setdefault(name, (before.pid, self._clock.now_ms()))
                now = replace(now, deaths=before.deaths + 1, back_after_ms=None)
            if pid and pid != self._lost.get(name, (pid, 0))[0]:  # who is dying is still there for an instant
                now = replace(now, back_after_ms=max(0, born_at_ms - self._lost.pop(name)[1]))
            self._known[name] = now
        return tuple(self._known.values())

    def kill(self, name: str) -> int:
        """Kill -9; the pid that was hit, 0 if it was away. ValueError for a process there is not."""
        if name not in self._known:
            raise ValueError(f"no process of the service is called {name!r}")
        pid, _ = self._present(name)
        if pid:
            self._lost[name] = pid, self._clock.now_ms()
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid

    def _present(self, name: str) -> tuple[int, int]:
        """Its pid and when that was written; (0, 0) while it does not live."""
        path = self._run_dir / f"{name}.pid"
        try:
            pid, born_at_ms = int(path.read_text()), path.stat().st_mtime_ns // 1_000_000
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            return 0, 0
        return (0, 0) if state == "Z" else (pid, born_at_ms)
