"""Whoever is slow to ask keeps nobody else waiting."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from callback.config import Web
from ringback.slow_clients import HurriedSocket
from tests.ports import free_port
from tests.waiting import eventually
from tests.webapp import desk as desks
from tests.webapp.served import connect, served

FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 8\r\n\r\nlogin=an"
)


@contextmanager
def line() -> Iterator[tuple[socket.socket, HurriedSocket]]:
    """A client's end and a server's, over TCP."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
    with closing(client), closing(HurriedSocket(fileno=accepted.detach())) as ours:
        ours.setblocking(False)
        yield client, ours


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        (b"G", False),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", True),
        (FORM[:-1], False),
        (FORM, True),
        (FORM.replace(b"Content-Length", b"content-LENGTH"), True),
        (FORM[:-8].replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length"), True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, True),
    ],
)
def test_a_request_is_whole_when_all_of_it_has_come(words: bytes, whole: bool) -> None:
    with line() as (client, ours):
        client.sendall(words)
        eventually(lambda: len(_peek(ours)) >= min(len(words), 32_768), 5, "it has come")
        assert ours.holds_whole_request() is whole
        assert _peek(ours)[:1] == words[:1], "nothing was taken"


def test_half_a_request_is_looked_at_again_when_there_is_more() -> None:
    with line() as (client, ours):
        client.sendall(FORM[:20])
        eventually(lambda: len(_peek(ours)) == 20, 5, "it has come")
        assert not ours.holds_whole_request()
        assert not ours.holds_whole_request()
        client.sendall(FORM[20:])
        eventually(ours.holds_whole_request, 5, "it is whole")
        assert ours.recv(1000) == FORM


def test_whoever_hangs_up_is_heard_at_once() -> None:
    with line() as (client, ours):
        client.sendall(b"GET")
        client.shutdown(socket.SHUT_WR)
        eventually(lambda: len(_peek(ours)) == 3, 5, "it has come")
        ours.holds_whole_request()
        assert ours.recv(3) == b"GET"
        assert ours.holds_whole_request(), "there is nothing more to wait for"


def test_what_takes_too_long_counts_as_broken() -> None:
    with line() as (client, ours):
        ours.setblocking(True)
        ours.hurry(0.2)
        client.sendall(b"x")
        assert ours.recv(10) == b"x"
        began_s = time.monotonic()
        with pytest.raises(ConnectionResetError):
            ours.recv(10)
        assert time.monotonic() - began_s < 2


@pytest.mark.parametrize("words", [b"", b"GET / HT", FORM[:-1]])
def test_more_slow_clients_than_threads_keep_nobody_out(words: bytes) -> None:
    web = Web(port=free_port(), threads=4, streams=1)
    with desks.desk(web=web) as here, served(here.config), ExitStack() as slow:
        for _ in range(12):
            client = slow.enter_context(closing(socket.create_connection(("127.0.0.1", web.port))))
            client.sendall(words)
        began_s = time.monotonic()
        with closing(connect(here.config)) as quick:
            for _ in range(3):  # the connection is kept between them
                quick.request("GET", "/sign-in")
                answer = quick.getresponse()
                assert (answer.status, bool(answer.read())) == (200, True)
        assert time.monotonic() - began_s < 4
        if words == FORM[:-1]:
            client.sendall(FORM[-1:])
            assert client.recv(12) == b"HTTP/1.1 400", "slow is not forbidden: a form without its token"


def test_one_address_has_so_many_silent_connections() -> None:
    web = Web(port=free_port(), threads=4, streams=1)
    with desks.desk(web=web) as here, served(here.config), ExitStack() as silent:
        many = [
            silent.enter_context(closing(socket.create_connection(("127.0.0.1", web.port))))
            for _ in range(101)
        ]
        many[-1].settimeout(5)
        assert many[-1].recv(1) == b"", "the last one is hung up"
        many[0].sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
        many[0].settimeout(5)
        assert many[0].recv(12) == b"HTTP/1.1 200"


def _peek(plug: socket.socket) -> bytes:
    try:
        return socket.socket.recv(plug, 40_000, socket.MSG_PEEK)
    except BlockingIOError:
        return b""
