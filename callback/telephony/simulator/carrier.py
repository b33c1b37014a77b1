"""The simulated carrier: one SIP port behind which every number is a handset.

A peer of the product, not a part of it: it has its own SIP and shares with the product only the pure
arithmetic of RTP and G.711. It lives in an asyncio loop, in a test or in a process of its own.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Iterator

from callback.clock import Clock
from callback.media.rtp import FRAME_S
from callback.telephony.simulator import digest
from callback.telephony.simulator.call import Address, Call, CallState
from callback.telephony.simulator.events import Event
from callback.telephony.simulator.handset import Handset
from callback.telephony.simulator.message import Message, parse, parse_uri, reply
from callback.telephony.simulator.plan import Plan

_CATCH_UP_S = 0.2  # a loop that was blocked longer sends no burst of old packets
_CALLS_KEPT = 5000
_EVENTS_KEPT = 50_000


class Carrier(asyncio.DatagramProtocol):
    """`await start()`, then `handset(number)`; `stop()` forgets every call without a word."""

    def __init__(
        self,
        host: str,
        port: int,
        clock: Clock,
        login: tuple[str, str] | None = None,
        any_number: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.clock = clock
        self.login = login  # asked for by 407, on INVITE and on BYE
        self.silent = False  # nothing is answered: the trunk is down
        self.loss = 0.0  # the share of SIP datagrams that get lost, each way
        self.any_number = any_number  # else a number without a handset is a wrong number
        self.events: list[Event] = []
        self.invites = 0
        self._handsets: dict[str, Handset] = {}
        self._calls: dict[str, Call] = {}  # the last ones over among them: what comes late is answered
        self._open: list[Call] = []  # those that are not over
        self._listeners: list[Callable[[Event], None]] = []
        self._dice = random.Random(len(self.host))  # the same losses every time
        self._nonce = secrets.token_hex(8)
        self._transport: asyncio.DatagramTransport | None = None
        self._metronome: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind the port; OSError if it is taken. Port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        self._metronome = asyncio.create_task(self._beat(), name="carrier-metronome")

    async def stop(self) -> None:
        for call in self._calls.values():
            call.stop()
        if self._metronome is not None:
            self._metronome.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._metronome
        if self._transport is not None:
            self._transport.close()

    def handset(self, number: str, plan: Plan | None = None) -> Handset:
        """The phone with that number (E.164, with or without plus), installed at its first mention."""
        digits = number.lstrip("+")
        if digits not in self._handsets:
            self._handsets[digits] = Handset(f"+{digits}", len(self._handsets), self, self._report)
        if plan is not None:
            self._handsets[digits].plan = plan
        return self._handsets[digits]

    @property
    def handsets(self) -> list[Handset]:
        return list(self._handsets.values())

    def open_calls(self) -> list[Call]:
        """Every phone that rings, every dialog that is up, every response still without its ACK."""
        return [call for call in self._open if call.is_open]

    def on_event(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    async def wait_for(self, kind: str, number: str = "", timeout_s: float = 5.0, from_ms: int = 0) -> Event:
        """The first event of that kind, past or to come; TimeoutError if there is none in time."""
        wanted = f"+{number.lstrip('+')}" if number else ""

        def fits(event: Event) -> bool:
            return event.kind == kind and wanted in ("", event.number) and event.at_ms >= from_ms

        past = next(filter(fits, self.events), None)
        if past is not None:
            return past
        coming: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if fits(event) and not coming.done():
                coming.set_result(event)

        with self._listening(listen):
            return await asyncio.wait_for(coming, timeout_s)

    @contextlib.contextmanager
    def _listening(self, listener: Callable[[Event], None]) -> Iterator[None]:
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    # --- what arrives

    def datagram_received(self, data: bytes, addr: Address) -> None:
        message = None if self._is_lost() else parse(data)
        if message is None:
            return
        call = self._calls.get(message.get("call-id"))
        if not message.is_request:
            if call is not None:
                call.responded(message)
        elif message.method in ("INVITE", "BYE") and not self._is_authorised(message, call):
            self._challenge(message, addr)
        elif call is not None:
            call.received(message, addr)
        elif message.method == "INVITE":
            self._new_call(message, addr)
        elif message.method != "ACK":
            self.send(reply(message, 200 if message.method == "OPTIONS" else 481, "stranger"), addr)

    def error_received(self, exc: Exception) -> None:
        """The far end's port is closed: its process is gone, and the timers will tell."""

    def send(self, message: Message, address: Address) -> None:
        if self._transport is not None and not self._transport.is_closing() and not self._is_lost():
            self._transport.sendto(message.encode(), address)

    def _is_lost(self) -> bool:
        return self.silent or (self.loss > 0 and self._dice.random() < self.loss)

    def _new_call(self, invite: Message, source: Address) -> None:
        uri = parse_uri(invite.uri)
        digits = uri.user.lstrip("+") if uri else ""
        if digits not in self._handsets and not (self.any_number and digits.isdecimal()):
            self.send(reply(invite, 100), source)
            self._refuse_stranger(invite, source)
            return
        self.invites += 1
        while len(self._calls) >= _CALLS_KEPT:
            self._calls.pop(next(iter(self._calls))).stop()
        call = self._calls[invite.get("call-id")] = self.handset(digits).invited(invite, source)
        self._open.append(call)

    def _refuse_stranger(self, invite: Message, source: Address) -> None:
        self.send(reply(invite, 404, "nobody"), source)  # not repeated: the caller repeats its INVITE instead

    def _is_authorised(self, request: Message, call: Call | None) -> bool:
        if self.login is None or (call is not None and request.branch == call.branch):
            return True
        return digest.satisfies(request.get("proxy-authorization"), self.login, request.method, self._nonce)

    def _challenge(self, request: Message, source: Address) -> None:
        header = ("proxy-authenticate", digest.challenge(self._nonce))
        self.send(reply(request, 407, "challenge", (header,)), source)
        self._report("challenged", "", request.get("call-id"), request.method)

    def _report(self, kind: str, number: str, call_id: str, detail: str) -> None:
        event = Event(self.clock.now_ms(), kind, number, call_id, detail)
        self.events.append(event)
        if len(self.events) > 2 * _EVENTS_KEPT:
            del self.events[:_EVENTS_KEPT]
        for listener in tuple(self._listeners):
            listener(event)

    async def _beat(self) -> None:
        """Every 20 ms one packet of every line, by the monotonic clock."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            self._open = [call for call in self._open if call.state is not CallState.ENDED]
            for call in self._open:
                if call.line.sending:
                    call.line.tick()
            due_s += FRAME_S
            if loop.time() - due_s > _CATCH_UP_S:
                due_s = loop.time()
            await asyncio.sleep(max(0.0, due_s - loop.time()))
