"""Words cross whole, and nothing else is believed."""

import json
import struct
from dataclasses import MISSING, fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.media import control
from callback.media.control import Command, FrameReader, Message, ProtocolFault, Report, decode, encode

EVERY_KIND: list[type[Any]] = list(dict.fromkeys((*get_args(Command), *get_args(Report))))
PLAY = control.Play("leg-a", 7, ("/prompts/busy.wav", "tone:beep"), loop=False)


def frame(body: object) -> bytes:
    text = json.dumps(body).encode()
    return struct.pack("!I", len(text)) + text


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_message_survives_the_wire(kind: type[Any]) -> None:
    examples: dict[Any, Any] = {str: "x", int: 5, float: 1.5, bool: True, tuple[str, ...]: ("a", "b")}
    message = kind(**{
        field.name: examples.get(field.type, None if field.default is MISSING else field.default)
        for field in fields(kind)
    })  # fmt: skip
    assert list(FrameReader().feed(encode(message))) == [message]


@given(st.lists(st.integers(1, 40), max_size=30))
def test_messages_survive_any_cutting(cuts: list[int]) -> None:
    wanted: list[Message] = [PLAY, control.Stop("leg-a"), control.Limit("leg-a", None)]
    stream = b"".join(map(encode, wanted))
    reader, got = FrameReader(), list[Message]()
    for cut in cuts:
        got += reader.feed(stream[:cut])
        stream = stream[cut:]
    got += reader.feed(stream)
    assert got == wanted


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"say": "shutdown"}',
        b'{"say": "stop"}',
        b'{"say": "stop", "stream": "a", "more": 1}',
        b'{"say": "stop", "stream": 7}',
        b'{"say": "open", "stream": "a", "port": "20000"}',
        b'{"say": "open", "stream": "a", "port": true}',
        b'{"say": "preload", "paths": [1, 2]}',
        b'{"say": "preload", "paths": "everything"}',
        b'{"say": "bridge", "stream": "a", "other": "b", "listen_only": 1}',
    ],
)
def test_what_is_no_message_of_ours_ends_the_connection(body: bytes) -> None:
    with pytest.raises(ProtocolFault):
        decode(body)


def test_a_frame_beyond_bounds_is_not_waited_for() -> None:
    with pytest.raises(ProtocolFault, match="1000000"):
        list(FrameReader().feed(struct.pack("!I", 1_000_000)))


def test_a_message_beyond_bounds_is_not_sent() -> None:
    with pytest.raises(ProtocolFault, match="does not fit"):
        encode(control.Preload(("x" * 70_000,)))


def test_a_whole_number_of_seconds_is_an_instant_too() -> None:
    assert list(FrameReader().feed(frame({"say": "limit", "stream": "a", "until_s": 3}))) == [
        control.Limit("a", 3)
    ]
