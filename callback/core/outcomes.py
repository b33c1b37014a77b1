"""What a customer can be told: every refusal has a reason, and every reason has words elsewhere.

The tables of words (SMS in `smsgw/replies.py`, voice in `callback/core/spoken.py`, HTTP later) are checked
by tests against this list, so a new reason without words does not pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Why something was not done. The values stand in the database and in `--json` output."""

    # the text itself
    MALFORMED = "malformed"  # not understood; `detail["token"]` is what stopped us
    MISSING_PART = "missing-part"  # `detail["part"]`
    # who asks
    BAD_CREDENTIALS = "bad-credentials"  # unknown user and wrong password are told alike
    ACCOUNT_BLOCKED = "account-blocked"
    TOO_MANY_TRIES = "too-many-tries"
    # numbers
    INVALID_NUMBER = "invalid-number"  # `detail["number"]` as written
    EMERGENCY_NUMBER = "emergency-number"
    PREMIUM_NUMBER = "premium-number"  # premium, shared cost, satellite, short codes
    NOT_YOUR_NUMBER = "not-your-number"
    NUMBER_PENDING = "number-pending"
    SAME_NUMBER = "same-number"  # the destination is the phone that is to ring
    NO_NUMBER = "no-number"  # the account has no verified number to ring
    WRONG_CODE = "wrong-code"
    CODE_EXPIRED = "code-expired"
    TOO_MANY_CODES = "too-many-codes"
    NO_CODE_THERE = "no-code-there"  # no one-time codes are sent to that country
    NO_SMS_LINK = "no-sms-link"  # nothing of ours sends SMS; a call may read the code
    # money and ways
    NO_RATE = "no-rate"
    NO_ROUTE = "no-route"
    BALANCE_LOW = "balance-low"
    # state
    CALL_IN_SETUP = "call-in-setup"  # leg A rings already: "your call is being set up"
    NOT_AVAILABLE = "not-available"  # understood, but this service does not offer it
    SYSTEM_TROUBLE = "system-trouble"


@dataclass(frozen=True, slots=True)
class Refused:
    """A customer's refusal: a value, never an exception. `detail` holds what the words need, no secrets."""

    reason: Reason
    detail: Mapping[str, str] = field(default_factory=dict)
