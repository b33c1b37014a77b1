"""An SMS as the gateway sees it, whatever brought it: SMPP today, a modem later. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Which piece of a longer message this is."""

    reference: int
    total: int
    number: int  # from 1


@dataclass(frozen=True, slots=True)
class InboundSms:
    """What was read of a received message."""

    ani: str
    dnis: str
    text: str | None  # None: binary, or in an unknown coding
    part: Part | None = None
    is_receipt: bool = False  # tells the fate of an SMS of ours


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What executing needs to know of a link."""

    trusted_ani: bool
    address: str  # ours


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed SMS, opened and decoded."""

    inbox_id: int
    link: str
    sms: InboundSms
    received_at_ms: int
    tries: int


_REPLY_DIGITS_MIN = 7  # a shorter sender is a machine: it would answer our answer, for ever


def answerable(ani: str) -> bool:
    """Whether a reply to this sender may reach a person."""
    digits = ani.removeprefix("+")
    return len(digits) >= _REPLY_DIGITS_MIN and digits.isdigit()
