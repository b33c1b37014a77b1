"""Session descriptions: what we offer, what we understand, what we answer."""

import pytest

from callback.telephony.sdp import Audio, answer, describe, parse_audio

PHONE = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 9 8 0 96\r\na=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:96 Telephone-Event/8000\r\na=sendrecv\r\n"
)


def test_our_own_offer_is_understood_by_ourselves() -> None:
    assert parse_audio(describe("127.0.0.1", 20000)) == Audio("127.0.0.1", 20000, 0, 101, "sendrecv")


def test_the_first_of_their_codecs_that_we_speak_is_taken_with_their_own_event_number() -> None:
    assert parse_audio(PHONE) == Audio("192.0.2.7", 4000, 8, 96, "sendrecv")


def test_the_address_of_the_stream_goes_before_that_of_the_session() -> None:
    assert parse_audio(PHONE + "c=IN IP4 198.51.100.9/127\r\n") == Audio(
        "198.51.100.9", 4000, 8, 96, "sendrecv"
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")],
)
def test_we_answer_a_hold_with_its_other_side(theirs: str, ours: str) -> None:
    offer = parse_audio(PHONE.replace("sendrecv", theirs))
    assert offer is not None
    text = answer(offer, "127.0.0.1", 20000, version=2)
    assert f"a={ours}\r\n" in text
    assert "m=audio 20000 RTP/AVP 8 96\r\n" in text
    assert "o=- 20000 2 IN IP4" in text


def test_a_phone_without_telephone_events_is_answered_without() -> None:
    offer = parse_audio("c=IN IP4 192.0.2.7\nm=audio 4000 RTP/AVP 0\n")
    assert offer == Audio("192.0.2.7", 4000, 0, None, "sendrecv")
    assert offer is not None
    assert "telephone-event" not in answer(offer, "127.0.0.1", 20000, 1)


def test_a_second_stream_is_read_over() -> None:
    video = "m=video 5000 RTP/AVP 31\r\na=inactive\r\n"
    assert parse_audio(PHONE + video) == parse_audio(PHONE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "m=audio 4000 RTP/AVP 0\r\n",
        "c=\r\nm=audio 4000 RTP/AVP 0\r\n",
        "c=IN IP4 192.0.2.7\r\nm=audio 4000 RTP/AVP 18\r\n",
        "c=IN IP4 192.0.2.7\r\nm=audio x RTP/AVP 0\r\n",
        "c=IN IP4 192.0.2.7\r\nm=audio 70000 RTP/AVP 0\r\n",
        "c=IN IP4 192.0.2.7\r\nm=audio 4000\r\n",
        "c=IN IP4 192.0.2.7\r\nm=video 4000 RTP/AVP 0\r\n",
        "c=IN IP4 192.0.2.7\r\nm=audio 4000 UDP/TLS 0\r\n",
    ],
)
def test_what_has_no_voice_for_us_is_none(text: str) -> None:
    assert parse_audio(text) is None
