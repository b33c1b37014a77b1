"""SIP messages as plain values: what crosses between our logic and the SIP library.

An `Outgoing` is a request of ours in full; its text is composed here, so that a restarted process composes
the same to the letter. `Response` and `Incoming` are what we read from the far end. Pure, and without the
library: its types stay in `sippy_adapter`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

Address = tuple[str, int]

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"
_URI = re.compile(r"sips?:(?:[^@>;?]*@)?(\[[^\]]+\]|[^:;?>\s]+)(?::(\d{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Login:
    """What a trunk knows us by (RFC 3261 §22)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request, whole. `target` is where the datagram goes, whatever its headers say."""

    method: str
    uri: str
    call_id: str
    sender: str  # From, with its tag
    to: str
    cseq: int
    branch: str
    target: Address
    routes: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""  # SDP

    def text(self, sent_by: Address, user_agent: str) -> str:
        """The datagram (RFC 3261 §7); `sent_by` is our own address in the Via."""
        lines = [
            f"{self.method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {sent_by[0]}:{sent_by[1]};rport;branch={self.branch}",
            *(f"Route: {route}" for route in self.routes),
            "Max-Forwards: 70",
            f"From: {self.sender}",
            f"To: {self.to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {self.method}",
            *(f"{name}: {value}" for name, value in self.headers),
            f"User-Agent: {user_agent}",
        ]
        if self.body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join([*lines, f"Content-Length: {len(self.body.encode())}", "", self.body])


@dataclass(frozen=True, slots=True)
class Response:
    """An answer to a request of ours. `local`: nobody answered, and the library gave up."""

    status: int
    method: str
    call_id: str
    cseq: int
    sender: str  # From, as we wrote it
    from_tag: str
    to: str
    to_tag: str
    contact: str  # URI, empty if there is none
    record_routes: tuple[str, ...]
    body: str
    challenge: "Challenge | None"
    local: bool
    source: Address
    at_ms: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """A 401 or 407: `answer(login, method, uri)` is the header that satisfies it, None if we cannot."""

    answer: Callable[[Login, str, str], tuple[str, str] | None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request from outside. `reply` is called exactly once; a non-empty body is SDP."""

    method: str
    call_id: str
    from_tag: str
    to_tag: str
    cseq: int
    content_type: str
    body: str
    at_ms: int
    reply: Callable[["Reply"], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    on_ack: Callable[[str], None] | None = field(default=None, compare=False)  # given the body of the ACK


OK = Reply(200, "OK")
GONE = Reply(481, "Call/Transaction Does Not Exist")


@dataclass(frozen=True, slots=True)
class Dialog:
    """All that an answered leg's 2xx adds: with it any process can send the BYE (RFC 3261 §12.1.2)."""

    remote_tag: str
    contact: str
    routes: tuple[str, ...]

    @classmethod
    def of(cls, response: Response) -> "Dialog":
        return cls(response.to_tag, response.contact, tuple(reversed(response.record_routes)))

    @classmethod
    def from_mapping(cls, stored: Mapping[str, object]) -> "Dialog":
        """What `to_mapping` made, from the database."""
        routes = stored.get("routes", ())
        assert isinstance(routes, list | tuple)
        return cls(str(stored["remote_tag"]), str(stored["contact"]), tuple(map(str, routes)))

    def to_mapping(self) -> dict[str, object]:
        return {"remote_tag": self.remote_tag, "contact": self.contact, "routes": list(self.routes)}


def uri_address(uri: str) -> Address | None:
    """Where a SIP URI (or an address around one) points; 5060 unless it says otherwise."""
    found = _URI.search(uri)
    if found is None or int(found[2] or 5060) > 65535:
        return None
    return found[1], int(found[2] or 5060)


def is_address(host: str) -> bool:
    """An IPv4 or IPv6 address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def bare_uri(address: str) -> str:
    """The URI of a name-addr or addr-spec, as in Contact, Route and To (RFC 3261 §20.10)."""
    _, bracket, rest = address.partition("<")
    return rest.partition(">")[0] if bracket else address.partition(";")[0].strip()
