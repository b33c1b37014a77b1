"""Who may work on a data directory: one `serve`, or one of each process started by `ringback run`.

A second dialer would take the first one's lease, and every call of the first would be hung up. File locks
forbid it; they live as long as any process of ours.

    serve        lock: exclusive
    run dialer   lock: shared, dialer.lock: exclusive
"""

import fcntl
import os
import time
from pathlib import Path

_STILL_STOPPING_S = 20.0


class AlreadyRunning(Exception):
    """Another `ringback serve`, or the same `ringback run`, works on this data directory."""

    transient = False


def hold_lock(path: Path, *, shared: bool = False) -> int:
    """The lock, held as long as any of our processes lives; waits for those of a supervisor that is gone."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _STILL_STOPPING_S
    while True:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 32, 0).decode().strip()
            if _lives(owner) or time.monotonic() > deadline:
                os.close(lock)
                raise AlreadyRunning(
                    f"{path.parent.parent}: another ringback (pid {owner or 'unknown'}) works on this "
                    "data directory; stop it, or choose another data_dir"
                ) from None
            time.sleep(0.05)
            continue
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock


def _lives(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()
