"""smpplib behind our own door: one TCP connection to an SMSC, and the PDUs we write.

Of smpplib we take connecting, bind and submit_sm. Reading, timing and answering are ours, because its loop
loses the frame in a read timeout, ties the acknowledgement to a callback and raises out of itself on any
status but ROK (notes on SMPP). Nothing else imports it; its exceptions end here as `LinkDown`.
"""

import contextlib
import select
import socket
import threading
from typing import Literal

import smpplib.client
import smpplib.exceptions
import smpplib.smpp

from smsgw.encoding import OutPart
from smsgw.pdu import Frame, FrameError, cut_frames

BindMode = Literal["transceiver", "receiver", "transmitter"]
_PASSWORD_OCTETS_MAX = 8  # SMPP 3.4 §5.2.2; smpplib cuts a longer one without a word

_TIMEOUT_S = 10.0  # to connect, to be bound, and to get octets out
_RECEIVE_OCTETS = 262_144
_ESM_HEADER = 0x40


class LinkDown(Exception):  # the name is the state it tells of
    """The connection is gone or never was."""

    transient = True


class Connection(smpplib.client.Client):
    """One connection, from connect to close; a new one is made for every attempt. Any thread may send."""

    _socket: socket.socket | None

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, timeout=_TIMEOUT_S, logger_name="smpplib", allow_unknown_opt_params=True)
        self._sending = threading.Lock()
        self._counting = threading.Lock()
        self._buffer = bytearray()
        self._early: list[Frame] = []  # what an eager SMSC sent before its answer to our bind
        self._poll = select.poll()

    def open(self) -> None:
        """Connect. Raises LinkDown."""
        try:
            self.connect()
        except (smpplib.exceptions.ConnectionError, OSError) as error:
            self.close()
            cause = error.__context__ or error
            raise LinkDown(f"cannot connect to {self.host}:{self.port}: {cause}") from error
        assert self._socket is not None
        self._poll.register(self._socket, select.POLLIN)

    def _create_socket(self) -> socket.socket:
        """IPv4 or IPv6, and without Nagle's delay, which costs 40 ms a response."""
        family = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][0]
        plug = socket.socket(family, socket.SOCK_STREAM)
        plug.settimeout(_TIMEOUT_S)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plug

    def bind(self, mode: BindMode, system_id: str, password: str, system_type: str) -> int:
        """Bind and return the command_status of the answer. Raises LinkDown."""
        assert len(password) <= _PASSWORD_OCTETS_MAX, "the configuration sees to it"
        request = smpplib.smpp.make_pdu(
            f"bind_{mode}", client=self, system_id=system_id, password=password, system_type=system_type
        )
        self.send(request.generate())
        while True:
            frames = self.receive(_TIMEOUT_S)
            if not frames:
                raise LinkDown("no answer to the bind")
            for place, frame in enumerate(frames):
                if frame.sequence == request.sequence and frame.command & 0x80000000:
                    self._early += frames[place + 1 :]
                    return frame.status
                self._early.append(frame)

    def next_sequence(self) -> int:
        """A number for a request of ours; smpplib calls it too."""
        with self._counting:
            number: int = self.sequence_generator.next_sequence()
            return number

    def submit_sm(self, sequence: int, sender: str, recipient: str, part: OutPart) -> bytes:
        """A submit_sm as octets."""
        source_ton, source_npi, source = _address(sender)
        dest_ton, dest_npi, destination = _address(recipient)
        request = smpplib.smpp.make_pdu(
            "submit_sm",
            client=self,
            sequence=sequence,
            source_addr_ton=source_ton,
            source_addr_npi=source_npi,
            source_addr=source,
            dest_addr_ton=dest_ton,
            dest_addr_npi=dest_npi,
            destination_addr=destination,
            esm_class=_ESM_HEADER if part.has_header else 0,
            registered_delivery=0,
            data_coding=part.data_coding,
            short_message=part.content,
        )
        octets: bytes = request.generate()
        return octets

    def send(self, octets: bytes) -> None:
        """Whole PDUs out, never mixed with another thread's. Raises LinkDown."""
        try:
            with self._sending:
                if self._socket is None:
                    raise LinkDown("closed")
                self._socket.sendall(octets)
        except OSError as error:
            self.abort()  # half a PDU may have left: nothing after it would be understood
            raise LinkDown(f"cannot send: {error}") from error

    def receive(self, timeout_s: float) -> list[Frame]:
        """What has arrived within the time, at least nothing. Raises LinkDown. One thread only."""
        if self._early:
            frames, self._early = self._early, []
            return frames
        try:
            if frames := cut_frames(self._buffer):
                return frames
            if not self._poll.poll(max(0.0, timeout_s) * 1000):
                return []
            assert self._socket is not None, "the reader itself closes"
            octets = self._socket.recv(_RECEIVE_OCTETS)
            if not octets:
                raise LinkDown("closed by the SMSC")
            self._buffer += octets
            return cut_frames(self._buffer)
        except (OSError, FrameError) as error:
            raise LinkDown(str(error)) from error

    def abort(self) -> None:
        """From any thread: the reader wakes and finds the connection gone."""
        plug = self._socket
        if plug is not None:
            with contextlib.suppress(OSError):
                plug.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back. Safe to repeat."""
        plug, self._socket = self._socket, None
        if plug is not None:
            plug.close()


def _address(address: str) -> tuple[int, int, str]:
    """Type of number, numbering plan, digits (SMPP 3.4 §5.2.5): international, unsaid, or a name."""
    if address.startswith("+"):
        return 1, 1, address[1:]
    return (0, 1, address) if address.isdigit() else (5, 0, address)
