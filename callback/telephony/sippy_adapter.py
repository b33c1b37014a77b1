"""The SIP library, and nothing but the library: transactions over one UDP port.

The only module that imports sippy, and it must itself be imported in the thread that runs sippy's loop
(`stack` sees to that): sippy remembers the thread of its first import. Every method runs there. What
arrives is handed on as plain values through `tell`, which hops to the asyncio loop.

sippy's transactions are used (RFC 3261 §17), its user agent is not: it reports the end of a leg before the
BYE has left, answers no challenge to a BYE, and sends BYE before ACK when an answer crosses our CANCEL.

    send ──► newTransaction ──► responses           a 2xx to INVITE is not ACKed until `acknowledge`
    handleIncoming ◄── a 2xx nobody waits for: if its names are ours, its transaction is rebuilt, ACKed, told
"""

import socket
import traceback
from collections.abc import Callable
from hashlib import md5
from typing import Any

import structlog
from sippy import Network_server, SipTransactionManager, Udp_server
from sippy.Core import EventDispatcher
from sippy.Core.EventDispatcher import ED2
from sippy.MsgBody import MsgBody
from sippy.SipConf import SipConf
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.Time.Timeout import Timeout

from callback.clock import Clock
from callback.telephony.door import is_message
from callback.telephony.names import Names
from callback.telephony.wire import Address, Challenge, Incoming, Login, Outgoing, Reply, Response, is_address

Tell = Callable[..., None]  # tell(function, *arguments): call it in the asyncio loop
OnResponse = Callable[[Response], None]
_TICKS_HZ = 25.0  # how fine timers are; messages wake the loop at once. sippy's own 100 costs 1 % of a core
_KEEP_ALIVE_BYTES = 4  # RFC 5626 §3.5.1: two line ends; phones behind a NAT send them all day
_CHALLENGES = {401: "www-authenticate", 407: "proxy-authenticate"}


class _DirectUdp(Udp_server.Udp_server):
    """Sends at once, in the caller's thread: what `send` returned from is on the wire, in order."""

    def send_to(self, data: bytes | str, address: Address, delayed: bool = False) -> None:
        datagram = data if isinstance(data, bytes) else data.encode()
        if not is_address(address[0]):
            super().send_to(datagram, address, delayed)  # a name in a Contact: resolved in sippy's own thread
            return
        try:
            self.skt.sendto(datagram, address)
        except OSError as error:  # no route, a full buffer: to SIP it is a lost packet, and is repeated
            structlog.get_logger().warning("sip.send_failed", to=address, error=str(error))


class _OneReceiver(Udp_server.Udp_server_opts):
    nworkers = 1  # three threads reorder packets: BYE overtakes ACK, a digit is lost
    flags = 0  # with SO_REUSEADDR two processes may have the port, and one of them hears nothing


class _OnePort:
    """In place of sippy's table of local addresses, which leaks a socket: there is one."""

    def __init__(self, config: dict[str, Any], on_datagram: Callable[..., None], *_: object) -> None:
        address = (config["_sip_address"], config["_sip_port"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(address)  # sippy leaks its socket when it cannot bind it
        options = _OneReceiver(address, on_datagram)
        self._server = _DirectUdp(config, options)

    def getServer(self, _address: Address, is_local: bool = False) -> _DirectUdp:  # noqa: N802 - sippy's name
        return self._server

    def rotateCache(self) -> None:  # noqa: N802 - sippy's name
        """There is none."""

    def shutdown(self) -> None:
        self._server.shutdown()


class _Silence:
    def write(self, *_: object, **__: object) -> None:
        """sippy's logger: messages hold credentials and numbers."""


class Agent(SipTransactionManager.SipTransactionManager):
    """One UDP port and the transactions on it."""

    def __init__(
        self,
        host: str,
        port: int,
        user_agent: str,
        names: Names,
        clock: Clock,
        tell: Tell,
        on_incoming: Callable[[Incoming], None],
        on_stray: OnResponse,
    ) -> None:
        self.malformed = 0
        self._silent = False
        self._names = names
        self._clock = clock
        self._tell = tell
        self._on_incoming = on_incoming
        self._on_stray = on_stray
        self._sent_by = (host, port)
        self._user_agent = user_agent
        SipConf.my_uaname = user_agent
        for module in (SipTransactionManager, Network_server, Udp_server, EventDispatcher):
            module.dump_exception = self._fault  # they print to standard output otherwise
        SipTransactionManager.local4remote = _OnePort
        super().__init__({"_sip_address": host, "_sip_port": port, "_sip_logger": _Silence()}, self._request)

    def _fault(self, what: str, *_: object, **__: object) -> None:
        """sippy reports every exception here: what cannot be parsed is dropped and counted, silently."""
        if what.startswith("can't parse"):
            self.malformed += 1
        else:  # without the values in each frame: they hold credentials and numbers
            structlog.get_logger().error("sip.fault", what=what, trace=traceback.format_exc())

    # --- requests of ours

    def send(
        self,
        outgoing: Outgoing,
        on_response: OnResponse,
        on_sent: Callable[[int], None],
        no_reply_s: float,
        expires_s: float,
    ) -> Any:
        """Start a client transaction; without any response for `no_reply_s` a local 408 comes instead."""
        transaction = self.newTransaction(
            self._request_of(outgoing),
            self._hearing(on_response, held=outgoing.method == "INVITE"),
            cb_ifver=2,
        )
        transaction.expires = expires_s
        self._limit_silence(transaction, no_reply_s)
        self._tell(on_sent, self._clock.now_ms())
        return transaction

    def _limit_silence(self, transaction: Any, no_reply_s: float) -> None:
        transaction.teB.cancel()
        transaction.teB = Timeout(self.timerB, no_reply_s, 1, transaction)

    def cancel(self, transaction: Any) -> None:
        """CANCEL, as soon as a provisional response allows it (RFC 3261 §9.1); late ones do nothing."""
        if transaction is not None and transaction.tid is not None:
            self.cancelTransaction(transaction)

    def acknowledge(self, transaction: Any, on_sent: Callable[[], None]) -> None:
        """Send the ACK of a 2xx that was held back."""
        if transaction.state is SipTransactionManager.UACK:
            self.sendACK(transaction)
        self._tell(on_sent)

    def send_ack(self, ack: Outgoing) -> None:
        """Without a transaction: an ACK has no response."""
        text = ack.text(self._sent_by, self._user_agent)
        self.transmitData(self.l4r.getServer(ack.target), text, ack.target)

    def revive_and_cancel(
        self, outgoing: Outgoing, on_final: OnResponse, on_cancel: OnResponse, no_reply_s: float
    ) -> None:
        """CANCEL an INVITE that an earlier process sent; it is not repeated, for it might ring anew."""
        transaction = self._adopt(self._request_of(outgoing), self._hearing(on_final), cb_ifver=2)
        self._limit_silence(transaction, no_reply_s)
        self.newTransaction(transaction.cancel, self._hearing(on_cancel), userv=transaction.userv, cb_ifver=2)

    def close(self) -> None:
        """Give the port back; what still runs is forgotten. Safe to repeat."""
        if self.tclient is None:  # sippy's mark of a manager that was shut down
            return
        for transaction in (*self.tclient.values(), *self.tserver.values()):
            for name in ("teA", "teB", "teC", "teD", "teE", "teF", "teG"):
                timer = getattr(transaction, name, None)
                if timer is not None:
                    timer.cancel()
        self.shutdown()

    def _request_of(self, outgoing: Outgoing) -> Any:
        request = SipRequest(outgoing.text(self._sent_by, self._user_agent))
        request.setTarget((outgoing.target, "udp"))
        request.user_agent = self._user_agent
        return request

    def _hearing(self, on_response: OnResponse, held: bool = False) -> Callable[[Any, Any], None]:
        def hear(response: Any, transaction: Any) -> None:
            if held and 200 <= response.scode < 300:
                transaction.uack = True
            self._tell(on_response, self._read_response(response))

        return hear

    def _read_response(self, response: Any) -> Response:
        cseq, method = response.getHFBody("cseq").getCSeq()
        contact = self._read_contact(response)
        local = response.source is None
        sender, to = response.getHFBody("from"), response.getHFBody("to")
        return Response(
            status=response.scode,
            method=method,
            call_id=str(response.getHFBody("call-id")),
            cseq=cseq,
            sender=str(sender),
            from_tag=sender.getTag() or "",
            to=str(to),
            to_tag=to.getTag() or "",
            contact=contact,
            record_routes=tuple(map(str, response.getHFBodys("record-route"))),
            body="" if response.getBody() is None else str(response.getBody()),
            challenge=self._read_challenge(response),
            local=local,
            source=("", 0) if local else response.getSource(),
            at_ms=self._clock.now_ms(),
        )

    def _read_contact(self, response: Any) -> str:
        """Its URI; one that cannot be read (tel:, *) is taken out, for sippy would fail on it at the ACK."""
        if not response.countHFs("contact"):
            return ""
        try:
            return str(response.getHFBody("contact").getUrl())
        except (ValueError, AttributeError, IndexError):
            response.delHFs("contact")
            return ""

    def _read_challenge(self, response: Any) -> Challenge | None:
        name = _CHALLENGES.get(response.scode)
        if name is None:
            return None
        usable = [(c, *c.supportedAlgorithm()) for c in response.getHFBodys(name)]

        def answer(login: Login, method: str, uri: str) -> tuple[str, str] | None:
            for challenge, supported, qop in usable:
                if supported:
                    credentials = challenge.genAuthHF(login.username, login.password, method, uri, None, qop)
                    return credentials.getCanName(""), str(credentials)
            return None

        return Challenge(answer)

    # --- requests from outside

    def _request(self, request: Any, transaction: Any) -> tuple[None, None, None]:
        body, content_type = request.getBody(), ""
        if body is not None:
            content_type = body.getType()
        self._tell(
            self._on_incoming,
            Incoming(
                method=request.getMethod(),
                call_id=str(request.getHFBody("call-id")),
                from_tag=request.getHFBody("from").getTag() or "",
                to_tag=request.getHFBody("to").getTag() or "",
                cseq=request.getHFBody("cseq").getCSeqNum(),
                content_type=content_type,
                body="" if body is None else str(body),
                at_ms=self._clock.now_ms(),
                reply=lambda reply: ED2.callFromThread(self._reply, request, transaction, reply),
            ),
        )
        return None, None, None  # the transaction stays; the reply comes from the asyncio loop

    def _reply(self, request: Any, transaction: Any, reply: Reply) -> None:
        if transaction.tid not in self.tserver or transaction.state is SipTransactionManager.COMPLETED:
            return  # cancelled or expired meanwhile
        response = request.genResponse(reply.status, reply.reason, server=self._user_agent)
        for name, value in reply.headers:
            response.appendHeader(SipHeader(f"{name}: {value}"))
        if reply.body:
            response.setBody(MsgBody(reply.body))
        on_ack = reply.on_ack
        self.sendResponse(response, transaction, ack_cb=on_ack and (lambda ack: self._acked(ack, on_ack)))

    def _acked(self, ack: Any, on_ack: Callable[[str], None]) -> None:
        self._tell(on_ack, "" if ack.getBody() is None else str(ack.getBody()))

    # --- what arrives

    def transmitData(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802 - sippy's name
        if not self._silent:
            super().transmitData(*args, **kwargs)

    def handleIncoming(self, data: bytes, ra: Any, server: Any, rtime: Any) -> None:  # noqa: N802 - sippy's name
        """Every datagram comes by here; a 2xx without a transaction is seen before sippy drops it."""
        if not is_message(data):
            self.malformed += len(data) > _KEEP_ALIVE_BYTES
            return
        if data.startswith(b"SIP/2.0 2"):
            try:
                self._adopt_stray(data, ra)
            except (ValueError, IndexError, AttributeError, TypeError):
                self._fault("can't parse a 2xx")
        super().handleIncoming(data, ra, server, rtime)

    def _adopt_stray(self, data: bytes, ra: Any) -> None:
        checksum = md5(data, usedforsecurity=False).digest()
        if checksum in self.l1rcache or checksum in self.l2rcache:
            return  # a repetition: sippy repeats the ACK
        response = SipResponse(data.decode())
        cseq, method = response.getHFBody("cseq").getCSeq()
        if method != "INVITE":
            return
        call_id, tag = str(response.getHFBody("call-id")), response.getHFBody("from").getTag()
        if self._names.find_leg_id(call_id, tag) is None:
            return
        known = self.tclient.get(response.getTId(True, True))
        if known is not None and known.state is not SipTransactionManager.TERMINATED:
            return
        if known is not None:  # it had been given up: the answer came after all
            known.teC.cancel()
            del self.tclient[known.tid]
        to = response.getHFBody("to")
        invite = SipRequest(
            method="INVITE",
            ruri=to.getUrl().getCopy(),
            to=to.getCopy(),
            fr0m=response.getHFBCopy("from"),
            via=response.getHFBCopy("via"),
            callid=response.getHFBCopy("call-id"),
            cseq=cseq,
            target=(ra.address, "udp"),
        )
        self._adopt(invite, lambda answer: self._tell(self._on_stray, self._read_response(answer)))

    def _adopt(self, invite: Any, on_response: Callable[..., None], cb_ifver: int = 1) -> Any:
        """A client transaction for an INVITE that is out already: sippy will ACK whatever final comes."""
        self._silent = True
        try:
            transaction = self.newTransaction(invite, on_response, cb_ifver=cb_ifver)
        finally:
            self._silent = False
        transaction.teA.cancel()
        transaction.teA = None
        transaction.state = SipTransactionManager.RINGING
        return transaction


def post(function: Callable[..., None], *arguments: object) -> None:
    """Call it in sippy's thread, in order; from any thread."""
    ED2.callFromThread(function, *arguments)


def run_forever() -> None:
    """sippy's loop, in the thread that imported this module."""
    ED2.loop(freq=_TICKS_HZ)
