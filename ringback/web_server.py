"""The web face on a port: gunicorn with one process of many threads. The only module that knows gunicorn.

    arbiter ── fork ──► worker: accepts, one thread a request; an event stream keeps its thread

The application is made in the worker, after the fork, because a database connection does not survive one;
its modules are imported before, so that their memory is shared. SIGTERM: the streams are told to end,
requests under way have a few seconds, then it is over.
"""

import logging
import os
from collections.abc import Callable
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from callback.config import Config

STOP_S = 4  # a supervisor that grants 5 s need not kill
_KEEP_ALIVE_S = 15
_QUIET_CONNECTIONS = 200  # kept alive beside those at work
_SILENT_S = 60  # a worker that shows no sign of life for that long is replaced


def serve_web(make_app: Callable[[], Any], config: Config, closing: Callable[[], None]) -> None:
    """Serve until SIGTERM; `make_app` is called in the worker, `closing` when it is told to stop."""
    _Server(make_app, config, closing).run()


class _Worker(ThreadWorker):
    """Tells the application at the first sign of the end; a stream would otherwise not notice."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.app.closing()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        self.app.closing()
        super().handle_quit(sig, frame)


class _Log(Logger):
    """Warnings and errors go where our own go; requests are not logged: their addresses may hold links."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class _Server(BaseApplication):
    def __init__(self, make_app: Callable[[], Any], config: Config, closing: Callable[[], None]) -> None:
        self._make_app = make_app
        self._config = config
        self.closing = closing
        super().__init__()

    def load_config(self) -> None:
        web = self._config.web
        threads = web.threads + web.streams
        for name, value in {
            "bind": f"{web.address}:{web.port}",
            "workers": 1,
            "worker_class": _Worker,
            "threads": threads,
            "worker_connections": threads + _QUIET_CONNECTIONS,
            "keepalive": _KEEP_ALIVE_S,
            "timeout": _SILENT_S,
            "graceful_timeout": STOP_S,
            "logger_class": _Log,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # whom to believe is decided by the application alone
            "worker_tmp_dir": str(self._config.run_dir),
            "chdir": os.fspath(self._config.data_dir),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make_app()
