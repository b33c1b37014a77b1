"""The far end of a simulated call, as its INVITE shows it: who it is, and how to write to it. Pure."""

import secrets

from callback.telephony.simulator.message import Header, Message, Uri, parse_uri

Address = tuple[str, int]
_NOBODY = Uri("", "", 0)


class Caller:
    """One INVITE's sender; `tag` is the phone's half of the dialog, `own` its address."""

    def __init__(self, invite: Message, source: Address, tag: str, own: Address) -> None:
        self.user = (parse_uri(invite.get("from")) or _NOBODY).user
        self.asserted = (parse_uri(invite.get("p-asserted-identity")) or _NOBODY).user
        self._contact = parse_uri(invite.get("contact")) or Uri("", *source)
        self._routes = invite.all("record-route")
        self._invite = invite
        self._tag = tag
        self._own = own

    @property
    def address(self) -> Address:
        """Where requests to it go (RFC 3261 §12.2.1.1)."""
        first = parse_uri(self._routes[0]) if self._routes else self._contact
        assert first is not None
        return first.host, first.port

    def compose(self, method: str, cseq: int, body: str = "", content_type: str = "") -> Message:
        """A request within the dialog, the phone's own CSeq counted by its owner."""
        user = f"{self._contact.user}@" if self._contact.user else ""
        host, port = self._own
        headers: list[Header] = [
            ("via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{secrets.token_hex(8)}"),
            *(("route", route) for route in self._routes),
            ("max-forwards", "70"),
            ("from", f"{self._invite.get('to')};tag={self._tag}"),
            ("to", self._invite.get("from")),
            ("call-id", self._invite.get("call-id")),
            ("cseq", f"{cseq} {method}"),
            ("contact", f"<sip:{host}:{port}>"),
        ]
        if body:
            headers.append(("content-type", content_type))
        return Message(f"{method} sip:{user}{self._contact.host}:{self._contact.port} SIP/2.0", headers, body)
