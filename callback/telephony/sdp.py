"""Session descriptions as telephone calls need them: one audio stream, G.711, telephone-event.

    offer  (ours)   PCMU, PCMA, telephone-event 101          RFC 4566, RFC 3264, RFC 4733
    answer (theirs) the first of 0 and 8 they list is what we send; their own number for telephone-event

Anything else in a description is read over. Pure: text in, text out.
"""

from dataclasses import dataclass
from typing import Literal, cast

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

DTMF_TYPE = 101  # what we offer; the far end may number it otherwise
_OURS = (0, 8)
_NAMES = {0: "PCMU", 8: "PCMA"}
_MIRROR: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


@dataclass(frozen=True, slots=True)
class Audio:
    """Where the far end wants its audio, and how."""

    host: str
    port: int  # 0: the stream is refused
    payload_type: int  # 0 PCMU or 8 PCMA
    dtmf_type: int | None  # its number for telephone-event; None: it takes none
    direction: Direction  # as the far end sees it


def describe(
    host: str,
    port: int,
    version: int = 1,
    payload_types: tuple[int, ...] = _OURS,
    dtmf_type: int | None = DTMF_TYPE,
    direction: Direction = "sendrecv",
) -> str:
    """Our description; `version` grows by one for every change within a dialog (RFC 3264 §8)."""
    formats = [*payload_types, *(() if dtmf_type is None else (dtmf_type,))]
    lines = [
        "v=0",
        f"o=- {port} {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(map(str, formats))}",
        *(f"a=rtpmap:{number} {_NAMES[number]}/8000" for number in payload_types),
    ]
    if dtmf_type is not None:
        lines += [f"a=rtpmap:{dtmf_type} telephone-event/8000", f"a=fmtp:{dtmf_type} 0-15"]
    lines += ["a=ptime:20", f"a={direction}", ""]
    return "\r\n".join(lines)


def answer(offer: Audio, host: str, port: int, version: int) -> str:
    """Our answer to their offer: their codec, their numbers, their direction seen from here."""
    return describe(host, port, version, (offer.payload_type,), offer.dtmf_type, _MIRROR[offer.direction])


def parse_audio(text: str) -> Audio | None:
    """The first audio stream we can speak, or None: no audio, no G.711, or no sense."""
    host, direction = "", "sendrecv"
    media: list[str] | None = None
    dtmf_type: int | None = None
    for line in text.splitlines():
        key, _, value = line.strip().partition("=")
        if key == "m":
            if media is not None:
                break  # a second stream: what follows is not ours
            fields = value.split()
            if len(fields) >= 4 and fields[0] == "audio" and fields[2].startswith("RTP/AVP"):
                media = fields
        elif key == "c":
            host = value.split()[-1].partition("/")[0] if value.split() else ""
        elif key == "a" and value in _MIRROR:
            direction = value
        elif key == "a" and media is not None and value.startswith("rtpmap:"):
            number, _, name = value.removeprefix("rtpmap:").partition(" ")
            if name.strip().lower() == "telephone-event/8000" and number.isdecimal():
                dtmf_type = int(number)
    if media is None or not host or not media[1].isdecimal() or int(media[1]) > 65535:
        return None
    payload_type = next((int(f) for f in media[3:] if f.isdecimal() and int(f) in _OURS), None)
    if payload_type is None:
        return None
    return Audio(host, int(media[1]), payload_type, dtmf_type, cast(Direction, direction))
