"""What may come in at the SIP port and what is dropped at the door."""

import time

import pytest

from callback.telephony.door import is_message

_GOOD = {
    "Via": "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1",
    "From": '"Doe, John" <sip:+48600316058@192.0.2.1;user=phone>;tag=a',
    "To": "<sip:+48221234567@192.0.2.2>",
    "Call-ID": "abc@192.0.2.1",
    "CSeq": "1 INVITE",
}


def _message(
    start: str = "INVITE sip:+4822@192.0.2.2 SIP/2.0", body: str = "", **changes: str | None
) -> bytes:
    changed = {**_GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [start, *(f"{name}: {value}" for name, value in changed.items() if value is not None), "", body]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    "data",
    [
        _message(),
        _message("SIP/2.0 200 OK"),
        _message("SIP/2.0 183"),
        _message("SIP/2.0 480 Chwilowo niedostępny"),
        _message(Content_Length="4", body="v=0\n"),
        _message(From="sip:anonymous@anonymous.invalid;tag=x"),
        _message(From="<tel:+48600316058>;tag=x"),
        _message(From="Jan Kowalski <sip:jan@example.net:5070>; tag = x"),
        _message(
            Via="SIP/2.0/UDP p1.example.net;branch=z9hG4bK=1, SIP / 2.0 / UDP [2001:db8::1]:5062;received=x"
        ),
        _message(Record_Route="<sip:192.0.2.9;lr>, <sip:192.0.2.8;lr=on>;x=y"),
        _message(Subject="a folded\r\n header"),
        _message().replace(b"Call-ID", b"i").replace(b"From", b"f").replace(b"Via", b"v"),
    ],
)
def test_what_phones_and_carriers_write_comes_in(data: bytes) -> None:
    assert is_message(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\xff" * 50,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        _message("INVITE sip:a b SIP/2.0"),
        _message("INVITE sip:a@b SIP/3.0"),
        _message("INVITE sip:@ SIP/2.0"),
        _message("SIP/2.0 99 Low"),
        _message("SIP/2.0 2000 High"),
        _message("BYE sip:a@b SIP/2.0"),  # not what its CSeq says
        _message(Via=None),
        _message(Via="nonsense"),
        _message(From=None),
        _message(From="<sip:a@b"),
        _message(From="sip:"),
        _message(To="<http://a>"),
        _message(To="<sip:a@b:port>"),
        _message(Call_ID=""),
        _message(Call_ID="a b"),
        _message(CSeq="one INVITE"),
        _message(CSeq="9999999999 INVITE"),
        _message(Record_Route="sip:192.0.2.9"),
        _message(Content_Length="5", body="v=0\n"),
        _message(Content_Length="-1"),
        _message(X="\x00"),
        _message().replace(b"\r\nFrom", b"\r\n folded\r\nFrom", 1).replace(b"\r\nVia", b"\r\n \r\nVia", 1),
        _message().replace(b"\r\nTo", b"\r\nFrom: <sip:a@b>\r\nTo"),
        _message().replace(b"\r\nTo", b"\r\nno colon\r\nTo"),
        _message()[:-2],
    ],
)
def test_what_makes_no_sense_is_dropped(data: bytes) -> None:
    assert not is_message(data)


@pytest.mark.parametrize("filler", [" ", "<", '"', "\\", ";", "; =", "a;", ",", "@", ":", "\t;", "sip:"])
def test_no_message_takes_long_to_judge(filler: str) -> None:
    spent_s = time.process_time()
    for name in ("From", "Via", "Record_Route", "Call_ID", "CSeq", "Content_Length"):
        is_message(_message(**{name: filler * (8000 // len(filler))}))
    assert time.process_time() - spent_s < 0.2
