"""Ends of connections that do not wait for slow writers: a thread is given to whole requests only.

Whoever opens a hundred connections and sends half a line on each would else hold every thread, and keep
everybody out, without so much as a login. So the kernel keeps a request until all of it has come: it is
looked at without being taken (`MSG_PEEK`), and again when there is more (`SO_RCVLOWAT`, socket(7)). A form
too long for that is read by its thread, in time. What is sent is not hurried: a reader may have a slow line.
"""

import errno
import math
import re
import select
import socket
import time

_LONG = 32 * 1024  # octets; what is longer is not waited for in the kernel
_HEAD_ENDS = b"\r\n\r\n"  # RFC 9112 §2.1
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_READ_AT_ONCE = re.compile(rb"\r\n(transfer-encoding|expect):", re.IGNORECASE)


class HurriedSocket(socket.socket):
    """A socket whose writer has to come to an end."""

    _until_s = math.inf

    def holds_whole_request(self) -> bool:
        """Whether a thread would find all of a request, or its end; else it is readable again with more."""
        try:
            seen = self.recv(_LONG, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True  # whoever reads is told what is wrong
        whole = not seen or len(seen) >= _LONG or _is_whole(seen)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1 if whole else len(seen) + 1)
        return whole

    def hurry(self, within_s: float) -> None:
        """All that is still to be received comes within this time, or the connection counts as broken."""
        self._until_s = time.monotonic() + within_s

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.gettimeout() != 0 and self._until_s < math.inf and not self._has_more():
            raise ConnectionResetError(errno.ECONNRESET, "a request takes too long")
        return super().recv(size, flags)

    def _has_more(self) -> bool:
        look = select.poll()
        look.register(self, select.POLLIN)
        return bool(look.poll(max(0.0, self._until_s - time.monotonic()) * 1000))


def _is_whole(seen: bytes) -> bool:
    head, ends, body = seen.partition(_HEAD_ENDS)
    if not ends:
        return False
    length = _LENGTH.search(head + b"\r\n")
    return length is None or _READ_AT_ONCE.search(head) is not None or len(body) >= int(length[1])
