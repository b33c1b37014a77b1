"""Named instants at which a test may kill a process of its choice.

`RINGBACK_FAILPOINT="gateway.committed=valkey"` sends SIGKILL, the first time any process reaches
`gateway.committed`, to the process whose pid stands in `<RINGBACK_RUN_DIR>/valkey.pid`; without `=name`
the process that got there kills itself. A marker file keeps the second arrival (after the restart) alive.
Without the variable a point costs one comparison.
"""

import contextlib
import os
import signal
from pathlib import Path

_armed = os.environ.get("RINGBACK_FAILPOINT", "")


def reach(point: str) -> None:
    """Say that this instant has come; safe to call anywhere, any number of times."""
    if _armed:
        _reach(point)


def _reach(point: str) -> None:
    name, _, victim = _armed.partition("=")
    if name != point:
        return
    run_dir = Path(os.environ["RINGBACK_RUN_DIR"])
    try:
        (run_dir / f"failpoint.{point}").open("x").close()
    except FileExistsError:
        return
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it is dead already
        pid = int((run_dir / f"{victim}.pid").read_text()) if victim else os.getpid()
        os.kill(pid, signal.SIGKILL)
