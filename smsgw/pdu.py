"""SMPP 3.4 on the wire: frames out of a stream, received messages, responses.

    command_length 4 · command_id 4 · command_status 4 · sequence_number 4 · body
    service_type \\0 · ton npi source \\0 · ton npi destination \\0 · esm_class …      (deliver_sm, §4.6.1)

smpplib's parser loses the frame in a read timeout and takes twenty times as long (notes on SMPP), so what is
hot or comes from the carrier is read here, defensively. Pure: no socket, no clock.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from smsgw.encoding import Alphabet, decode
from smsgw.messages import InboundSms, Part

HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
LENGTH_MIN, LENGTH_MAX = 16, 65_536

GENERIC_NACK = 0x80000000
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, DATA_SM = 0x04, 0x05, 0x06, 0x15, 0x103
BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER, OUTBIND = 0x01, 0x02, 0x09, 0x0B
ALERT_NOTIFICATION = 0x102
RESPONSE = 0x80000000

# command_status (§5.1.3)
ESME_ROK, ESME_RINVMSGLEN, ESME_RINVCMDLEN, ESME_RINVCMDID = 0x00, 0x01, 0x02, 0x03
ESME_RBINDFAIL, ESME_RINVPASWD, ESME_RINVSYSID = 0x0D, 0x0E, 0x0F
ESME_RTHROTTLED, ESME_RX_T_APPN, ESME_RINVOPTPARSTREAM = 0x58, 0x64, 0xC0

_TAG_SAR_REF, _TAG_SAR_TOTAL, _TAG_SAR_NUMBER, _TAG_PAYLOAD = 0x020C, 0x020E, 0x020F, 0x0424
_ESM_TYPE, _ESM_RECEIPT, _ESM_HEADER = 0x3C, 0x04, 0x40  # §5.2.12
_TON_INTERNATIONAL = 1
_IE_CONCAT_8, _IE_PORT_8, _IE_PORT_16, _IE_CONCAT_16 = 0x00, 0x04, 0x05, 0x08  # 3GPP TS 23.040 §9.2.3.24


class FrameError(Exception):
    """A length no PDU can have: where the next one begins cannot be known, the connection is lost."""

    transient = True


class PduError(Exception):
    """One PDU that cannot be read; `status` is what to answer."""

    transient = False

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Frame(NamedTuple):
    command: int
    status: int
    sequence: int
    raw: bytes  # the whole PDU, header included


@dataclass(frozen=True, slots=True)
class MoPdu:
    """What a deliver_sm or data_sm says."""

    source: str
    destination: str
    esm_class: int
    data_coding: int
    content: bytes
    tlvs: dict[int, bytes]


def cut_frames(buffer: bytearray) -> list[Frame]:
    """Take all whole PDUs from the front of the buffer. Raises FrameError if the first is impossible."""
    frames: list[Frame] = []
    at, end = 0, len(buffer)
    while end - at >= HEADER.size:
        length, command, status, sequence = HEADER.unpack_from(buffer, at)
        if not LENGTH_MIN <= length <= LENGTH_MAX:
            if frames:
                break  # first what was good
            raise FrameError(f"a PDU of {length} octets")
        if end - at < length:
            break
        frames.append(Frame(command, status, sequence, bytes(buffer[at : at + length])))
        at += length
    del buffer[:at]
    return frames


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A PDU as octets."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def mo_response(command: int, status: int, sequence: int) -> bytes:
    """deliver_sm_resp or data_sm_resp; its message_id is always empty (§4.6.2)."""
    return pdu(command | RESPONSE, status, sequence, b"\0")


def message_id(raw: bytes) -> str:
    """The id in a submit_sm_resp; empty if it has none."""
    return raw[HEADER.size :].partition(b"\0")[0].decode("latin-1")


def read_mo(raw: bytes) -> MoPdu:
    """Decode a whole deliver_sm or data_sm. Raises PduError."""
    try:
        return _read_mo(raw)
    except (IndexError, ValueError, struct.error) as error:
        raise PduError(ESME_RINVCMDLEN, f"cut short: {error}") from error


def _read_mo(raw: bytes) -> MoPdu:
    end = raw.index
    at = end(0, HEADER.size) + 3  # service_type, ton, npi
    zero = end(0, at)
    source = _address(raw[at - 2], raw[at:zero])
    at = zero + 3
    zero = end(0, at)
    destination = _address(raw[at - 2], raw[at:zero])
    at = zero + 1
    esm_class = raw[at]
    if raw[4:8] == b"\0\0\1\3":  # data_sm, §4.7.1: registered_delivery, data_coding, then parameters only
        data_coding, content, at = raw[at + 2], b"", at + 3
    else:
        at = end(0, end(0, at + 3) + 1) + 1  # protocol_id, priority_flag, two times
        data_coding, length, at = raw[at + 2], raw[at + 4], at + 5
        content, at = raw[at : at + length], at + length
        if at > len(raw):
            raise PduError(ESME_RINVMSGLEN, "sm_length goes beyond the end")
    tlvs = _tlvs(raw, at)
    return MoPdu(source, destination, esm_class, data_coding, content or tlvs.get(_TAG_PAYLOAD, b""), tlvs)


def _tlvs(raw: bytes, at: int) -> dict[int, bytes]:
    """Optional parameters by tag, known or not (§5.3); the wire's length is believed."""
    tlvs: dict[int, bytes] = {}
    while at < len(raw):
        if at + _TLV.size > len(raw):
            raise PduError(ESME_RINVOPTPARSTREAM, "a cut optional parameter")
        tag, length = _TLV.unpack_from(raw, at)
        at += _TLV.size + length
        if at > len(raw):
            raise PduError(ESME_RINVOPTPARSTREAM, "a cut optional parameter")
        tlvs[tag] = raw[at - length : at]
    return tlvs


def _address(ton: int, octets: bytes) -> str:
    address = octets.decode("latin-1")
    international = ton == _TON_INTERNATIONAL and address.isdigit()
    return f"+{address}" if international else address


def read_sms(mo: MoPdu, default: Alphabet) -> InboundSms:
    """The message in a PDU: header taken off, text decoded."""
    content, part, has_port = mo.content, _sar(mo.tlvs), False
    if mo.esm_class & _ESM_HEADER and content:
        header, content = content[1 : 1 + content[0]], content[1 + content[0] :]
        elements = _elements(header)
        part = _concat(elements) or part
        has_port = _IE_PORT_8 in elements or _IE_PORT_16 in elements
    text = None if has_port else decode(content, mo.data_coding, default)  # a port: for a program, no text
    is_receipt = mo.esm_class & _ESM_TYPE == _ESM_RECEIPT
    return InboundSms(mo.source, mo.destination, text, part, is_receipt)


def wish(link: str, mo: MoPdu) -> tuple[bytes, ...]:
    """What makes two received copies the same (DESIGN 5a); joining ids included, sequence number not."""
    sar = b"".join(mo.tlvs.get(tag, b"") for tag in (_TAG_SAR_REF, _TAG_SAR_TOTAL, _TAG_SAR_NUMBER))
    coding = bytes([mo.data_coding, mo.esm_class & _ESM_HEADER])
    return link.encode(), mo.source.encode(), mo.destination.encode(), coding, sar, mo.content


def _elements(header: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    at = 0
    while at + 2 <= len(header):
        elements[header[at]] = header[at + 2 : at + 2 + header[at + 1]]
        at += 2 + header[at + 1]
    return elements


def _concat(elements: dict[int, bytes]) -> Part | None:
    for tag, reference_octets in ((_IE_CONCAT_8, 1), (_IE_CONCAT_16, 2)):
        data = elements.get(tag, b"")
        if len(data) == reference_octets + 2:
            return _part(int.from_bytes(data[:reference_octets], "big"), data[-2], data[-1])
    return None


def _sar(tlvs: dict[int, bytes]) -> Part | None:
    if not (tlvs.get(_TAG_SAR_TOTAL) and tlvs.get(_TAG_SAR_NUMBER)):
        return None
    reference = int.from_bytes(tlvs.get(_TAG_SAR_REF, b""), "big")
    return _part(reference, tlvs[_TAG_SAR_TOTAL][-1], tlvs[_TAG_SAR_NUMBER][-1])


def _part(reference: int, total: int, number: int) -> Part | None:
    """A message of one part is no part of anything."""
    return Part(reference, total, number) if total > 1 and 1 <= number <= total else None
