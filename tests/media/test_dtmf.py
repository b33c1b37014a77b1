"""A key is heard once, whatever the network does to its packets (RFC 4733)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.media.dtmf import KEYS, KeyListener, TelephoneEvent, pack_event, parse_event, press

SSRC = 7


def heard(packets: list[tuple[int, bytes]], ssrc: int = SSRC) -> str:
    listener = KeyListener()
    return "".join(listener.hear(ssrc, stamp, payload) or "" for stamp, payload in packets)


def pressed(keys: str, gap: int = 1440, start: int = 0) -> list[list[tuple[int, bytes]]]:
    return [
        [((start + n * gap) & 0xFFFFFFFF, pack_event(event)) for event in press(key)]
        for n, key in enumerate(keys)
    ]


def test_every_key_has_its_event() -> None:
    for key in KEYS:
        event = TelephoneEvent(key, ended=True, duration=800)
        assert parse_event(pack_event(event)) == event


def test_a_press_grows_and_ends_three_times() -> None:
    events = list(press("5"))
    assert [event.duration for event in events] == [160, 320, 480, 640, 800, 800, 800, 800]
    assert [event.ended for event in events] == [False] * 5 + [True] * 3


def test_equal_keys_are_told_apart_by_their_timestamp() -> None:
    assert heard([packet for one in pressed("5577#") for packet in one]) == "5577#"


@given(st.randoms(use_true_random=False), st.integers(0, 0xFFFFFFFF))
def test_any_one_packet_that_arrives_is_enough(chance: random.Random, start: int) -> None:
    keys = "4860031#"
    arrived: list[tuple[int, bytes]] = []
    for one in pressed(keys, start=start):
        kept = chance.sample(one, chance.randint(1, len(one)))
        arrived += kept + chance.choices(kept, k=2)
    assert heard(arrived) == keys


def test_a_latecomer_of_the_key_before_is_not_another_press() -> None:
    first, second = pressed("12")
    assert heard([*first[:3], second[0], first[4], *second[1:], first[7]]) == "12"


def test_a_new_source_counts_its_time_anew() -> None:
    listener = KeyListener()
    payload = pack_event(TelephoneEvent("1", ended=False, duration=160))
    assert listener.hear(1, 900_000, payload) == "1"
    assert listener.hear(2, 100, payload) == "1"


@pytest.mark.parametrize("payload", [b"", b"\x01\x0a\x00", b"\x10\x0a\x00\xa0", b"\xff\x0a\x00\xa0"])
def test_what_is_no_key_is_not_heard(payload: bytes) -> None:
    assert KeyListener().hear(SSRC, 1, payload) is None
