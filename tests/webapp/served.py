"""The web face behind its real server, gunicorn, in processes of its own."""

import http.client
import multiprocessing
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from apiflask import APIFlask

from callback.bootstrap import assemble
from callback.config import Config
from ringback.web_server import serve_web
from tests.waiting import eventually
from webapp import create_app

_START_S = 20.0
_STOP_S = 10.0


@contextmanager
def served(config: Config) -> Iterator[int]:
    """Serve the pages of this configuration at its address; gives the pid of the process that answers."""
    closing = threading.Event()
    make_app = partial(_make_app, config, closing)
    server = multiprocessing.get_context("fork").Process(
        target=serve_web, args=(make_app, config, closing.set)
    )
    server.start()
    try:
        eventually(lambda: _answers(config), _START_S, "the web face answers")
        assert server.pid is not None
        yield server.pid
    finally:
        server.terminate()
        server.join(_STOP_S)
        assert server.exitcode is not None, "the web face does not end"


def connect(config: Config, receive_buffer: int | None = None) -> http.client.HTTPConnection:
    """A connection to it; a small receive buffer makes a client that takes its time."""
    connection = http.client.HTTPConnection(str(config.web.address), config.web.port, timeout=60)
    if receive_buffer is not None:
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plug.settimeout(60)
        plug.connect((str(config.web.address), config.web.port))
        connection.sock = plug
    return connection


def _answers(config: Config) -> bool:
    connection = connect(config)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _make_app(config: Config, closing: threading.Event) -> APIFlask:
    return create_app(assemble(config), closing=closing)
