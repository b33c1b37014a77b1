"""Frames and messages as they come, broken ones included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw import pdu
from smsgw.messages import Part
from smsgw.pdu import FrameError, PduError, cut_frames, read_mo, read_sms
from smsgw.simulator_texts import Coding, MoMessage, mo_pdu

ENQUIRE = pdu.pdu(pdu.ENQUIRE_LINK, 0, 7)
HEADER_8 = bytes([5, 0, 3, 0x2A, 3, 2])
HEADER_16 = bytes([6, 8, 4, 0x12, 0x34, 2, 1])


def test_frames_survive_any_cutting_of_the_stream() -> None:
    stream = ENQUIRE + mo_pdu(MoMessage("+48600", "+48221", "hi"), 8) + ENQUIRE
    buffer, seen = bytearray(), []
    for octet in stream:
        buffer.append(octet)
        seen += [frame.sequence for frame in cut_frames(buffer)]
    assert seen == [7, 8, 7]
    assert not buffer


@pytest.mark.parametrize("length", [0, 15, 65_537, 0x7FFFFFFF])
def test_an_impossible_length_ends_the_stream_after_what_was_good(length: int) -> None:
    buffer = bytearray(ENQUIRE + length.to_bytes(4, "big") + bytes(12))
    assert len(cut_frames(buffer)) == 1
    with pytest.raises(FrameError):
        cut_frames(buffer)


@pytest.mark.parametrize(
    ("coding", "text"),
    [("gsm", "U.a P.€"), ("latin1", "U.é"), ("ucs2", "U.ż🐢"), ("payload", "x" * 900), ("octets", "U.a P.b")],
)
@pytest.mark.parametrize("command", [pdu.DELIVER_SM, pdu.DATA_SM])
def test_a_message_is_read_whatever_carries_it(coding: Coding, text: str, command: int) -> None:
    raw = mo_pdu(MoMessage("+48600316058", "1234", text, coding, command=command), 1)
    sms = read_sms(read_mo(raw), "gsm0338")
    assert (sms.ani, sms.dnis, sms.text) == ("+48600316058", "1234", text)


@pytest.mark.parametrize(("header", "part"), [(HEADER_8, Part(0x2A, 3, 2)), (HEADER_16, Part(0x1234, 2, 1))])
def test_a_part_knows_its_place(header: bytes, part: Part) -> None:
    raw = mo_pdu(MoMessage("+48600", "+48221", "rest", esm_class=0x40, header=header), 1)
    sms = read_sms(read_mo(raw), "gsm0338")
    assert (sms.part, sms.text) == (part, "rest")


def test_parts_are_told_by_optional_parameters_too() -> None:
    sar = bytes.fromhex("020c00020007 020e000102 020f000101")
    raw = _lengthened(mo_pdu(MoMessage("+48600", "+48221", "first"), 1) + sar)
    assert read_sms(read_mo(raw), "gsm0338").part == Part(7, 2, 1)


@pytest.mark.parametrize("header", [bytes([5, 0, 3, 1, 1, 1]), bytes([5, 0, 3, 1, 2, 3]), bytes([1, 0])])
def test_a_header_that_makes_no_sense_makes_no_part(header: bytes) -> None:
    raw = mo_pdu(MoMessage("+48600", "+48221", "x", esm_class=0x40, header=header), 1)
    assert read_sms(read_mo(raw), "gsm0338").part is None


def test_a_message_for_a_port_is_for_a_program() -> None:
    header = bytes([6, 5, 4, 0x0B, 0x84, 0x23, 0xF0])
    raw = mo_pdu(MoMessage("+48600", "+48221", "x", esm_class=0x40, header=header), 1)
    assert read_sms(read_mo(raw), "gsm0338").text is None


def test_a_delivery_receipt_is_told_from_a_message() -> None:
    raw = mo_pdu(MoMessage("+48600", "+48221", "id:1 stat:DELIVRD", esm_class=0x04), 1)
    assert read_sms(read_mo(raw), "gsm0338").is_receipt


@pytest.mark.parametrize("source", ["+48600316058", "600316058", "BANK"])
def test_an_address_keeps_what_the_carrier_says_of_it(source: str) -> None:
    assert read_mo(mo_pdu(MoMessage(source, "+48221", "x"), 1)).source == source


def test_every_truncation_is_an_error_with_an_answer() -> None:
    whole = mo_pdu(MoMessage("+48600", "+48221", "text", "payload"), 1)
    outcomes = set()
    for length in range(16, len(whole)):
        try:
            read_mo(whole[:length])
        except PduError as error:
            outcomes.add(error.status)
    assert outcomes == {pdu.ESME_RINVCMDLEN, pdu.ESME_RINVOPTPARSTREAM}


def test_a_text_longer_than_its_pdu_is_refused() -> None:
    whole = mo_pdu(MoMessage("+48600", "+48221", "text"), 1)
    with pytest.raises(PduError) as refused:
        read_mo(whole[:-2])
    assert refused.value.status == pdu.ESME_RINVMSGLEN


def test_unknown_parameters_are_passed_over() -> None:
    raw = _lengthened(mo_pdu(MoMessage("+48600", "+48221", "text"), 1) + bytes.fromhex("1400000401020304"))
    assert read_sms(read_mo(raw), "gsm0338").text == "text"


@given(st.binary(max_size=200))
def test_no_garbage_raises_anything_but_a_pdu_error(body: bytes) -> None:
    for command in (pdu.DELIVER_SM, pdu.DATA_SM):
        try:
            read_sms(read_mo(pdu.pdu(command, 0, 1, body)), "gsm0338")
        except PduError as error:
            assert error.status


def test_the_message_id_of_a_submission_is_read_or_empty() -> None:
    assert pdu.message_id(pdu.pdu(0x80000004, 0, 1, b"abc\0")) == "abc"
    assert pdu.message_id(pdu.pdu(0x80000004, 0x58, 1)) == ""


def test_copies_are_alike_and_other_wishes_are_not() -> None:
    def wish(**changes: str) -> tuple[bytes, ...]:
        parts = {"source": "+48600", "destination": "+48221", "text": "U.a P.b"} | changes
        return pdu.wish("one", read_mo(mo_pdu(MoMessage(**parts), 1)))  # type: ignore[arg-type]  # names vary

    assert wish() == wish()
    assert len({wish(), wish(source="+48601"), wish(text="U.a P.c"), wish(destination="+48222")}) == 4


def _lengthened(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw[4:]
