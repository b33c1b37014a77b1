"""SIP messages as text, read and written for the simulated carrier (RFC 3261 §7). Pure.

Written apart from the product's own SIP code on purpose: a peer that shared it would share its mistakes.
"""

import re
from dataclasses import dataclass, field

Header = tuple[str, str]

_SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
}
_URI = re.compile(r"sip:(?:([^@>;]*)@)?([^:;>]+)(?::(\d+))?", re.IGNORECASE)
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


@dataclass(frozen=True, slots=True)
class Uri:
    user: str
    host: str
    port: int


@dataclass(slots=True)
class Message:
    """A request or a response; `start` is its first line."""

    start: str
    headers: list[Header] = field(default_factory=list)
    body: str = ""

    @property
    def is_request(self) -> bool:
        return not self.start.startswith("SIP/2.0")

    @property
    def method(self) -> str:
        """Of a request its own, of a response the one it answers."""
        return self.start.split(" ", 1)[0] if self.is_request else self.get("cseq").split()[-1]

    @property
    def status(self) -> int:
        return int(self.start.split()[1])

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    @property
    def cseq(self) -> int:
        return int(self.get("cseq").split()[0])

    @property
    def branch(self) -> str:
        return parameter(self.get("via"), "branch")

    def get(self, name: str) -> str:
        """The first header of that name, empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.start, *(f"{name.title()}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def parse(data: bytes) -> Message | None:
    """The message in a datagram; None for what is none, keep-alives included."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            return None
        key = name.strip().lower()
        headers.append((_SHORT.get(key, key), value.strip()))
    message = Message(first, [h for h in headers if h[0] != "content-length"], body)
    names = {name for name, _ in headers}
    complete = {"via", "from", "to", "call-id", "cseq"} <= names and len(first.split()) >= 3
    return message if complete and re.fullmatch(r"\d+ [A-Z]+", message.get("cseq")) else None


def reply(
    request: Message, status: int, to_tag: str = "", headers: tuple[Header, ...] = (), body: str = ""
) -> Message:
    """The response to a request (RFC 3261 §8.2.6)."""
    to = request.get("to")
    if to_tag and not parameter(to, "tag"):
        to = f"{to};tag={to_tag}"
    copied: list[Header] = [(n, v) for n, v in request.headers if n in ("via", "record-route")]
    copied += [("from", request.get("from")), ("to", to), ("call-id", request.get("call-id"))]
    copied += [("cseq", request.get("cseq")), *headers]
    if body:
        copied.append(("content-type", "application/sdp"))
    return Message(f"SIP/2.0 {status} {REASONS.get(status, 'Unspecified')}", copied, body)


def parameter(value: str, name: str) -> str:
    """A `;name=value` of a header, outside its angle brackets; empty if it is not there."""
    _, _, after = value.rpartition(">")
    found = re.search(rf";\s*{name}\s*=\s*([^;,\s]+)", after, re.IGNORECASE)
    return found[1] if found else ""


def parse_uri(text: str) -> Uri | None:
    found = _URI.search(text)
    return Uri(found[1] or "", found[2], int(found[3] or 5060)) if found else None
