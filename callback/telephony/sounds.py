"""The sound of each leg: its RTP stream, what plays on it, and whom it is joined with.

Speaks to the media process in streams, to the backend in legs. A stream is closed the moment its leg begins
to leave, so that nothing is heard afterwards. One that has not answered yet is only listened to: nobody
talks before the call is paid for. Must not know SIP.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from callback.core.spoken import without_digits
from callback.media.client import MediaProcess
from callback.media.events import StreamStats
from callback.prompts.catalogue import PromptMissing, find_prompt
from callback.telephony.sdp import DTMF_TYPE, Audio
from callback.telephony.streams import StreamShelf

_TONE = "tone:"


@dataclass(slots=True)
class _Sound:
    stream: str
    connected: bool = False
    answered: bool = False
    peer: str = ""  # the leg it is joined with


class Sounds:
    """Every leg that has a stream; methods for one that has none do nothing."""

    def __init__(self, media: MediaProcess, language: str) -> None:
        self._media = media
        self._language = language
        self._shelf = StreamShelf(media)
        self._shelf.fill()
        self._of_leg: dict[str, _Sound] = {}
        self._legs: dict[str, str] = {}  # stream → leg

    def open(self, leg_id: str, ready: Callable[[int], None], none_left: Callable[[], None]) -> None:
        """Give the leg a stream: `ready(port)`, mostly at once; `none_left()` if every port is in use."""

        def taken(stream: str, port: int) -> None:
            self._of_leg[leg_id] = _Sound(stream)
            self._legs[stream] = leg_id
            ready(port)

        self._shelf.take(taken, none_left)

    def close(self, leg_id: str) -> "asyncio.Future[StreamStats] | None":
        """Silence, now and for good; the figures follow. None if there is nothing to close."""
        sound = self._of_leg.get(leg_id)
        if sound is None:
            return None
        self._part(sound)
        del self._of_leg[leg_id]
        del self._legs[sound.stream]
        return self._media.close(sound.stream)

    def find_leg(self, stream: str) -> str | None:
        return self._legs.get(stream)

    def is_connected(self, leg_id: str) -> bool:
        sound = self._of_leg.get(leg_id)
        return sound is not None and sound.connected

    def is_answered(self, leg_id: str) -> bool:
        sound = self._of_leg.get(leg_id)
        return sound is not None and sound.answered

    def connect(self, leg_id: str, audio: Audio, answered: bool) -> bool:
        """The far end said where it listens; False if that is no place we can send to."""
        sound = self._of_leg.get(leg_id)
        if sound is None:
            return False
        try:
            self._media.connect(
                sound.stream,
                audio.host,
                audio.port,
                audio.payload_type,
                audio.dtmf_type,
                audio.direction,
                dtmf_receive_type=DTMF_TYPE,
            )
        except ValueError:  # a name or IPv6, which RFC 4566 allows and no trunk's phone writes
            return False
        sound.connected = True
        if answered and not sound.answered:
            sound.answered = True
            if sound.peer:
                self._join(sound, self._of_leg[sound.peer])
        return True

    def play(self, leg_id: str, playback_id: int, items: Sequence[str], loop: bool) -> bool:
        """Prompts and tones in order; one that is missing is skipped. False if nothing is left of them."""
        sound = self._of_leg.get(leg_id)
        found = [path for item in items if (path := self._find(item))]
        if sound is not None and found:
            self._media.play(sound.stream, playback_id, found, loop)
        return bool(found)

    def _find(self, item: str) -> str:
        if item.startswith(_TONE):
            return item
        try:
            return str(find_prompt(self._language, item))
        except PromptMissing as error:
            structlog.get_logger().error("sip.prompt_missing", why=without_digits(str(error)))
            return ""

    def stop(self, leg_id: str) -> None:
        sound = self._of_leg.get(leg_id)
        if sound is not None:
            self._media.stop(sound.stream)

    def limit(self, leg_id: str, until_s_from_now: float) -> None:
        sound = self._of_leg.get(leg_id)
        if sound is not None:
            self._media.limit(sound.stream, until_s_from_now)

    def pass_on(self, leg_id: str, digit: str) -> None:
        """A key that came by signalling: the leg it is joined with hears it too."""
        sound = self._of_leg.get(leg_id)
        peer = self._of_leg.get(sound.peer) if sound else None
        if peer is not None and peer.answered:
            self._media.digits(peer.stream, digit)

    def bridge(self, leg_a: str, leg_b: str) -> None:
        a, b = self._of_leg.get(leg_a), self._of_leg.get(leg_b)
        if a is None or b is None:
            return
        if a.peer != leg_b:
            self._part(a)
            self._part(b)
            a.peer, b.peer = leg_b, leg_a
        self._join(a, b)

    def unbridge(self, leg_id: str) -> None:
        sound = self._of_leg.get(leg_id)
        if sound is not None and sound.peer:
            self._part(sound)
            self._media.unbridge(sound.stream)

    def _join(self, one: _Sound, other: _Sound) -> None:
        if one.answered:
            self._media.bridge(one.stream, other.stream, listen_only=not other.answered)
        else:
            self._media.bridge(other.stream, one.stream, listen_only=True)

    def _part(self, sound: _Sound) -> None:
        peer = self._of_leg.get(sound.peer)
        sound.peer = ""
        if peer is not None:
            peer.peer = ""
