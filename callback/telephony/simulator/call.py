"""One call to a simulated handset: the callee's half of RFC 3261, with real timers.

ringing ──answer──► answered (200 repeated until its ACK) ──ACK──► up ──BYE──► ended
   │ reject, CANCEL ──► refused (repeated until its ACK) ──ACK──► ended
   └ a 200 that gets no ACK in 32 s is followed by BYE (§13.3.1.4)
"""

import asyncio
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from callback.clock import Clock
from callback.telephony.simulator import description
from callback.telephony.simulator.caller import Caller
from callback.telephony.simulator.hearing import Recording
from callback.telephony.simulator.line import Line
from callback.telephony.simulator.message import Header, Message, reply
from callback.telephony.simulator.plan import Plan
from callback.telephony.simulator.repeating import Repeater

Address = tuple[str, int]


class CallState(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    UP = "up"
    LEAVING = "leaving"
    REFUSED = "refused"
    ENDED = "ended"


class Exchange(Protocol):
    """What a call needs of its carrier."""

    host: str
    port: int
    clock: Clock

    def send(self, message: Message, address: Address) -> None: ...


class Call:
    """Lives in the asyncio loop; `tell(kind, detail)` reports each change."""

    def __init__(
        self,
        exchange: Exchange,
        invite: Message,
        source: Address,
        plan: Plan,
        tune: str,
        recording: Recording,
        tell: Callable[[str, str], None],
    ) -> None:
        self.state = CallState.RINGING
        self.call_id = invite.get("call-id")
        self.branch = invite.branch
        self.plan = plan
        self._exchange = exchange
        self._invite = invite
        self._source = source
        self._tell = tell
        self._tag = secrets.token_hex(6)
        self.caller = Caller(invite, source, self._tag, (exchange.host, exchange.port))
        self._cseq = 0
        self._version = 1
        self._last: Message | None = None  # of the INVITE, for its repetitions
        self._repeater: Repeater | None = None
        self._requests: dict[str, tuple[Repeater, Callable[[Message], None]]] = {}
        self.line = Line(exchange.host, exchange.clock, recording, tell)
        self._tune = tune
        offer = description.parse_offer(invite.body)
        if offer is not None:
            self.line.point(offer.host, offer.port)
            self.line.event_type = offer.event_type
        self.line.payload_type = description.payload_type(plan.codec)
        self._plan_task = asyncio.create_task(self._follow(), name=f"call-{self.call_id}")

    @property
    def is_open(self) -> bool:
        """Whether anything of it is left: a ringing phone, a dialog, a response without its ACK."""
        return self.state is not CallState.ENDED and not self.plan.silent

    # --- the plan, and live verbs

    async def _follow(self) -> None:
        plan = self.plan
        if plan.silent:
            return
        self._respond(100)
        if plan.early_s:
            self.early_media()
            await asyncio.sleep(plan.early_s)
        elif plan.ring_s is None or plan.ring_s > 0:
            self.ring()
        if plan.ring_s is None:
            return
        await asyncio.sleep(plan.ring_s)
        if plan.reject:
            self.reject(plan.reject)
        else:
            self.answer()

    async def _talk(self) -> None:
        for after_s, keys in self.plan.press:
            await asyncio.sleep(after_s)
            self.press(keys)
        if self.plan.hang_up_after_s is not None:
            await asyncio.sleep(self.plan.hang_up_after_s)
            self.hang_up()

    def ring(self) -> None:
        self._respond(180)
        self._tell("ringing", "")

    def early_media(self) -> None:
        """183 (or 180) with SDP, and sound from now on."""
        self._respond(180 if self.plan.ring_with_sdp else 183, self._describe())
        self.line.play(self._tune)
        self.line.sending = True
        self._tell("early", "")

    def answer(self) -> None:
        """Pick the phone up; nothing happens unless it rings."""
        if self.state is not CallState.RINGING:
            return
        self.state = CallState.ANSWERED
        self._plan_task.cancel()
        response = self._response(200, self._describe())
        self.line.play(self._tune if self.plan.tune else "")
        self.line.sending = True
        self._tell("answered", "")
        self._repeat(response, self._no_ack)

    def reject(self, status: int) -> None:
        """Refuse; nothing happens unless it rings."""
        if self.state is not CallState.RINGING:
            return
        self.state = CallState.REFUSED
        self._plan_task.cancel()
        self.line.close()
        self._tell("rejected", str(status))
        self._repeat(self._response(status), self._end)

    def hang_up(self) -> None:
        """BYE after an answer; a ringing phone declines."""
        if self.state is CallState.RINGING:
            self.reject(603)
        if self.state not in (CallState.ANSWERED, CallState.UP):
            return
        self._stop_repeating()
        self.state = CallState.LEAVING
        self.line.close()
        self._plan_task.cancel()
        self._tell("bye-sent", "")
        self._request("BYE", lambda _response: self._end())

    def press(self, keys: str, by: str = "") -> None:
        """Press keys as the plan says, or `by` "rtp", "info" (dtmf-relay) or "info-plain"."""
        way = by or self.plan.by
        if way == "rtp":
            self.line.press(keys)
            return
        for key in keys:
            relay = way == "info"
            kind = "application/dtmf-relay" if relay else "application/dtmf"
            self._request("INFO", _ignore, f"Signal={key}\r\nDuration=160\r\n" if relay else key, kind)

    def play(self, tune: str) -> None:
        self.line.play(tune)

    def speak(self, pcm: bytes) -> None:
        self.line.speak(pcm)

    def mute(self, muted: bool = True) -> None:
        """Send no packets at all, as a phone does whose network is gone."""
        self.line.sending = not muted

    def renegotiate(self, direction: str = "sendrecv", host: str = "") -> None:
        """Send a re-INVITE: `sendonly` or `inactive` holds, `host` "0.0.0.0" holds in the old way."""
        self._version += 1
        body = self._describe(direction).replace(
            f"c=IN IP4 {self._exchange.host}", f"c=IN IP4 {host or self._exchange.host}"
        )
        self._request("INVITE", self._renegotiated, body, "application/sdp")

    # --- what arrives

    def received(self, request: Message, source: Address) -> None:
        """A request of the caller within this call."""
        if self.plan.silent:
            return
        match request.method:
            case "INVITE" if request.branch == self.branch:
                if self._last is not None:
                    self._exchange.send(self._last, self._source)
            case "INVITE":
                self._answer_reinvite(request, source)
            case "ACK":
                self._acknowledged()
            case "CANCEL":
                self._cancelled(request, source)
            case "BYE":
                self._bye(request, source)
            case _:
                self._exchange.send(reply(request, 200, self._tag), source)

    def responded(self, response: Message) -> None:
        """A response to a request of this phone."""
        found = self._requests.get(response.branch)
        if found is None or response.status < 200:
            return
        del self._requests[response.branch]
        found[0].stop()
        found[1](response)

    def _acknowledged(self) -> None:
        if self.state is CallState.ANSWERED:
            self._stop_repeating()
            self.state = CallState.UP
            self._tell("acked", "")
            self._plan_task = asyncio.create_task(self._talk(), name=f"talk-{self.call_id}")
        elif self.state is CallState.REFUSED:
            self._end()

    def _cancelled(self, request: Message, source: Address) -> None:
        if request.branch != self.branch or self.state in (CallState.UP, CallState.ENDED):
            self._exchange.send(reply(request, 481, self._tag), source)
            return
        self._exchange.send(reply(request, 200, self._tag), source)
        if self.state is CallState.RINGING and not self.plan.silent:
            self._tell("cancelled", "")
            if self.plan.answer_on_cancel:
                self.answer()
            else:
                self.reject(487)

    def _bye(self, request: Message, source: Address) -> None:
        if not self.plan.acknowledge_bye:
            return
        self._exchange.send(reply(request, 200, self._tag), source)
        if self.state is not CallState.ENDED:
            self._tell("bye", "")
            self._end()

    def _answer_reinvite(self, request: Message, source: Address) -> None:
        headers: tuple[Header, ...] = (self._contact,)
        self._exchange.send(reply(request, 200, self._tag, headers, self._describe()), source)

    # --- sending

    @property
    def _contact(self) -> Header:
        return "contact", f"<sip:{self._exchange.host}:{self._exchange.port}>"

    def _describe(self, direction: str = "sendrecv") -> str:
        event_type = self.line.event_type if self.plan.events else None
        return description.write(
            self._exchange.host, self.line.port, self.plan.codec, event_type, direction, self._version
        )

    def _response(self, status: int, body: str = "") -> Message:
        self._last = reply(self._invite, status, "" if status == 100 else self._tag, (self._contact,), body)
        return self._last

    def _respond(self, status: int, body: str = "") -> None:
        self._exchange.send(self._response(status, body), self._source)

    def _repeat(self, response: Message, on_give_up: Callable[[], None]) -> None:
        self._repeater = Repeater(lambda: self._exchange.send(response, self._source), on_give_up)

    def _stop_repeating(self) -> None:
        if self._repeater is not None:
            self._repeater.stop()
            self._repeater = None

    def _no_ack(self) -> None:
        self._tell("no-ack", "")
        self.hang_up()

    def _request(
        self, method: str, on_final: Callable[[Message], None], body: str = "", content_type: str = ""
    ) -> None:
        request = self.caller.compose(method, self._next_cseq(), body, content_type)
        address = self.caller.address
        repeater = Repeater(lambda: self._exchange.send(request, address), self._end)
        self._requests[request.branch] = (repeater, on_final)

    def _next_cseq(self) -> int:
        self._cseq += 1
        return self._cseq

    def _renegotiated(self, response: Message) -> None:
        self._exchange.send(self.caller.compose("ACK", response.cseq), self.caller.address)
        answer = description.parse_offer(response.body)
        if response.status == 200 and answer is not None:
            self.line.point(answer.host, answer.port)
        self._tell("renegotiated", str(response.status))

    def _end(self) -> None:
        self.stop()
        self._tell("over", "")

    def stop(self) -> None:
        """Forget it, without a word to the caller."""
        self.state = CallState.ENDED
        self._stop_repeating()
        for repeater, _ in self._requests.values():
            repeater.stop()
        self._requests.clear()
        self._plan_task.cancel()
        self.line.close()


def _ignore(_response: Message) -> None:
    """Whatever the answer is."""
