"""One outbound call: an INVITE of ours, the dialog that may come of it, and its end.

    waiting ─invite─► inviting ──2xx──► answered ─confirm: ACK─► up
       │                 │ │                │                     │
       │        hang_up  │ └─3xx–6xx─► over │ hang_up: ACK + BYE  │ hang_up: BYE      BYE comes in
       ▼                 ▼                  ▼                     ▼                        │
      over           cancelling ──487──► over                 leaving ──200 to BYE──► over ◄┘
                         └──2xx (it crossed our CANCEL)─► ACK + BYE ─► leaving

`over` is reported only when nothing is left on the wire, so that a crash in between still finds the leg in
the database. Its time is the moment of the BYE, which is what counts for the bill. Must not know media.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from callback.clock import Clock
from callback.core.causes import Cause, from_sip
from callback.failpoints import reach
from callback.telephony import DialSpec, infodigit, sdp
from callback.telephony.letters import FIRST_CSEQ, Letters
from callback.telephony.stack import TRANSACTION_S, Exchange, SipStack
from callback.telephony.wire import ALLOW, GONE, OK, Dialog, Incoming, Login, Outgoing, Reply, Response

_BACKSTOP_S = 5  # how long after the session's ring time we end it ourselves
_GRACE_S = 10  # and when the phone gives up by itself, should we be dead (Expires, RFC 3261 §13.2.1)


class News(Protocol):
    """Where a call reports; `over` exactly once, and last."""

    def sent(self, leg_id: str, at_ms: int) -> None: ...
    def ringing(self, leg_id: str, at_ms: int) -> None: ...
    def early_media(self, leg_id: str, audio: sdp.Audio, at_ms: int) -> None: ...
    def answered(self, leg_id: str, audio: sdp.Audio, dialog: Dialog, at_ms: int) -> None: ...
    def renegotiated(self, leg_id: str, audio: sdp.Audio) -> None: ...
    def digit(self, leg_id: str, digit: str, at_ms: int) -> None: ...
    def leaving(self, leg_id: str) -> None: ...
    def over(self, leg_id: str, cause: Cause, sip_status: int, at_ms: int) -> None: ...


class State(Enum):
    WAITING = auto()
    INVITING = auto()
    CANCELLING = auto()
    ANSWERED = auto()
    UP = auto()
    LEAVING = auto()
    OVER = auto()


class OutboundCall:
    """Runs in the asyncio loop; every method returns at once, late ones do nothing."""

    def __init__(
        self,
        spec: DialSpec,
        letters: Letters,
        stack: SipStack,
        login: Login | None,
        news: News,
        clock: Clock,
        no_reply_s: float,
    ) -> None:
        self.state = State.WAITING
        self._spec = spec
        self._letters = letters
        self._stack = stack
        self._login = login
        self._news = news
        self._clock = clock
        self._no_reply_s = no_reply_s
        self._wanted: Cause | None = None
        self._status = 0
        self._cseq = FIRST_CSEQ
        self._remote_cseq = -1
        self._invite: Exchange | None = None
        self._dialog: Dialog | None = None
        self._early: sdp.Audio | None = None
        self._rang = False
        self._heard = False  # any response at all
        self._rtp_port = 0
        self._sdp_version = 1
        self._ended_at_ms = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def remote_tag(self) -> str:
        """The far end's half of the dialog; empty before the answer."""
        return "" if self._dialog is None else self._dialog.remote_tag

    @property
    def leg_id(self) -> str:
        return self._spec.leg_id

    # --- what we do

    def invite(self, rtp_port: int) -> None:
        """Send the INVITE; the leg is committed by now."""
        if self.state is not State.WAITING:
            return
        self.state = State.INVITING
        self._rtp_port = rtp_port
        self._arm(self._spec.ring_s + _BACKSTOP_S, lambda: self.hang_up(Cause.NO_ANSWER))
        reach("dialer.invite_sending")
        self._send_invite(())

    def hang_up(self, cause: Cause) -> None:
        """End it, however it stands; `over` follows, with this cause.

        If the next hop never said a word, nobody answered because nobody was there: the trunk is down.
        """
        if self.state in (State.CANCELLING, State.LEAVING, State.OVER):
            return
        if cause is Cause.NO_ANSWER and not self._heard:
            cause = Cause.TRUNK_DOWN
        self._wanted = cause
        if self.state is State.WAITING:
            self._over(cause, self._clock.now_ms())
        elif self.state is State.INVITING:
            assert self._invite is not None
            self.state = State.CANCELLING
            self._disarm()
            self._stack.cancel(self._invite)
            self._arm(self._no_reply_s, lambda: self._over(cause, self._clock.now_ms()))  # RFC 3261 §9.1
            self._news.leaving(self.leg_id)
        else:
            self._leave()

    def confirm(self) -> None:
        """The answer is committed: let the far end have its ACK."""
        if self.state is State.ANSWERED:
            self.state = State.UP
            self._acknowledge()

    # --- the INVITE and its responses

    def _send_invite(self, credentials: tuple[tuple[str, str], ...]) -> None:
        body = sdp.describe(self._letters.host, self._rtp_port, self._sdp_version)
        expires_s = self._spec.ring_s + _BACKSTOP_S + _GRACE_S
        outgoing = self._letters.invite(self._spec, self._cseq, body, expires_s, credentials)
        self._invite = self._stack.send(
            outgoing,
            lambda response: self._responded(response, outgoing.cseq),
            self._sent,
            self._no_reply_s,
            expires_s + TRANSACTION_S,
        )

    def _sent(self, at_ms: int) -> None:
        if self._cseq == FIRST_CSEQ:
            reach("dialer.invite_sent")
            self._news.sent(self.leg_id, at_ms)

    def _responded(self, response: Response, cseq: int) -> None:
        if self.state is State.OVER and 200 <= response.status < 300:
            self._answered_after_all(response)
        if cseq != self._cseq or self.state not in (State.INVITING, State.CANCELLING):
            return
        self._heard = self._heard or not response.local
        if response.status < 200:
            self._provisional(response)
        elif response.status < 300:
            self._accepted(response)
        elif not self._challenged(response):
            self._refused(response)

    def _provisional(self, response: Response) -> None:
        if self.state is State.CANCELLING or response.status == 100:
            return
        if response.status == 180 and not self._rang:
            self._rang = True
            reach("dialer.ringing")
            self._news.ringing(self.leg_id, response.at_ms)
        audio = sdp.parse_audio(response.body)
        if audio is not None and audio != self._early:
            self._early = audio
            self._news.early_media(self.leg_id, audio, response.at_ms)

    def _challenged(self, response: Response) -> bool:
        """Try once more with credentials (RFC 3261 §22.2)."""
        credentials = self._credentials(response, self._invite)
        if credentials is None or self.state is State.CANCELLING or self._cseq != FIRST_CSEQ:
            return False
        self._cseq += 1
        self._send_invite((credentials,))
        return True

    def _refused(self, response: Response) -> None:
        self._status = 0 if response.local else response.status
        if self._wanted is not None:
            cause = self._wanted
        elif response.local:
            cause = Cause.NO_ANSWER if self._rang else Cause.TRUNK_DOWN
        else:
            cause = from_sip(response.status)
        self._over(cause, response.at_ms)

    def _accepted(self, response: Response) -> None:
        self._status = response.status
        self._dialog = Dialog.of(response)
        self._cseq += 1
        self._disarm()
        audio = sdp.parse_audio(response.body) or self._early
        if self.state is State.CANCELLING or audio is None or audio.port == 0:
            self._wanted = self._wanted or Cause.CONGESTION  # it answered with nothing we can hear
            self._leave()
            return
        self.state = State.ANSWERED
        reach("dialer.answer_seen")
        self._news.answered(self.leg_id, audio, self._dialog, response.at_ms)

    def _answered_after_all(self, response: Response) -> None:
        """We had given it up 32 s after the CANCEL: nobody waits for this call any more."""
        self._dialog = Dialog.of(response)
        self._cseq += 1
        self._acknowledge()
        self._send_bye(())

    def _acknowledge(self) -> None:
        assert self._invite is not None
        self._stack.acknowledge(self._invite, lambda: reach("dialer.ack_sent"))

    # --- the end

    def _leave(self) -> None:
        """BYE, after the ACK that is still owed."""
        if self.state is not State.UP:
            self._acknowledge()
        self.state = State.LEAVING
        self._news.leaving(self.leg_id)
        self._send_bye(())

    def _send_bye(self, credentials: tuple[tuple[str, str], ...]) -> None:
        assert self._dialog is not None
        bye = self._letters.bye(self._spec, self._dialog, self._cseq, credentials)
        self._cseq += 1
        self._stack.send(
            bye,
            lambda response: self._bye_answered(response, bye, bool(credentials)),
            self._bye_sent,
            self._no_reply_s,
        )

    def _bye_sent(self, at_ms: int) -> None:
        self._ended_at_ms = self._ended_at_ms or at_ms
        reach("dialer.bye_sent")

    def _bye_answered(self, response: Response, bye: Outgoing, second: bool) -> None:
        if response.status < 200 or self.state is not State.LEAVING:
            return
        if not second and response.challenge and self._login:
            credentials = response.challenge.answer(self._login, bye.method, bye.uri)
            if credentials is not None:
                self._send_bye((credentials,))
                return
        assert self._wanted is not None
        self._over(self._wanted, self._ended_at_ms)

    def _credentials(self, response: Response, exchange: Exchange | None) -> tuple[str, str] | None:
        if response.challenge is None or self._login is None or exchange is None:
            return None
        return response.challenge.answer(self._login, exchange.outgoing.method, exchange.outgoing.uri)

    def _over(self, cause: Cause, at_ms: int) -> None:
        self.state = State.OVER
        self._disarm()
        self._news.over(self.leg_id, cause, self._status, at_ms)

    def _arm(self, after_s: float, function: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(after_s, function)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- requests of the far end, within the dialog

    def received(self, request: Incoming) -> None:
        """Answer it; RFC 3261 §12.2.2 and §15.1.2."""
        if self._dialog is None or self.state is State.OVER:
            request.reply(OK if request.method == "BYE" else GONE)
            return
        if request.cseq <= self._remote_cseq:
            request.reply(Reply(500, "Out of Order"))
            return
        self._remote_cseq = request.cseq
        match request.method:
            case "BYE":
                request.reply(OK)
                self._left(request.at_ms)
            case "INFO":
                self._informed(request)
            case "INVITE":
                self._reinvited(request)
            case "OPTIONS":
                request.reply(Reply(200, "OK", (("Allow", ALLOW),)))
            case _:
                request.reply(Reply(405, "Method Not Allowed", (("Allow", ALLOW),)))

    def _left(self, at_ms: int) -> None:
        if self.state is State.LEAVING:
            return  # both hung up: our own BYE is answered soon
        if self.state is State.ANSWERED:
            self._acknowledge()
        self._news.leaving(self.leg_id)
        self._over(Cause.HANGUP, at_ms)

    def _informed(self, request: Incoming) -> None:
        digit = infodigit.parse(request.content_type, request.body)
        request.reply(OK)
        if digit is not None and self.state in (State.ANSWERED, State.UP):
            self._news.digit(self.leg_id, digit, request.at_ms)

    def _reinvited(self, request: Incoming) -> None:
        """Hold, resume or a new address; without an offer we offer, and their answer is in the ACK."""
        if self.state is not State.UP:
            request.reply(Reply(491, "Request Pending"))
            return
        self._sdp_version += 1
        headers = (("Contact", self._letters.contact), ("Allow", ALLOW))
        if not request.body:
            offer = sdp.describe(self._letters.host, self._rtp_port, self._sdp_version)
            request.reply(Reply(200, "OK", headers, offer, on_ack=self._renegotiate))
            return
        audio = sdp.parse_audio(request.body)
        if audio is None:
            request.reply(Reply(488, "Not Acceptable Here"))
            return
        request.reply(
            Reply(
                200, "OK", headers, sdp.answer(audio, self._letters.host, self._rtp_port, self._sdp_version)
            )
        )
        self._news.renegotiated(self.leg_id, audio)

    def _renegotiate(self, body: str) -> None:
        audio = sdp.parse_audio(body)
        if audio is not None and self.state is State.UP:
            self._news.renegotiated(self.leg_id, audio)
