"""An SMS as the callback sees it: who sent it where, and what is answered.

How it came (SMPP, modem) and how it leaves are the gateway's business. A reply is a kind with parameters;
the words are made at sending, in `smsgw/replies.py`. A refusal's kind is its `Reason`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ReceivedSms:
    """A stored and acknowledged SMS whose command is being executed."""

    inbox_id: int
    link: str
    ani: str  # "+48…" when the carrier says international, else as the carrier wrote it
    dnis: str  # the address it was sent to, likewise
    trusted_ani: bool  # the carrier vouches for `ani`
    received_at_ms: int


class ReplyKind(StrEnum):
    """Answers that are no refusal; the parameters each needs stand beside it."""

    REGISTERED = "registered"  # number
    NUMBER_PENDING = "code-was-sent"  # number
    CODE_SMS = "code-sms"  # code; sealed until it is sent
    NUMBER_VERIFIED = "number-verified"  # number
    NUMBER_MOVED = "number-moved"  # number; to the account that had it until now
    CALLBACK_ACCEPTED = "callback-accepted"  # number; destination, if known
    CALLBACK_REPLACED = "callback-replaced"  # number; destination, if known
    BALANCE = "balance"  # balance, for example "12.34 EUR"; held, if a call holds some
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to tell the sender. `kind` is a `ReplyKind` or a `Reason`; `params` hold no password."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)
    locale: str = "en"
