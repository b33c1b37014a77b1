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
