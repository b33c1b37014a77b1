"""One connection at the simulated SMSC: binds, submissions, and answers to what was pushed."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from smsgw import pdu
from smsgw.pdu import Frame

_RECEIVE_OCTETS = 262_144
_BINDS = {
    pdu.BIND_RECEIVER: "receiver",
    pdu.BIND_TRANSMITTER: "transmitter",
    pdu.BIND_TRANSCEIVER: "transceiver",
}


class Centre(Protocol):
    """What a connection asks its SMSC."""

    def admit(self, system_id: str, password: str) -> int:
        """The command_status of the answer to a bind."""

    def submit(self, raw: bytes) -> tuple[int, str]:
        """The command_status and message id of the answer to a submit_sm."""

    def bound_by(self, session: "SimulatorSession") -> None: ...

    def answered(self, session: "SimulatorSession", sequence: int, status: int) -> None:
        """To a message of ours."""

    def gone(self, session: "SimulatorSession") -> None: ...


class SimulatorSession:
    """Reads in a thread of its own; anybody may send."""

    def __init__(self, plug: socket.socket, centre: Centre) -> None:
        self.mode: str | None = None  # once bound
        self.muted = False  # reads, but answers nothing: a dead peer behind a live TCP
        self.enquiries = 0
        self.nacks = 0
        self._plug = plug
        self._centre = centre
        self._sending = threading.Lock()
        self._sequences = itertools.count(1)
        self._thread = threading.Thread(target=self._run, name="smsc-session", daemon=True)

    @property
    def receives(self) -> bool:
        """Whether messages may be pushed to it."""
        return self.mode in {"receiver", "transceiver"}

    def start(self) -> None:
        self._thread.start()

    def send(self, make: Callable[[int], bytes]) -> int | None:
        """Send what `make` makes of our next sequence number; that number, or None on a dead connection."""
        with self._sending:
            sequence = next(self._sequences)
            with contextlib.suppress(OSError):
                self._plug.sendall(make(sequence))
                return sequence
        return None

    def send_raw(self, octets: bytes) -> None:
        """Anything, well formed or not."""
        with self._sending, contextlib.suppress(OSError):
            self._plug.sendall(octets)

    def close(self) -> None:
        """Cut the connection and wait for its thread."""
        with contextlib.suppress(OSError):
            self._plug.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        buffer = bytearray()
        try:
            while octets := self._plug.recv(_RECEIVE_OCTETS):
                buffer += octets
                for frame in pdu.cut_frames(buffer):
                    if not self._take(frame):
                        return
        except (OSError, pdu.FrameError):
            return
        finally:
            self.mode = None
            self._plug.close()
            self._centre.gone(self)

    def _take(self, frame: Frame) -> bool:
        """False when the connection is to be closed."""
        if frame.command == pdu.ENQUIRE_LINK:
            self.enquiries += 1
        if self.muted:
            return True
        if frame.command in _BINDS:
            return self._bind(frame)
        match frame.command:
            case pdu.ENQUIRE_LINK | pdu.UNBIND:
                self.send_raw(pdu.pdu(frame.command | pdu.RESPONSE, pdu.ESME_ROK, frame.sequence))
                return frame.command != pdu.UNBIND
            case pdu.SUBMIT_SM:
                status, message_id = self._centre.submit(frame.raw)
                body = b"" if status else message_id.encode() + b"\0"
                self.send_raw(pdu.pdu(pdu.SUBMIT_SM | pdu.RESPONSE, status, frame.sequence, body))
            case 0x80000005 | 0x80000103:  # deliver_sm_resp, data_sm_resp
                self._centre.answered(self, frame.sequence, frame.status)
            case pdu.GENERIC_NACK:
                self.nacks += 1
            case 0x80000006:  # unbind_resp
                return False
        return True

    def _bind(self, frame: Frame) -> bool:
        system_id, password = frame.raw[pdu.HEADER.size :].split(b"\0")[:2]
        status = self._centre.admit(system_id.decode("latin-1"), password.decode("latin-1"))
        body = b"" if status else b"simulator\0"
        self.send_raw(pdu.pdu(frame.command | pdu.RESPONSE, status, frame.sequence, body))
        if status:
            return False
        self.mode = _BINDS[frame.command]
        self._centre.bound_by(self)
        return True
