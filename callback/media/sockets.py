"""The UDP sockets of one stream: RTP on an even port, RTCP on the next.

Send errors are nobody's business here: a full buffer or an ICMP refusal is a lost packet, and RTP lives with
lost packets.
"""

import socket

from callback.media.farend import Address

_EXPEDITED = 0xB8  # DSCP EF, RFC 3246
_MAX_DATAGRAM = 2048


class PortPair:
    """Two bound sockets; raises `OSError` if either port is taken."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        self.rtp = _bound(host, port)
        try:
            self.rtcp = _bound(host, port + 1)
        except OSError:
            self.rtp.close()
            raise
        self._report_address: Address | None = None

    def send(self, datagram: bytes, address: Address) -> None:
        """One RTP packet."""
        try:
            self.rtp.sendto(datagram, address)
        except OSError:
            return

    def send_report(self, datagram: bytes, address: Address) -> None:
        """One RTCP packet to where reports came from, else to the port above `address` (RFC 3550 §11)."""
        known = self._report_address
        host, port = address
        try:
            self.rtcp.sendto(datagram, known if known and known[0] == host else (host, min(port + 1, 0xFFFF)))
        except OSError:
            return

    def receive(self) -> tuple[bytes, Address] | None:
        """One RTP datagram, None if there is none."""
        return _receive(self.rtp)

    def receive_report(self) -> tuple[bytes, Address] | None:
        """One RTCP datagram, None if there is none."""
        return _receive(self.rtcp)

    def answer_reports_to(self, address: Address) -> None:
        """A valid report of our far end came from there."""
        self._report_address = address

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


def _bound(host: str, port: int) -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
        udp.bind((host, port))
    except OSError:
        udp.close()
        raise
    return udp


def _receive(udp: socket.socket) -> tuple[bytes, Address] | None:
    try:
        return udp.recvfrom(_MAX_DATAGRAM)
    except OSError:
        return None
