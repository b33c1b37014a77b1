"""Keeps one media process alive and connected.

    listen on <run_dir>/<name>.sock ─► spawn ─► hello ─► words both ways ─► lost ─► wait ─► spawn ...

A process that lost its connection, never said hello or has fallen silent is killed: a new one needs its
ports. Must not know what the words mean.
"""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import callback
from callback.media.control import Alive, Command, FrameReader, Hello, Message, ProtocolFault, encode
from callback.media.paths import short_path

HELLO_TIMEOUT_S = 10.0
_GOODBYE_TIMEOUT_S = 2.0
_FIRST_BACKOFF_S = 0.1
_LAST_BACKOFF_S = 2.0
_STABLE_S = 10.0
_FIRST_TRIES = 3
_SILENCE_S = 4.0
_GRACE_S = 0.2


class Keeper:
    """Owns the child, its socket and its pid file."""

    def __init__(
        self,
        run_dir: Path,
        name: str,
        arguments: Sequence[str],
        on_message: Callable[[Message], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._socket_path = run_dir / f"{name}.sock"
        self._pid_path = run_dir / f"{name}.pid"
        self._arguments = arguments
        self._on_message = on_message
        self._on_lost = on_lost
        self._process: asyncio.subprocess.Process | None = None
        self._connection: _Connection | None = None
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard_s = 0.0
        self._greeted = asyncio.Event()  # the present child has said hello
        self._tried = asyncio.Event()  # a child has said hello, or the first few have come to nothing

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def pid(self) -> int | None:
        """The child that lives now, if one does."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> bool:
        """Listen, spawn, wait for a hello; False when the first few children came to nothing."""
        self._socket_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket_path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with short_path(self._socket_path) as path:
            listener.bind(path)
        self._socket_path.chmod(0o600)
        loop = asyncio.get_running_loop()
        # `create_unix_server` of Python 3.13 would look for the short path, which is no more.
        self._server = await loop.create_server(lambda: _Connection(self), sock=listener)
        self._task = asyncio.create_task(self._keep_alive(), name=f"keeper of {self._socket_path.stem}")
        await self._tried.wait()
        return self._greeted.is_set()

    async def stop(self) -> None:
        """Close the connection, which ends the child; kill it if it will not go. Safe to repeat."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._server:
            self._server.close()
        connection, self._connection = self._connection, None
        if connection:
            connection.transport.close()
        if self._process:
            try:
                await asyncio.wait_for(self._process.wait(), _GOODBYE_TIMEOUT_S if connection else 0)
            except TimeoutError:
                self._kill()
                await self._process.wait()
        self._socket_path.unlink(missing_ok=True)
        self._pid_path.unlink(missing_ok=True)

    def say(self, command: Command) -> None:
        """Send, in order; nothing while there is no connection."""
        if self._connection:
            self._connection.transport.write(encode(command))

    async def _keep_alive(self) -> None:
        backoff_s, tries = _FIRST_BACKOFF_S, 0
        while True:
            born_s = time.monotonic()
            self._process = await self._spawn()
            self._heard_s = time.monotonic()
            await self._hello_or_end(self._process)
            tries += 1
            if self._greeted.is_set() or tries == _FIRST_TRIES:
                self._tried.set()
            if not self._greeted.is_set():
                self._kill()
            await self._end_or_silence(self._process)
            self._greeted.clear()
            if time.monotonic() - born_s > _STABLE_S:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _LAST_BACKOFF_S)

    async def _hello_or_end(self, process: asyncio.subprocess.Process) -> None:
        hello, end = (asyncio.ensure_future(waiting) for waiting in (self._greeted.wait(), process.wait()))
        await asyncio.wait((hello, end), timeout=HELLO_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        hello.cancel()
        end.cancel()

    async def _end_or_silence(self, process: asyncio.subprocess.Process) -> None:
        """Return when the process has ended, of itself or because it says nothing any more."""
        while process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _SILENCE_S / 2)
            if self._is_silent():
                await asyncio.sleep(_GRACE_S)  # perhaps it was we who did not listen
                if self._is_silent():
                    self._kill()

    def _is_silent(self) -> bool:
        return time.monotonic() - self._heard_s > _SILENCE_S

    async def _spawn(self) -> asyncio.subprocess.Process:
        package_root = str(Path(callback.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "callback.media", f"--socket={self._socket_path}", f"--pidfile={self._pid_path}"),
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )

    def _kill(self) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)

    def received(self, connection: "_Connection", message: Message) -> None:
        """From the connection: the hello of our own child opens the way for all else."""
        if isinstance(message, Hello):
            if message.pid != self.pid:
                connection.transport.abort()
                return
            self._connection = connection
            self._greeted.set()
        if connection is self._connection:
            self._heard_s = time.monotonic()
            if isinstance(message, Alive):
                self.say(message)
            self._on_message(message)

    def parted(self, connection: "_Connection") -> None:
        """From the connection: it is gone, and so must be the process behind it."""
        if connection is self._connection:
            self._connection = None
            self._kill()
            self._on_lost()


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._frames.feed(data):
                self._keeper.received(self, message)
        except ProtocolFault:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._keeper.parted(self)
