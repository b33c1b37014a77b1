"""Where a far end really is (symmetric RTP, RFC 4961; and no hijack).

Signalling names an address. Behind a NAT the packets come from another one, which only they can tell. So:

    nothing came yet            the first source, whoever it is, is latched on to, once
    latched                     every other source is refused ...
    ... but the signalled one   which always wins: nobody can race the phone that signalling named

Pure.
"""

from ipaddress import IPv4Address
from typing import TypeAlias

Address: TypeAlias = tuple[str, int]


def is_reachable(host: str, port: int) -> bool:
    """False for the old way to hold (c=0.0.0.0, RFC 2543) and for a refused stream (port 0)."""
    return port != 0 and not IPv4Address(host).is_unspecified


class FarEnd:
    """The signalled address, the one we send to, and who may speak."""

    def __init__(self) -> None:
        self.address: Address | None = None
        self._signalled: Address | None = None
        self._locked = False

    def signal(self, host: str, port: int) -> None:
        """Signalling has spoken; a new address forgets the latch, a hold or the same one keeps it."""
        if is_reachable(host, port) and (host, port) != self._signalled:
            self._signalled = self.address = (host, port)
            self._locked = False

    def latch(self, source: Address) -> None:
        """Take the address an earlier process had found."""
        self.address = source
        self._locked = True

    def admits(self, source: Address) -> bool:
        """Whether this source is our far end; the first one to come becomes it."""
        if self._locked and source == self.address:
            return True
        if source != self._signalled and (self._locked or self._signalled is None):
            return False
        self.latch(source)
        return True
