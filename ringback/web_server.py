"""The web face on a port: one process of many threads, by gunicorn's worker. No other module knows gunicorn.

    main thread: accepts, keeps silent connections ──► a thread for each request; a stream keeps its thread

A connection is silent until all of a request has come, so that slow clients take no thread, and one address
may have `_SILENT_EACH` of them (ringback/slow_clients.py).

Gunicorn's arbiter, which starts workers and looks after them, is left out: `serve` does that for all our
processes, and it would cost 20 MB. SIGTERM: streams are told to end, no connection is taken any more,
requests under way have a few seconds, then it is over.
"""

import errno
import gc
import logging
import os
import selectors
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.sock import create_sockets
from gunicorn.workers.gthread import TConn, ThreadWorker

from callback.config import Config
from ringback.slow_clients import HurriedSocket

_STOP_S = 4  # a supervisor that grants 5 s need not kill
_KEEP_ALIVE_S = 15
_REQUEST_S = 10.0  # for the rest of a request that is too long to be waited for
_SILENT_EACH = 100  # connections of one address without a whole request
_QUIET_CONNECTIONS = 1000  # that have not begun a request, or the next one, beside those at work
_NOT_NOW = (errno.EAGAIN, errno.ECONNABORTED)


def serve_web(make_app: Callable[[], Any], config: Config, closing: Callable[[], None]) -> None:
    """Listen, make the application, serve until SIGTERM; `closing` is called at the first sign of the end."""
    settings = _Settings(make_app, config)
    log = _Log(settings.cfg)
    sockets = create_sockets(settings.cfg, log)
    _Worker(settings, sockets, log, closing).init_process()


class _Worker(ThreadWorker):
    def __init__(
        self, settings: "_Settings", sockets: list[Any], log: "_Log", closing: Callable[[], None]
    ) -> None:
        super().__init__(1, os.getppid(), sockets, settings, settings.cfg.timeout, settings.cfg, log)
        self._closing = closing

    def accept(self, listener: Any) -> None:
        """As the parent does, but a connection that says nothing costs no thread."""
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno not in _NOT_NOW:
                raise
            return
        self.nr_conns += 1
        plug = HurriedSocket(fileno=accepted.detach())
        connection = TConn(self.cfg, plug, client, listener.getsockname())
        if sum(each.client[0] == client[0] for each in self.pending_conns) < _SILENT_EACH:
            self._listen_to(connection)
        else:
            self.nr_conns -= 1
            connection.close()

    def on_pending_socket_readable(self, conn: TConn, client: HurriedSocket) -> None:
        if client.holds_whole_request():
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: TConn, client: HurriedSocket) -> None:
        """A connection that was kept has something to say again."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._listen_to(conn)

    def _listen_to(self, conn: TConn) -> None:
        """Until there is a whole request, or until it has taken too long (`murder_pending`)."""
        conn.set_timeout()
        self.pending_conns.append(conn)
        told = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, told)

    def handle(self, conn: TConn) -> Any:
        """In a thread: one request, or the next of a connection."""
        conn.sock.hurry(_REQUEST_S)
        return super().handle(conn)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """SIGINT by hand is as good as SIGTERM."""
        self.handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        """Whether to outlive the parent is not decided here: `serve` has the kernel tell its children."""
        return True


class _Log(Logger):
    """Warnings and errors go where our own go; requests are not logged: their addresses may hold links."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class _Settings(BaseApplication):
    def __init__(self, make_app: Callable[[], Any], config: Config) -> None:
        self._make_app = make_app
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        web = self._config.web
        threads = web.threads + web.streams
        for name, value in {
            "bind": f"{web.address}:{web.port}",
            "worker_class": "gthread",
            "threads": threads,
            "worker_connections": threads + _QUIET_CONNECTIONS,
            "keepalive": _KEEP_ALIVE_S,
            "graceful_timeout": _STOP_S,
            "forwarded_allow_ips": "",  # whom to believe is decided by the application alone
            "worker_tmp_dir": str(self._config.run_dir),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        made = self._make_app()
        gc.collect()
        gc.freeze()  # what stays need not be looked at again, while somebody waits for a page
        return made
