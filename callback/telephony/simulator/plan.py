"""How a simulated handset behaves when it is rung. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

Codec = Literal["PCMU", "PCMA"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rings for `ring_s`, then answers, unless it says otherwise; live verbs may come first."""

    ring_s: float | None = 0.2  # None: rings until somebody answers it by hand, or the caller gives up
    reject: int = 0  # a SIP status instead of an answer
    silent: bool = False  # no reply of any kind
    early_s: float = 0.0  # so much early media (183 with SDP) before the outcome
    ring_with_sdp: bool = False  # the early media comes with 180 instead
    hang_up_after_s: float | None = None  # counted from the answer
    answer_on_cancel: bool = False  # the answer crosses the caller's CANCEL
    acknowledge_bye: bool = True
    press: tuple[tuple[float, str], ...] = ()  # (seconds after the answer or the last press, keys)
    by: Literal["rtp", "info", "info-plain"] = "rtp"  # how keys are sent
    tune: str = ""  # played after the answer: empty is silence, "own", a frequency in Hz, or a melody's name
    codec: Codec = "PCMU"
    events: bool = True  # takes telephone-events

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Plan":
        """ValueError names a key there is not."""
        unknown = set(given) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a plan has no {sorted(unknown)[0]!r}")
        values = dict(given)
        if "press" in values:
            values["press"] = tuple((float(after_s), str(keys)) for after_s, keys in values["press"])
        return cls(**values)


ANSWERS = Plan()
BY_HAND = Plan(ring_s=None)
BUSY = Plan(reject=486, ring_s=0)
REJECTS = Plan(reject=603)
WRONG_NUMBER = Plan(reject=404, ring_s=0)
UNREACHABLE = Plan(reject=480, ring_s=0)
CONGESTION = Plan(reject=503, ring_s=0)
NO_ANSWER = Plan(ring_s=None)
SILENT = Plan(silent=True)
