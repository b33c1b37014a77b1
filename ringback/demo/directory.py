"""The directory of a demo: found, locked and emptied, and nobody else's files touched.

It is `.ringback-demo` where the demo was started, or one under the temporary directory: where that path is
too long for a unix socket, cannot be written, or belongs to another demo that plays right now. What the last
demo left there stays until the next one begins, to be looked at.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

NAME = ".ringback-demo"
CONFIG_FILE = "ringback.toml"
MARK = "# Made by `ringback demo`, and made anew by each: changes here are lost.\n"
"""The configuration begins with it, and so the directory is known as one of ours."""
_LOCK = "demo.lock"
_LONGEST_PATH = 80  # bytes; a socket under run/ makes it about 100, and unix(7) has room for 107


class NoPlace(Exception):
    """There is no directory for the demo; the message says why and what would help."""

    transient = False


def occupy(wanted: Path | None) -> tuple[Path, int]:
    """An empty directory and the file descriptor that locks it; raises `NoPlace`."""
    refusals = []
    for path in (wanted.absolute(),) if wanted else _candidates():
        if len(os.fsencode(path)) > _LONGEST_PATH:
            refusals.append(f"{path}: longer than {_LONGEST_PATH} bytes, and sockets live under it")
            continue
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(path)
        except OSError as error:
            refusals.append(f"{path}: {error.strerror}")
            continue
        if isinstance(lock, int):
            return path, lock
        refusals.append(lock)
    raise NoPlace("; ".join(refusals) + "; name another directory with --dir")


def _candidates() -> tuple[Path, ...]:
    name = f"ringback-demo-{os.getuid()}"
    places = [Path.cwd() / NAME]
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - 0700, owner checked
        places += [Path(parent) / name, *(Path(parent) / f"{name}-{n}" for n in range(2, 6))]
    return tuple(places)


def _lock(path: Path) -> int | str:
    """The lock on an emptied directory of ours, or why it cannot be had."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return f"{path}: belongs to somebody else"
    if any(entry.name != _LOCK for entry in path.iterdir()) and not _is_marked(path):
        return f"{path}: holds files that no demo made"
    lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return f"{path}: another demo plays there"
    os.set_inheritable(lock, True)  # held until the last process of the town has ended, even if we are killed
    path.chmod(0o700)
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name == CONFIG_FILE):  # the mark goes last
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _LOCK:
            entry.unlink()
    return lock


def _is_marked(path: Path) -> bool:
    try:
        return (path / CONFIG_FILE).read_text(encoding="utf-8").startswith(MARK)
    except OSError:
        return False
