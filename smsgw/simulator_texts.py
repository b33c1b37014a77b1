"""What the simulated SMSC puts on the wire and reads from it: deliver_sm out, submit_sm in. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from smsgw import pdu
from smsgw.alphabet import encode_gsm
from smsgw.messages import Part

Coding = Literal["gsm", "latin1", "ucs2", "payload", "ucs2-payload", "octets"]
_TAG_PAYLOAD = 0x0424


@dataclass(frozen=True, slots=True)
class MoMessage:
    """An SMS from a subscriber."""

    source: str  # "+48…"
    destination: str
    text: str
    coding: Coding = "gsm"  # "payload", "ucs2-payload": in message_payload
    esm_class: int = 0
    command: int = pdu.DELIVER_SM
    header: bytes = b""  # a user data header, when esm_class says so


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMS the gateway submitted, its parts joined."""

    source: str
    destination: str
    text: str
    parts: int
    at_ms: int = field(default=0, compare=False)  # its last part was here


def mo_pdu(message: MoMessage, sequence: int) -> bytes:
    """The message as a PDU."""
    data_coding, content = _content(message)
    content = message.header + content
    payload = b""
    if message.coding.endswith("payload") or message.command == pdu.DATA_SM:
        payload = _TAG_PAYLOAD.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content
        content = b""
    addresses = b"\0" + _address(message.source) + _address(message.destination)
    if message.command == pdu.DATA_SM:
        tail = bytes([message.esm_class, 0, data_coding])
    else:
        tail = bytes([message.esm_class, 0, 0, 0, 0, 0, 0, data_coding, 0, len(content)]) + content
    return pdu.pdu(message.command, pdu.ESME_ROK, sequence, addresses + tail + payload)


def _content(message: MoMessage) -> tuple[int, bytes]:
    match message.coding:
        case "ucs2" | "ucs2-payload":
            return 8, message.text.encode("utf-16-be")
        case "latin1":
            return 3, message.text.encode("latin-1")
        case "octets":
            return 4, message.text.encode("latin-1")
    septets = encode_gsm(message.text)
    if septets is None:
        raise ValueError("the GSM alphabet lacks a character of this text")
    return 0, b"".join(septets)


def _address(number: str) -> bytes:
    """Type of number, numbering plan, C-string."""
    if number.startswith("+"):
        return b"\1\1" + number[1:].encode() + b"\0"
    return (b"\0\1" if number.isdigit() else b"\5\0") + number.encode() + b"\0"


class ReplyJoiner:
    """Joins the parts of submitted messages; an SMSC would leave that to the phone."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str, int], dict[int, str]] = {}

    def add(self, raw: bytes) -> Reply | None:
        """A submit_sm (it has the shape of a deliver_sm); the reply once it is whole."""
        mo = pdu.read_mo(raw)
        sms = pdu.read_sms(mo, "gsm0338")
        text, part = sms.text or "", sms.part or Part(0, 1, 1)
        parts = self._parts.setdefault((mo.source, mo.destination, part.reference), {})
        parts[part.number] = text
        if len(parts) < part.total:
            return None
        del self._parts[mo.source, mo.destination, part.reference]
        whole = "".join(parts[number] for number in sorted(parts))
        return Reply(mo.source, mo.destination, whole, part.total)
