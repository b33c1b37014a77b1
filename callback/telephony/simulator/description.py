"""The simulated handset's reading and writing of SDP (RFC 4566): its own, as `message` is. Pure."""

import re
from dataclasses import dataclass

from callback.telephony.simulator.plan import Codec

_TYPES: dict[Codec, int] = {"PCMU": 0, "PCMA": 8}
_EVENT_TYPE = 101


@dataclass(frozen=True, slots=True)
class Offer:
    host: str
    port: int
    formats: tuple[int, ...]
    event_type: int | None


def parse_offer(text: str) -> Offer | None:
    host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    media = re.search(r"^m=audio (\d+) RTP/AVP ([\d ]+)", text, re.MULTILINE)
    event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", text, re.MULTILINE | re.IGNORECASE)
    if not host or not media:
        return None
    return Offer(host[1], int(media[1]), tuple(map(int, media[2].split())), int(event[1]) if event else None)


def write(
    host: str, port: int, codec: Codec, event_type: int | None, direction: str = "sendrecv", version: int = 1
) -> str:
    """One codec, and telephone-events unless the phone takes none."""
    number = _TYPES[codec]
    formats = f"{number}" if event_type is None else f"{number} {event_type}"
    events = (
        ""
        if event_type is None
        else f"a=rtpmap:{event_type} telephone-event/8000\r\na=fmtp:{event_type} 0-16\r\n"
    )
    return (
        f"v=0\r\no=- {port} {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:{number} {codec}/8000\r\n"
        f"{events}a=ptime:20\r\na={direction}\r\n"
    )


def payload_type(codec: Codec) -> int:
    return _TYPES[codec]
