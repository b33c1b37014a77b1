"""What a stream says by itself, and when: prompts, tones and key presses in frames of 20 ms.

Frames leave on a grid that begins when the first one does, so a prompt is heard at once, and never drifts.
Only after a stall longer than three frames the grid is laid anew: a burst of old frames helps nobody.
Must not know addresses or packets; time comes from the timetable.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from callback.media.dtmf import KEYS, PAUSE_FRAMES, TelephoneEvent, press
from callback.media.rtp import FRAME_S, FRAME_TICKS
from callback.media.timetable import Appointment, Timetable

_STALL_S = 3 * FRAME_S


@dataclass(slots=True)
class Playback:
    """Sound in mu-law, whole frames, and how far it has been played."""

    playback: int
    sound: bytes
    loop: bool
    fault: str
    position: int = 0

    def next_frame(self) -> bytes | None:
        """The next 160 bytes, None at the end."""
        if self.position >= len(self.sound):
            if not self.loop or not self.sound:
                return None
            self.position = 0
        frame = self.sound[self.position : self.position + FRAME_TICKS]
        self.position += FRAME_TICKS
        return frame


class Speech:
    """At most one playback and a queue of key presses, which interrupt it."""

    def __init__(
        self,
        timetable: Timetable,
        say_frame: Callable[[bytes, float], None],
        say_key: Callable[[TelephoneEvent, float], None],
        on_ended: Callable[[Playback], None],
    ) -> None:
        self._timetable = timetable
        self._say_frame = say_frame
        self._say_key = say_key
        self._on_ended = on_ended
        self._playback: Playback | None = None
        self._keys: deque[TelephoneEvent | None] = deque()  # None: a frame of pause
        self._due_s = 0.0
        self._tick: Appointment | None = None

    @property
    def active(self) -> bool:
        """Whether the next frame is ours to send."""
        return self._tick is not None

    @property
    def waiting(self) -> bool:
        """Whether there is something to say and nobody has said `begin`."""
        return self._tick is None and (self._playback is not None or bool(self._keys))

    def play(self, playback: Playback) -> None:
        """Take this up instead of what plays; `begin` starts it."""
        self._playback = playback

    def stop(self) -> None:
        """Not another frame of the playback."""
        self._playback = None
        if not self._keys:
            self._pause()

    def press(self, text: str) -> None:
        """Queue key presses; `begin` starts them. What is no key is left out."""
        for key in filter(KEYS.__contains__, text):
            self._keys.extend((*press(key), *(None,) * PAUSE_FRAMES))

    def silence(self) -> None:
        """Drop everything."""
        self._playback = None
        self._keys.clear()
        self._pause()

    def begin(self, now_s: float, earliest_s: float) -> None:
        """Speak from now on, or from `earliest_s`: 20 ms after what was sent last by another source."""
        if not self.waiting:
            return
        self._due_s = max(now_s, earliest_s)
        if self._due_s > now_s:
            self._tick = self._timetable.at(self._due_s, self._next)
        else:
            self._next(now_s)

    def _next(self, now_s: float) -> None:
        if not self._speak(now_s):
            playback, self._playback, self._tick = self._playback, None, None
            if playback is not None:
                self._on_ended(playback)
            return
        self._due_s += FRAME_S
        if now_s - self._due_s > _STALL_S:
            self._due_s = now_s + FRAME_S
        self._tick = self._timetable.at(self._due_s, self._next)

    def _speak(self, now_s: float) -> bool:
        if self._keys:
            event = self._keys.popleft()
            if event is not None:
                self._say_key(event, now_s)
            return True
        frame = self._playback.next_frame() if self._playback else None
        if frame is not None:
            self._say_frame(frame, now_s)
        return frame is not None

    def _pause(self) -> None:
        if self._tick is not None:
            self._tick.call_off()
            self._tick = None
