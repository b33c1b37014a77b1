"""The embedded SIP backend: sippy for signalling, the media process for sound, joined leg by leg.

    runner ── dial, hang_up, play, bridge ──► SipBackend ──► OutboundCall ──► SipStack ──► SIP
           ◄── Trying … Ended ───────────────     │  ▲
                                                  └──┴──── Sounds ──► MediaProcess ──────► RTP

Events of a leg come in the asyncio loop, in order, `Ended` once and last. The media process may die and
come back: the legs live on. Must not know sessions, money or the database.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from callback.clock import Clock
from callback.config import Sip
from callback.core.causes import Cause
from callback.core.spoken import without_digits
from callback.media import events as media_events
from callback.media.client import MediaProcess
from callback.media.events import StreamStats
from callback.prompts.catalogue import prompts_of
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
from callback.telephony.recovery import SETTLE_S, Recovery
from callback.telephony.sdp import Audio
from callback.telephony.sounds import Sounds
from callback.telephony.stack import TRANSACTION_S, SipStack
from callback.telephony.wire import ALLOW, GONE, Dialog, Incoming, Login, Reply, Response, is_address

__all__ = ["Login", "SipBackend"]

_CLOSE_S = 5.0
_ALLOWED = (("Allow", ALLOW),)
_OUTSIDE_A_DIALOG = {
    "OPTIONS": Reply(200, "OK", _ALLOWED),
    "INVITE": Reply(486, "Busy Here"),  # refused before the answer: the caller pays nothing
    "BYE": GONE,
    "INFO": GONE,
}


@dataclass(slots=True)
class _Leg:
    call: OutboundCall
    figures: "asyncio.Future[StreamStats] | None" = None
    limit: Cause = Cause.MONEY_ENDED  # what the media process ends it for


class SipBackend:
    """`Backend` over SIP. `trunks` are the logins of those trunks that ask for one, by name.

    `no_reply_s`: how long a next hop may be silent before it counts as down (RFC 3261 timer B); `settle_s`:
    how long a lost leg that the far end does not know must stay quiet before it counts as absent.
    """

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
        settle_s: float = SETTLE_S,
    ) -> None:
        self._config = config
        self._logins = dict(trunks)
        self._language = language
        self._run_dir = run_dir
        self._clock = clock
        self._rtp_timeout_s = rtp_timeout_s
        self._no_reply_s = no_reply_s
        self._settle_s = settle_s
        self._letters = Letters(Names(key), str(config.address), config.port)
        self._legs: dict[str, _Leg] = {}
        self._idle = asyncio.Event()
        self._on_event: Callable[[BackendEvent], None] = lambda event: None

    async def start(self, on_event: Callable[[BackendEvent], None]) -> None:
        """Bind the SIP port and start the media process; OSError or `MediaUnavailable` if that fails."""
        self._on_event = on_event
        host = str(self._config.address)
        self._stack = await SipStack.start(
            host,
            self._config.port,
            self._config.user_agent,
            self._letters.names,
            self._clock,
            self._received,
            self._stray,
        )
        self._recovery = Recovery(
            self._letters, self._stack, self._logins, self._clock, self._no_reply_s, self._settle_s
        )
        try:
            self._media = await MediaProcess.start(
                self._run_dir,
                host,
                self._config.rtp_ports,
                self._media_event,
                rtp_timeout_s=self._rtp_timeout_s,
                preload=prompts_of(self._language),
                clock=self._clock,
            )
        except BaseException:
            await self._stack.close()
            raise
        self._sounds = Sounds(self._media, self._language)

    async def recover(
        self, legs: Sequence[LostLeg], on_outcome: Callable[[str, LostOutcome, int], None]
    ) -> None:
        """End what an earlier process left; see `Backend.recover`."""
        await self._recovery.recover(legs, on_outcome)

    async def close(self) -> None:
        """Hang up what is left, wait for it (≤ 5 s) and stop."""
        for leg_id in tuple(self._legs):
            self.hang_up(leg_id, Cause.CLEARED)
        if self._legs:
            self._idle.clear()
            try:
                await asyncio.wait_for(self._idle.wait(), _CLOSE_S)
            except TimeoutError:
                structlog.get_logger().warning("sip.closed_with_legs", legs=sorted(self._legs))
        await self._stack.close()
        await self._media.aclose()

    @property
    def malformed(self) -> int:
        """Datagrams on the SIP port that made no sense, since the start."""
        return self._stack.malformed

    @property
    def media_pid(self) -> int | None:
        """The media process that lives now."""
        return self._media.pid

    # --- what the runner asks

    def dial(self, spec: DialSpec) -> None:
        """Ring a phone; the row of the leg is committed."""
        leg_id = spec.leg_id
        assert leg_id not in self._legs, f"leg {leg_id} was dialled already"
        login = self._logins.get(spec.trunk)
        call = OutboundCall(spec, self._letters, self._stack, login, self, self._clock, self._no_reply_s)
        self._legs[leg_id] = _Leg(call)
        if not is_address(spec.next_hop[0]):  # resolving is the runner's; what is left did not resolve
            asyncio.get_running_loop().call_soon(call.hang_up, Cause.TRUNK_DOWN)
            return

        def ready(port: int) -> None:
            if leg_id in self._legs:
                call.invite(port)
            else:
                self._sounds.close(leg_id)  # hung up while it waited for a stream

        self._sounds.open(leg_id, ready, lambda: call.hang_up(Cause.SYSTEM_TROUBLE))

    def hang_up(self, leg_id: str, cause: Cause) -> None:
        """CANCEL, decline or BYE, as the leg stands; its Ended follows."""
        if leg_id in self._legs:
            self._legs[leg_id].call.hang_up(cause)

    def play(self, leg_id: str, playback_id: int, items: Sequence[str], loop: bool = False) -> None:
        """Prompt keys or `tone:<name>`; of prompts that are all missing only the end is reported."""
        if leg_id in self._legs and not self._sounds.play(leg_id, playback_id, items, loop):
            asyncio.get_running_loop().call_soon(self._played, leg_id, playback_id)

    def stop(self, leg_id: str) -> None:
        """Silence what plays."""
        self._sounds.stop(leg_id)

    def bridge(self, leg_a: str, leg_b: str) -> None:
        """Join two legs; one that has not answered yet is only listened to, until it answers."""
        self._sounds.bridge(leg_a, leg_b)

    def unbridge(self, leg_a: str) -> None:
        """Part the leg from whatever it is joined with."""
        self._sounds.unbridge(leg_a)

    def limit(self, leg_id: str, until_ms: int, cause: Cause) -> None:
        """The media process falls silent then, whatever becomes of us, and the leg is hung up."""
        if leg_id in self._legs:
            self._legs[leg_id].limit = cause
        self._sounds.limit(leg_id, (until_ms - self._clock.now_ms()) / 1000)

    # --- what a call reports (outbound.News)

    def sent(self, leg_id: str, at_ms: int) -> None:
        self._on_event(Trying(leg_id, at_ms))

    def ringing(self, leg_id: str, at_ms: int) -> None:
        self._on_event(Ringing(leg_id, at_ms))

    def early_media(self, leg_id: str, audio: Audio, at_ms: int) -> None:
        first = not self._sounds.is_connected(leg_id)
        if self._sounds.connect(leg_id, audio, answered=False) and first:
            self._on_event(EarlyMedia(leg_id, at_ms))

    def answered(self, leg_id: str, audio: Audio, dialog: Dialog, at_ms: int) -> None:
        call = self._legs[leg_id].call
        if self._sounds.connect(leg_id, audio, answered=True):
            self._on_event(Answered(leg_id, at_ms, dialog.to_mapping(), call.confirm))
        else:
            call.hang_up(Cause.CONGESTION)

    def renegotiated(self, leg_id: str, audio: Audio) -> None:
        self._sounds.connect(leg_id, audio, answered=True)

    def digit(self, leg_id: str, digit: str, at_ms: int) -> None:
        self._sounds.pass_on(leg_id, digit)
        self._on_event(Digit(leg_id, at_ms, digit))

    def leaving(self, leg_id: str) -> None:
        leg = self._legs[leg_id]
        leg.figures = leg.figures or self._sounds.close(leg_id)

    def over(self, leg_id: str, cause: Cause, sip_status: int, at_ms: int) -> None:
        self.leaving(leg_id)
        figures = self._legs[leg_id].figures

        def end(quality: Mapping[str, float]) -> None:
            del self._legs[leg_id]
            self._on_event(Ended(leg_id, at_ms, cause, sip_status, quality))
            if not self._legs:
                self._idle.set()

        if figures is None:
            end({})
        else:
            figures.add_done_callback(lambda done: end(_quality(done.result())))

    # --- what comes from outside

    def _received(self, request: Incoming) -> None:
        if not request.to_tag:
            refusal = Reply(405, "Method Not Allowed", _ALLOWED)
            request.reply(_OUTSIDE_A_DIALOG.get(request.method, refusal))
            return
        leg = self._find_leg(request.call_id, request.to_tag)
        if leg is not None:
            leg.call.received(request)
        else:
            self._recovery.received(request)

    def _stray(self, response: Response) -> None:
        leg = self._find_leg(response.call_id, response.from_tag)
        if leg is None or leg.call.remote_tag != response.to_tag:  # a living call only needed its ACK again
            self._recovery.stray(response)

    def _find_leg(self, call_id: str, our_tag: str) -> _Leg | None:
        leg_id = self._letters.names.find_leg_id(call_id, our_tag)
        return None if leg_id is None else self._legs.get(leg_id)

    def _media_event(self, event: media_events.MediaEvent) -> None:
        if isinstance(event, media_events.MediaLost | media_events.MediaBack):
            structlog.get_logger().warning("sip.media", what=type(event).__name__, legs=len(self._legs))
            return
        leg_id = self._sounds.find_leg(event.stream_id)
        if leg_id is None:
            return
        match event:
            case media_events.DigitHeard(_, digit, at_ms):
                self._on_event(Digit(leg_id, at_ms, digit))
            case media_events.PlaybackDone(_, playback_id, fault):
                if fault:
                    told = without_digits(fault)
                    structlog.get_logger().error("sip.prompt_unreadable", leg=leg_id, prompt=told)
                self._played(leg_id, playback_id)
            case media_events.RtpTimeout() if self._sounds.is_answered(leg_id):
                self.hang_up(leg_id, Cause.MEDIA_TIMEOUT)
            case media_events.LimitReached():
                self.hang_up(leg_id, self._legs[leg_id].limit)

    def _played(self, leg_id: str, playback_id: int) -> None:
        if leg_id in self._legs:
            self._on_event(PlaybackDone(leg_id, self._clock.now_ms(), playback_id))


def _quality(stats: StreamStats) -> dict[str, float]:
    return {
        "rx": float(stats.rx_packets),
        "tx": float(stats.tx_packets),
        "lost": float(stats.lost_packets),
        "jitter_ms": stats.jitter_ms,
    }
