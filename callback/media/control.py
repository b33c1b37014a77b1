"""The words between dialer and media process, and their frames.

A frame is four bytes of length, big-endian, and that many bytes of JSON: `{"say": "play", ...}` with
exactly the fields of the named dataclass. Anything else is a `ProtocolFault`: both ends are ours, so a
fault is a bug or an intruder, and the connection ends. Instants are seconds of CLOCK_MONOTONIC, which all
processes of one machine share. Must not know sockets.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin

MAX_FRAME_BYTES = 64 * 1024
_LENGTH = struct.Struct("!I")


class ProtocolFault(Exception):
    """The bytes are no message of ours; the connection cannot be trusted further."""

    transient = False


# Dialer to media.


@dataclass(frozen=True, slots=True)
class Open:
    stream: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Connect:
    stream: str
    host: str
    port: int
    payload_type: int
    dtmf_type: int | None
    dtmf_receive_type: int | None
    direction: str


@dataclass(frozen=True, slots=True)
class Latch:
    """The address the far end really sends from. Told by the media process, given back after a restart."""

    stream: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Play:
    stream: str
    playback: int
    items: tuple[str, ...]
    loop: bool


@dataclass(frozen=True, slots=True)
class Stop:
    stream: str


@dataclass(frozen=True, slots=True)
class Bridge:
    stream: str
    other: str
    listen_only: bool


@dataclass(frozen=True, slots=True)
class Unbridge:
    stream: str


@dataclass(frozen=True, slots=True)
class Limit:
    stream: str
    until_s: float | None


@dataclass(frozen=True, slots=True)
class Digits:
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    stream: str


@dataclass(frozen=True, slots=True)
class Preload:
    paths: tuple[str, ...]


# Media to dialer.


@dataclass(frozen=True, slots=True)
class Hello:
    """`priority` is what the operating system granted: `SCHED_RR`, `nice -10` or `normal`."""

    pid: int
    priority: str


@dataclass(frozen=True, slots=True)
class Alive:
    """Said every second: a process that is stopped or stuck must not pass for one with nothing to say.

    The dialer says it back, for the same reason.
    """


@dataclass(frozen=True, slots=True)
class Opened:
    stream: str
    port: int


@dataclass(frozen=True, slots=True)
class Refused:
    stream: str
    why: str


@dataclass(frozen=True, slots=True)
class Digit:
    stream: str
    digit: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    stream: str
    playback: int
    fault: str


@dataclass(frozen=True, slots=True)
class Silent:
    stream: str


@dataclass(frozen=True, slots=True)
class Limited:
    stream: str


@dataclass(frozen=True, slots=True)
class Stats:
    stream: str
    final: bool
    rx_packets: int
    tx_packets: int
    lost_packets: int
    foreign_packets: int
    jitter_ms: float
    remote_lost_packets: int
    remote_jitter_ms: float | None
    rtt_ms: float | None
    first_rx_s: float | None
    last_rx_s: float | None


Command: TypeAlias = (
    Open | Connect | Latch | Play | Stop | Bridge | Unbridge | Limit | Digits | Close | Preload | Alive
)
Report: TypeAlias = Hello | Alive | Opened | Refused | Latch | Digit | Ended | Silent | Limited | Stats
Message: TypeAlias = Command | Report

_CLASSES: dict[str, type[Message]] = {
    kind.__name__.lower(): kind for kind in (*get_args(Command), *get_args(Report))
}


def encode(message: Message) -> bytes:
    """One frame."""
    body: dict[str, Any] = {"say": type(message).__name__.lower()}
    body.update((field.name, getattr(message, field.name)) for field in fields(message))
    text = json.dumps(body, separators=(",", ":")).encode()
    if len(text) > MAX_FRAME_BYTES:
        raise ProtocolFault(f"a {body['say']} message of {len(text)} bytes does not fit a frame")
    return _LENGTH.pack(len(text)) + text


def decode(text: bytes) -> Message:
    """The message in one frame's body; raises `ProtocolFault`."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise ProtocolFault(f"not JSON: {error}") from error
    kind = _CLASSES.get(body.pop("say", "")) if isinstance(body, dict) else None
    if kind is None:
        raise ProtocolFault("no message of ours")
    shapes = _SHAPES[kind]
    if body.keys() != shapes.keys():
        raise ProtocolFault(f"{kind.__name__}: the fields differ")
    for name, allowed in shapes.items():
        if isinstance(body[name], list):
            body[name] = tuple(body[name])
        if not _fits(body[name], allowed):
            raise ProtocolFault(f"{kind.__name__}.{name}: wrong type")
    return kind(**body)


class FrameReader:
    """Cuts a byte stream into messages; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Every message completed by `data`, in order; raises `ProtocolFault`."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ProtocolFault(f"a frame of {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield decode(body)


def _shapes(kind: type[Any]) -> dict[str, tuple[type, ...]]:
    return {field.name: _runtime_types(field.type) for field in fields(kind)}


def _runtime_types(annotation: Any) -> tuple[type, ...]:
    if isinstance(annotation, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in _runtime_types(part))
    if annotation is float:
        return (float, int)
    return (get_origin(annotation) or annotation,)


def _fits(value: Any, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in allowed
    if isinstance(value, tuple) and not all(isinstance(item, str) for item in value):
        return False
    return isinstance(value, allowed)


_SHAPES = {kind: _shapes(kind) for kind in _CLASSES.values()}
