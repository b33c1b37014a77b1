"""The requests we write: INVITE, and what ends it, for a leg of ours.

CANCEL must repeat the INVITE's Request-URI, From, To and branch to the letter (RFC 3261 §9.1), also when
another process sent it, so both are composed from here, from the leg and the names alone. Pure.
"""

from typing import Protocol

from callback.telephony.names import Names
from callback.telephony.wire import ALLOW, Address, Dialog, Outgoing, bare_uri, uri_address

FIRST_CSEQ = 1
Header = tuple[str, str]


class Addressed(Protocol):
    """What a `DialSpec` and a `LostLeg` have in common."""

    @property
    def leg_id(self) -> str: ...
    @property
    def callee(self) -> str: ...
    @property
    def cli(self) -> str: ...
    @property
    def next_hop(self) -> Address: ...


class Letters:
    """Composes requests for one agent: our names and our address."""

    def __init__(self, names: Names, host: str, port: int) -> None:
        self.names = names
        self.host = host
        self.port = port

    @property
    def contact(self) -> str:
        return f"<sip:{self.host}:{self.port}>"

    def invite(
        self,
        leg: Addressed,
        cseq: int,
        body: str = "",
        expires_s: int = 0,
        credentials: tuple[Header, ...] = (),
    ) -> Outgoing:
        """Without a body it is only a memory of an INVITE, good for its CANCEL."""
        headers: list[Header] = [("Contact", self.contact)]
        if body:
            headers += [
                ("P-Asserted-Identity", f"<{self._own_uri(leg)}>"),
                ("Allow", ALLOW),
                ("Expires", str(expires_s)),
            ]
        return Outgoing(
            method="INVITE",
            uri=self._uri(leg),
            call_id=self.names.call_id(leg.leg_id),
            sender=self._sender(leg),
            to=self._to(leg),
            cseq=cseq,
            branch=self.names.branch(leg.leg_id, "INVITE", cseq),
            target=leg.next_hop,
            headers=(*headers, *credentials),
            body=body,
        )

    def bye(
        self, leg: Addressed, dialog: Dialog, cseq: int, credentials: tuple[Header, ...] = ()
    ) -> Outgoing:
        """The end of an answered leg, by loose or strict routing (RFC 3261 §12.2.1.1)."""
        uri, routes, target = self._way(leg, dialog)
        return Outgoing(
            method="BYE",
            uri=uri,
            call_id=self.names.call_id(leg.leg_id),
            sender=self._sender(leg),
            to=f"{self._to(leg)};tag={dialog.remote_tag}",
            cseq=cseq,
            branch=self.names.branch(leg.leg_id, "BYE" + dialog.remote_tag, cseq),
            target=target,
            routes=routes,
            headers=credentials,
        )

    def ack(self, leg: Addressed, dialog: Dialog, cseq: int) -> Outgoing:
        """The ACK of the 2xx to the INVITE with this CSeq, sent by whichever process (RFC 3261 §13.2.2.4)."""
        uri, routes, target = self._way(leg, dialog)
        return Outgoing(
            method="ACK",
            uri=uri,
            call_id=self.names.call_id(leg.leg_id),
            sender=self._sender(leg),
            to=f"{self._to(leg)};tag={dialog.remote_tag}",
            cseq=cseq,
            branch=self.names.branch(leg.leg_id, "ACK" + dialog.remote_tag, cseq),
            target=target,
            routes=routes,
        )

    def _way(self, leg: Addressed, dialog: Dialog) -> tuple[str, tuple[str, ...], Address]:
        remote = dialog.contact or self._uri(leg)
        if not dialog.routes:
            return remote, (), uri_address(remote) or leg.next_hop
        first = bare_uri(dialog.routes[0])
        target = uri_address(first) or leg.next_hop
        if ";lr" in first.lower():
            return remote, dialog.routes, target
        return first, (*dialog.routes[1:], f"<{remote}>"), target

    def _uri(self, leg: Addressed) -> str:
        host, port = leg.next_hop
        return f"sip:{leg.callee}@{host}:{port}"

    def _own_uri(self, leg: Addressed) -> str:
        return f"sip:{leg.cli}@{self.host}"

    def _sender(self, leg: Addressed) -> str:
        return f"<{self._own_uri(leg)}>;tag={self.names.tag(leg.leg_id)}"

    def _to(self, leg: Addressed) -> str:
        return f"<sip:{leg.callee}@{leg.next_hop[0]}>"
