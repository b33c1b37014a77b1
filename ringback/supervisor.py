"""`ringback serve`: every process of the service on one box.

    serve ─┬─ valkey      unless `queue.url` names a server
           ├─ relay
           ├─ dialer ─┬─ media
           │          └─ worker
           ├─ gateway
           └─ web

They start from the top and stop from the bottom: no press of a button and no SMS is taken in, then calls are
hung up and billed, then nothing is left to enqueue. Two of us on one data directory would ring people
twice: a lock file forbids it. Must not import sippy, which may only be imported where it runs.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TextIO

import structlog

from callback import valkey
from callback.children import Child, Family, Tell
from callback.config import Config
from ringback import logs
from ringback.lock import hold_lock
from ringback.memory import be_frugal
from ringback.processes import RUNS

_NAME_WIDTH = 7
_STOP_S = {"dialer": 20.0}  # it hangs up and bills every call


def serve(config: Config, check: Callable[[Config], None]) -> None:
    """Run everything until SIGTERM or SIGINT; raises `AlreadyRunning`, and whatever `check` does.

    `check` looks for obstacles once we know that we are alone: our own children would be some.
    """
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = hold_lock(config.run_dir / "lock")
    check(config)
    os.environ["RINGBACK_RUN_DIR"] = str(config.run_dir)  # where failpoints find their victims
    log = structlog.get_logger()
    family = Family(_children(config, lock), config.run_dir, _teller(config, sys.stderr))
    be_frugal()
    log.info("serving", data_dir=str(config.data_dir))
    try:
        family.run()
    finally:
        os.close(lock)
    log.info("stopped")


def _children(config: Config, lock: int) -> list[Child]:
    children = []
    if valkey.is_embedded(config):
        os.set_inheritable(lock, True)  # a Valkey we left behind still owns its files
        socket_path = config.run_dir / valkey.SOCKET_NAME
        children.append(
            Child(
                "valkey",
                partial(valkey.exec_server, config),
                orphan_signal=signal.SIGKILL,
                ready=partial(valkey.answers, socket_path),
            )
        )
    style = (_form(config), sys.stderr.isatty())
    for name, run in RUNS.items():
        work = partial(_run, name, run, config, lock, style)
        children.append(Child(name, work, stop_s=_STOP_S.get(name, 10.0)))
    return children


def _run(
    name: str, run: Callable[[Config], None], config: Config, lock: int, style: tuple[logs.Format, bool]
) -> None:
    os.set_inheritable(lock, False)  # held by a fork, not by what it executes
    form, colors = style
    logs.configure(config.log.level, form, name, colors=colors)
    try:
        run(config)
    except Exception as trouble:
        if not hasattr(trouble, "transient"):
            raise
        structlog.get_logger().error("cannot go on", error=str(trouble))
        sys.exit(1)


def _form(config: Config) -> logs.Format:
    """Decided here once: a child writes to our pipe, which is no terminal."""
    return "json" if logs.is_json(config.log.format, sys.stderr) else "console"


def _teller(config: Config, out: TextIO) -> Tell:
    """Lines of the children, told with their name; JSON has it inside already."""
    as_json = logs.is_json(config.log.format, out)

    def tell(name: str, line: str) -> None:
        if not as_json:
            text = f"{name:<{_NAME_WIDTH}} │ {line}\n"
        elif line.startswith("{"):
            text = line + "\n"
        else:
            text = json.dumps({"event": line, "process": name}) + "\n"
        with suppress(BrokenPipeError):
            out.write(text)
            out.flush()

    return tell
