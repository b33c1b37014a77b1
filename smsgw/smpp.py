"""One bound session of SMPP 3.4: what arrives is answered or handed on, and the link is kept alive.

    reader (this)  ── recv ─┬─ deliver_sm, data_sm ──→ writer: one commit, then the responses
                            ├─ enquire_link, unbind, unknown ──→ answered here, at once
                            └─ responses to our submit_sm ──→ sender

The reader never waits for the database, so enquire_link is answered even while it is locked. It must not
know what a text means.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from callback.clock import Clock
from callback.config import Link
from callback.failpoints import reach
from callback.sealing import Seal
from callback.store.inbox import NewSms
from smsgw import pdu
from smsgw.keepalive import Action, Keepalive
from smsgw.messages import InboundSms
from smsgw.pdu import Frame, PduError
from smsgw.smpplib_adapter import Connection, LinkDown


@dataclass(frozen=True, slots=True)
class Arrival:
    """One received message, ready to be stored, and what is needed to answer it."""

    command: int
    sequence: int
    row: NewSms
    sms: InboundSms


class Acceptor(Protocol):
    """Whoever stores arrivals and answers them afterwards."""

    def accept(self, session: "SmppSession", arrivals: list[Arrival]) -> bool:
        """Take them over; False when there are too many already."""

    def ended(self, session: "SmppSession") -> None:
        """No more will come of this session."""


OnResponse = Callable[[Connection, int, int, str], None]
"""connection, sequence number, command_status, message id"""


class SmppSession:
    """From a successful bind to the end of its connection."""

    def __init__(
        self,
        connection: Connection,
        link: Link,
        clock: Clock,
        seal: Seal,
        acceptor: Acceptor,
        on_response: OnResponse,
    ) -> None:
        self.id = clock.new_id()
        self.link = link
        self.started_at_ms = self.heard_at_ms = clock.now_ms()
        self.alive = True
        self._connection = connection
        self._clock = clock
        self._seal = seal
        self._acceptor = acceptor
        self._on_response = on_response
        self._log = structlog.get_logger().bind(link=link.name, session=self.id)

    def serve(self) -> None:
        """Read until the other end unbinds, or answers our unbind. Raises LinkDown when the link dies."""
        interval_ms = self.link.enquire_link_s * 1000
        keepalive = Keepalive(interval_ms, self._tick_ms() + interval_ms)
        try:
            while True:
                frames = self._connection.receive((keepalive.due_at_ms - self._tick_ms()) / 1000)
                if frames:
                    self.heard_at_ms = self._clock.now_ms()
                    keepalive = keepalive.heard(self._tick_ms())
                    if not self._take(frames):
                        return
                    continue
                keepalive, action = keepalive.tick(self._tick_ms())
                if action is Action.CLOSE:
                    raise LinkDown("two enquire_link stayed without an answer")
                if action is Action.ENQUIRE:
                    self._connection.send(
                        pdu.pdu(pdu.ENQUIRE_LINK, pdu.ESME_ROK, self._connection.next_sequence())
                    )
        finally:
            self.alive = False
            self._acceptor.ended(self)

    def send(self, octets: bytes) -> None:
        """Responses, from the writer. Raises LinkDown."""
        self._connection.send(octets)

    def _tick_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)

    def _take(self, frames: list[Frame]) -> bool:
        """Deal with what one read brought; False at the end of the session."""
        arrivals: list[Arrival] = []
        goes_on = True
        for frame in frames:
            if frame.command in {pdu.DELIVER_SM, pdu.DATA_SM}:
                if arrival := self._read(frame):
                    arrivals.append(arrival)
            else:
                goes_on = self._answer(frame) and goes_on
        if arrivals:
            reach("gateway.received")
            if not self._acceptor.accept(self, arrivals):
                self._log.warning("smpp.throttled", messages=len(arrivals))
                self.send(b"".join(response(a, pdu.ESME_RTHROTTLED) for a in arrivals))
        return goes_on

    def _answer(self, frame: Frame) -> bool:
        """Everything that is no message. False: the session is over."""
        match frame.command:
            case pdu.ENQUIRE_LINK:
                self.send(pdu.pdu(pdu.ENQUIRE_LINK | pdu.RESPONSE, pdu.ESME_ROK, frame.sequence))
            case pdu.UNBIND:
                self._log.info("smpp.unbound_by_smsc")
                self.send(pdu.pdu(pdu.UNBIND | pdu.RESPONSE, pdu.ESME_ROK, frame.sequence))
                return False
            case 0x80000006:  # unbind_resp: to ours
                return False
            case 0x80000004 | pdu.GENERIC_NACK:  # submit_sm_resp, or "I do not understand your submit_sm"
                self._on_response(self._connection, frame.sequence, frame.status, pdu.message_id(frame.raw))
            case pdu.ALERT_NOTIFICATION | pdu.OUTBIND:  # they have no response (§4.1.7, §4.12)
                self._log.info("smpp.ignored", command_id=hex(frame.command))
            case command if command & pdu.RESPONSE:
                pass  # enquire_link_resp, or an answer to nothing
            case command:
                self._log.warning("smpp.unknown_command", command_id=hex(command))
                self.send(pdu.pdu(pdu.GENERIC_NACK, pdu.ESME_RINVCMDID, frame.sequence))
        return True

    def _read(self, frame: Frame) -> Arrival | None:
        """The message in a frame, sealed; None after an unreadable one was refused."""
        try:
            mo = pdu.read_mo(frame.raw)
        except PduError as error:
            self._log.warning("smpp.unreadable", command_id=hex(frame.command), error=str(error))
            self.send(pdu.mo_response(frame.command, error.status, frame.sequence))
            return None
        sms = pdu.read_sms(mo, self.link.default_alphabet)
        key = self._seal.fingerprint(pdu.wish(self.link.name, mo))
        state, outcome = _fate(sms)
        row = NewSms(
            self.link.name, self.id, key, sms.ani, sms.dnis, self._seal.close(frame.raw, key),
            self._clock.now_ms(), state, outcome,
        )  # fmt: skip
        return Arrival(frame.command, frame.sequence, row, sms)


def response(arrival: Arrival, status: int) -> bytes:
    """The answer to one arrival as octets."""
    return pdu.mo_response(arrival.command, status, arrival.sequence)


def _fate(sms: InboundSms) -> tuple[str, str]:
    """State and outcome of what is kept without being executed; else ("received", "")."""
    if sms.is_receipt:
        return "done", "receipt"
    if sms.part and sms.part.number > 1:
        return "done", "part"  # the first part tells the sender that it was too long
    if sms.text is None:
        return "quarantined", "undecodable"
    return "received", ""
