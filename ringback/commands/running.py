"""`ringback serve` and `ringback run`: the processes, all of them or one."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callback.config import Config
from callback.keys import load_keys
from callback.store import nodes
from ringback import doctor, logs, supervisor
from ringback.lock import hold_lock
from ringback.memory import be_frugal
from ringback.opening import open_config, open_store
from ringback.processes import RUNS, run_media
from ringback.terminal import ConfigPath, give_up


class Process(StrEnum):
    GATEWAY = "gateway"
    DIALER = "dialer"
    MEDIA = "media"
    RELAY = "relay"
    WEB = "web"


def serve(config: ConfigPath = None) -> None:
    """Run all on this box: Valkey, relay, dialer with its voice process, gateway, web. Ctrl-C stops."""
    settings = _ready(config)
    supervisor.serve(settings, _no_obstacles)


def run(
    process: Annotated[Process, typer.Argument(help="Which one.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Of `media` only, after `--`.")] = None,
    config: ConfigPath = None,
) -> None:
    """Run one process, for boxes that share the work. Ends on SIGTERM."""
    if process is Process.MEDIA:
        run_media(arguments or [])
        return
    settings = _ready(config)
    logs.configure(settings.log.level, settings.log.format, process)
    settings.run_dir.mkdir(mode=0o700, exist_ok=True)
    locks = (
        hold_lock(settings.run_dir / f"{process}.lock"),  # first: who is refused is not named in the other
        hold_lock(settings.run_dir / "lock", shared=True),
    )
    if process in (Process.DIALER, Process.WEB):
        _no_obstacles(settings)
    be_frugal()
    try:
        RUNS[process](settings)
    finally:
        for lock in locks:
            os.close(lock)


def _no_obstacles(config: Config) -> None:
    found = doctor.obstacles(config)
    if found:
        give_up("; ".join(f"{finding.subject}: {finding.message} ({finding.cure})" for finding in found))


def _ready(path: Path | None) -> Config:
    """A configuration with a database and keys that can be used; what is wrong is said here, once."""
    settings = open_config(path)
    logs.configure(settings.log.level, settings.log.format, "serve", sys.stderr)
    load_keys(settings.keys_dir)
    store = open_store(settings)
    with store.read() as session:
        nodes.list_nodes(session)  # SQLAlchemy prepares itself with the first query: once, before any fork
    store.dispose()
    return settings
