"""The media process's end of the control connection: words in, words out, and the end of the dialer.

The end shows in two ways: the connection closes, or the process at its other end is gone (a child it forked
may still hold the connection open).
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from callback.media.control import FrameReader, Message, encode
from callback.media.paths import short_path

_MAX_UNSENT_BYTES = 4 * 1024 * 1024  # a dialer that reads nothing for so long is no dialer
_READ_BYTES = 64 * 1024
_PEER_CREDENTIALS = struct.Struct("3i")


class DialerGone(Exception):
    """The control connection is lost."""

    transient = False


class DialerLine:
    """A non-blocking framed connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with short_path(path) as address:
            self.socket.connect(address)
        self.socket.setblocking(False)
        self._frames = FrameReader()
        self._unsent = bytearray()

    def watch_dialer(self) -> int | None:
        """A descriptor that becomes readable when the dialer's process ends; raises `DialerGone`.

        None where the kernel has no such thing: then only the connection tells.
        """
        credentials = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
        try:
            return os.pidfd_open(_PEER_CREDENTIALS.unpack(credentials)[0])
        except ProcessLookupError as error:
            raise DialerGone from error
        except OSError:
            return None

    @property
    def has_unsent(self) -> bool:
        """Whether `flush` should be called when the socket takes more."""
        return bool(self._unsent)

    def read(self) -> Iterator[Message]:
        """What the dialer said; raises `DialerGone` or `ProtocolFault`."""
        try:
            data = self.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise DialerGone from error
        if not data:
            raise DialerGone
        yield from self._frames.feed(data)

    def say(self, message: Message) -> None:
        """Send, or keep what the socket does not take now; raises `DialerGone`."""
        self._unsent += encode(message)
        self.flush()
        if len(self._unsent) > _MAX_UNSENT_BYTES:
            raise DialerGone

    def flush(self) -> None:
        """Send what was kept; raises `DialerGone`."""
        with contextlib.suppress(BlockingIOError):
            try:
                del self._unsent[: self.socket.send(self._unsent)]
            except BlockingIOError:
                raise
            except OSError as error:
                raise DialerGone from error
