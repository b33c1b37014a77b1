"""The web face as a process: the pages around the parts of every process, on gunicorn's worker.

Imported by the process that serves them, and by no other.
"""

import atexit
import os
import signal
import threading
from functools import partial
from typing import Any

import structlog

from callback import bootstrap
from callback.clock import Clock
from callback.config import Config
from ringback.web_server import serve_web
from webapp import create_app
from webapp.stage import Stage


def run_web(config: Config) -> None:
    """Serve the pages until SIGTERM; in the demo they have a stage to play on."""
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    closing = threading.Event()
    serve_web(partial(_make_site, config, closing), config, closing.set)


def _make_site(config: Config, closing: threading.Event) -> Any:
    """In the process that answers: a thread of it that dies takes it along, and a whole one is started."""

    def died(what: threading.ExceptHookArgs) -> None:
        error = what.exc_value or what.exc_type()
        name = what.thread.name if what.thread else ""
        structlog.get_logger().critical("a thread died", thread=name, exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = died
    stage = _make_stage(config) if config.web.demo else None
    return create_app(bootstrap.assemble(config), stage=stage, closing=closing)


def _make_stage(config: Config) -> Stage:
    from ringback.demo.page_stage import PageStage  # noqa: PLC0415  # simulators, for the demo only

    stage = PageStage(config, Clock())
    atexit.register(stage.close)
    return stage
