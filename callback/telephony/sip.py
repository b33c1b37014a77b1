"""The embedded SIP backend: sippy for signalling, the media process for sound, joined leg by leg.

    runner ── dial, hang_up, play, bridge ──► SipBackend ──► OutboundCall ──► SipStack ──► SIP
           ◄── Trying … Ended ───────────────     │  ▲
                                                  └──┴──── MediaProcess ─────────────────► RTP

Events of a leg come in the asyncio loop, in order, `Ended` once and last. A stream is silent both ways the
moment its leg begins to leave. The media process may die and come back: the legs live on. Must not know
sessions, money or the database.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from callback.clock import Clock
from callback.config import Sip
from callback.core.causes import Cause
from callback.media import events as media_events
from callback.media.client import MediaProcess
from callback.prompts.catalogue import find_prompt
from callback.telephony import (
    Answered,
    BackendEvent,
    DialSpec,
    Digit,
    EarlyMedia,
    Ended,
    LostLeg,
    LostOutcome,
    PlaybackDone,
    Ringing,
    Trying,
)
from callback.telephony.letters import Letters
from callback.telephony.names import Names
from callback.telephony.outbound import OutboundCall
from callback.telephony.recovery import Recovery
from callback.telephony.sdp import DTMF_TYPE, Audio
from callback.telephony.stack import TRANSACTION_S, SipStack
from callback.telephony.streams import StreamShelf
from callback.telephony.wire import ALLOW, GONE, Dialog, Incoming, Login, Reply, Response

__all__ = ["Login", "SipBackend"]

_CLOSE_S = 5.0
_TONE = "tone:"


@dataclass(slots=True)
class _Leg:
    call: OutboundCall
    stream: str = ""  # empty: it has none yet, or no more
    connected: bool = False
    answered: bool = False
    peer: str = ""  # the leg it is bridged with
    figures: "asyncio.Future[media_events.StreamStats] | None" = field(default=None)


class SipBackend:
    """`Backend` over SIP. `trunks` are the logins of those trunks that ask for one, by name."""

    def __init__(
        self,
        config: Sip,
        key: bytes,
        trunks: Mapping[str, Login],
        language: str,
        run_dir: Path,
        clock: Clock,
        rtp_timeout_s: float,
        no_reply_s: float = TRANSACTION_S,
    ) -> None:
        self._config = config
        self._logins = dict(trunks)
        self._language = language
        self._run_dir = run_dir
        self._clock = clock
        self._rtp_timeout_s = rtp_timeout_s
        self._no_reply_s = no_reply_s
        self._letters = Letters(Names(key), str(config.address), config.port)
        self._legs: dict[str, _Leg] = {}
        self._by_stream: dict[str, str] = {}
        self._none_left = asyncio.Event()
        self._on_event: Callable[[BackendEvent], None] = lambda event: None
        self._closing = False

    async def start(self, on_event: Callable[[BackendEvent], None]) -> None:
        """Bind the SIP port and start the media process; OSError or `MediaUnavailable` if that fails."""
        self._on_event = on_event
        self._stack = await SipStack.start(
            str(self._config.address),
            self._config.port,
            self._config.user_agent,
            self._letters.names,
            self._clock,
            self._received,
            self._stray,
        )
        self._recovery = Recovery(self._letters, self._stack, self._logins, self._clock)
        try:
            self._media = await MediaProcess.start(
                self._run_dir,
                str(self._config.address),
                self._config.rtp_ports,
                self._media_event,
                rtp_timeout_s=self._rtp_timeout_s,
                clock=self._clock,
            )
        except BaseException:
            await self._stack.close()
            raise
        self._shelf = StreamShelf(self._media)
        self._shelf.fill()

    async def recover(
        self, legs: Sequence[LostLeg], on_outcome: Callable[[str, LostOutcome, int], None]
    ) -> None:
        """End what an earlier process left; see `Backend.recover`."""
        await self._recovery.recover(legs, on_outcome)

    @property
    def malformed(self) -> int:
        """Datagrams on the SIP port that made no sense, since the start."""
        return self._stack.malformed

    # --- what the runner asks

    def dial(self, spec: DialSpec) -> None:
        """Ring a phone; the row of the leg is committed."""
        assert spec.leg_id not in self._legs, f"leg {spec.leg_id} was dialled already"
        call = OutboundCall(
            spec,
            self._letters,
            self._stack,
            self._logins.get(spec.trunk),
            self,
            self._clock,
            self._no_reply_s,
        )
        leg = self._legs[spec.leg_id] = _Leg(call)

        def ready(stream: str, port: int) -> None:
            if leg is not self._legs.get(spec.leg_id):
                self._media.close(stream)  # hung up while it waited
                return
            leg.stream = stream
            self._by_stream[stream] = spec.leg_id
            call.invite(port)

        self._shelf.take(ready, lambda: call.hang_up(Cause.SYSTEM_TROUBLE))

    def hang_up(self, leg_id: str, cause: Cause) -> None:
        if leg_id in self._legs:
            self._legs[leg_id].call.hang_up(cause)

    def play(self, leg_id: str, playback_id: int, items: Sequence[str], loop: bool = False) -> None:
        leg = self._legs.get(leg_id)
        if leg is None or not leg.stream:
            return
        found = [item if item.startswith(_TONE) else find_prompt(self._language, item) for item in items]
        self._media.play(leg.stream, playback_id, found, loop)

    def stop(self, leg_id: str) -> None:
        leg = self._legs.get(leg_id)
        if leg and leg.stream:
            self._media.stop(leg.stream)

    def bridge(self, leg_a: str, leg_b: str) -> None:
        """Join two legs; one that has not answered yet is only listened to."""
        a, b = self._legs.get(leg_a), self._legs.get(leg_b)
        if a and b and a.stream and b.stream:
            self._part(leg_a)
            self._part(leg_b)
            a.peer, b.peer = leg_b, leg_a
            self._join(leg_a)

    def unbridge(self, leg_a: str) -> None:
        leg = self._legs.get(leg_a)
        if leg and leg.stream and leg.peer:
            self._part(leg_a)
            self._media.unbridge(leg.stream)

    def limit(self, leg_id: str, until_ms: int) -> None:
        leg = self._legs.get(leg_id)
        if leg and leg.stream:
            self._media.limit(leg.stream, (until_ms - self._clock.now_ms()) / 1000)

    async def close(self) -> None:
        """Hang up what is left, wait for it (≤ 5 s) and stop."""
        for leg_id in list(self._legs):
            self.hang_up(leg_id, Cause.CLEARED)
        if self._legs:
            self._closing = True
            try:
                await asyncio.wait_for(self._none_left.wait(), _CLOSE_S)
            except TimeoutError:
                structlog.get_logger().warning("sip.closed_with_legs", legs=sorted(self._legs))
        await self._stack.close()
        await self._media.aclose()

    # --- what a call reports (outbound.News)

    def sent(self, leg_id: str, at_ms: int) -> None:
        self._on_event(Trying(leg_id, at_ms))

    def ringing(self, leg_id: str, at_ms: int) -> None:
        self._on_event(Ringing(leg_id, at_ms))

    def early_media(self, leg_id: str, audio: Audio, at_ms: int) -> None:
        first = not self._legs[leg_id].connected
        if self._connect(leg_id, audio) and first:
            self._on_event(EarlyMedia(leg_id, at_ms))

    def answered(self, leg_id: str, audio: Audio, dialog: Dialog, at_ms: int) -> None:
        leg = self._legs[leg_id]
        if not self._connect(leg_id, audio):
            leg.call.hang_up(Cause.CONGESTION)
            return
        leg.answered = True
        if leg.peer:
            self._join(leg_id)
        self._on_event(Answered(leg_id, at_ms, dialog.to_mapping(), leg.call.confirm))

    def renegotiated(self, leg_id: str, audio: Audio) -> None:
        self._connect(leg_id, audio)

    def digit(self, leg_id: str, digit: str, at_ms: int) -> None:
        """A key pressed by SIP INFO; the media process passes on only those it hears itself."""
        peer = self._legs.get(self._legs[leg_id].peer)
        if peer and peer.stream:
            self._media.digits(peer.stream, digit)
        self._on_event(Digit(leg_id, at_ms, digit))

    def leaving(self, leg_id: str) -> None:
        """From now on nothing is heard on either side."""
        leg = self._legs[leg_id]
        self._part(leg_id)
        if leg.stream:
            leg.figures = self._media.close(leg.stream)
            del self._by_stream[leg.stream]
            leg.stream = ""

    def over(self, leg_id: str, cause: Cause, sip_status: int, at_ms: int) -> None:
        self.leaving(leg_id)
        figures = self._legs[leg_id].figures

        def end(stats: media_events.StreamStats) -> None:
            del self._legs[leg_id]
            quality = {
                "rx": float(stats.rx_packets),
                "tx": float(stats.tx_packets),
                "lost": float(stats.lost_packets),
                "jitter_ms": stats.jitter_ms,
            }
            self._on_event(Ended(leg_id, at_ms, cause, sip_status, quality if figures else {}))
            if self._closing and not self._legs:
                self._none_left.set()

        if figures is None:
            end(media_events.StreamStats())
        else:
            figures.add_done_callback(lambda done: end(done.result()))

    # --- what comes from outside

    def _received(self, request: Incoming) -> None:
        if not request.to_tag:
            request.reply(
                _FIRST_REPLIES.get(request.method, Reply(405, "Method Not Allowed", (("Allow", ALLOW),)))
            )
            return
        leg_id = self._letters.names.find_leg_id(request.call_id, request.to_tag)
        leg = None if leg_id is None else self._legs.get(leg_id)
        if leg is not None:
            leg.call.received(request)
        else:
            self._recovery.received(request)

    def _stray(self, response: Response) -> None:
        leg_id = self._letters.names.find_leg_id(response.call_id, response.sender.rpartition(";tag=")[2])
        leg = None if leg_id is None else self._legs.get(leg_id)
        if leg is None or leg.call.remote_tag != response.to_tag:  # a living call only needed its ACK again
            self._recovery.stray(response)

    def _media_event(self, event: media_events.MediaEvent) -> None:
        match event:
            case media_events.MediaLost() | media_events.MediaBack():
                structlog.get_logger().warning("sip.media", event=type(event).__name__, legs=len(self._legs))
                return
        leg_id = self._by_stream.get(event.stream_id, "")
        leg = self._legs.get(leg_id)
        if leg is None or not leg.stream:
            return
        match event:
            case media_events.DigitHeard(_, digit, at_ms):
                self._on_event(Digit(leg_id, at_ms, digit))
            case media_events.PlaybackDone(_, playback_id, fault):
                if fault:
                    structlog.get_logger().error("sip.prompt_missing", leg=leg_id, prompt=fault)
                self._on_event(PlaybackDone(leg_id, self._clock.now_ms(), playback_id))
            case media_events.RtpTimeout() if leg.answered:
                leg.call.hang_up(Cause.MEDIA_TIMEOUT)
            case media_events.LimitReached():
                leg.call.hang_up(Cause.MONEY_ENDED)

    # --- streams

    def _connect(self, leg_id: str, audio: Audio) -> bool:
        leg = self._legs[leg_id]
        if not leg.stream:
            return False
        try:
            self._media.connect(
                leg.stream,
                audio.host,
                audio.port,
                audio.payload_type,
                audio.dtmf_type,
                audio.direction,
                dtmf_receive_type=DTMF_TYPE,
            )
        except ValueError:  # a name or IPv6 where RFC 4566 allows it: no phone of a trunk writes that
            return False
        leg.connected = True
        return True

    def _join(self, leg_id: str) -> None:
        leg = self._legs[leg_id]
        peer = self._legs[leg.peer]
        if leg.answered or not peer.answered:
            self._media.bridge(leg.stream, peer.stream, listen_only=not peer.answered)
        else:
            self._media.bridge(peer.stream, leg.stream, listen_only=True)

    def _part(self, leg_id: str) -> None:
        leg = self._legs[leg_id]
        peer = self._legs.get(leg.peer)
        leg.peer = ""
        if peer is not None:
            peer.peer = ""


_FIRST_REPLIES = {
    "OPTIONS": Reply(200, "OK", (("Allow", ALLOW),)),
    "INVITE": Reply(486, "Busy Here"),  # refused before the answer: the caller pays nothing
    "BYE": GONE,
    "INFO": GONE,
}
