"""What the media process tells its dialer: frozen values, times on the dialer's own clock."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """One key press (0-9 * # A-D), told when its first packet arrives; once per press."""

    stream_id: str
    digit: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PlaybackDone:
    """A playback ran to its end. One that was stopped, replaced or bridged away never sends this.

    `fault` names the prompt that could not be read and was skipped; empty when all was heard.
    """

    stream_id: str
    playback_id: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class RtpTimeout:
    """The far end, neither on hold nor closed, has sent nothing for the configured time."""

    stream_id: str


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The stream's absolute limit came; its media has already stopped both ways."""

    stream_id: str


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The media process died; calls are silent until `MediaBack`."""


@dataclass(frozen=True, slots=True)
class MediaBack:
    """A new media process carries every open stream again, on the same ports."""


MediaEvent: TypeAlias = DigitHeard | PlaybackDone | RtpTimeout | LimitReached | MediaLost | MediaBack


@dataclass(frozen=True, slots=True)
class StreamStats:
    """One leg's media figures for its CDR; `remote_*` is what the far end reported to us by RTCP."""

    rx_packets: int = 0
    tx_packets: int = 0
    lost_packets: int = 0
    foreign_packets: int = 0
    jitter_ms: float = 0.0
    remote_lost_packets: int = 0
    remote_jitter_ms: float | None = None
    rtt_ms: float | None = None
    first_rx_at_ms: int | None = None
    last_rx_at_ms: int | None = None


class NoMediaPorts(Exception):
    """Every port of the configured range is in use or resting: no further leg can have media."""

    transient = True


class MediaUnavailable(Exception):
    """The media process could not be started; the message says why."""

    transient = True
