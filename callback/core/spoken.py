"""What A hears: prompt keys for every reason and every cause. The words are in the prompt catalogue."""

import re
from collections.abc import Sequence

from callback.core.causes import Cause
from callback.core.outcomes import Reason

ENTER_NUMBER = "enter_number"
BUSY = "busy"
NO_ANSWER = "no_answer"
WRONG_NUMBER = "wrong_number"
UNREACHABLE = "unreachable"
NOT_ALLOWED = "not_allowed"
EMERGENCY = "emergency"
BALANCE_LOW = "balance_low"
NO_RATE = "no_rate"
INVALID_NUMBER = "invalid_number"
NO_INPUT = "no_input"
ANOTHER_NUMBER = "another_number"
CALL_ENDED = "call_ended"
GOODBYE = "goodbye"
SYSTEM_TROUBLE = "system_trouble"
CONNECTING = "connecting"
CONFIRM_CODE = "confirm_code"
YOUR_CODE_IS = "your_code_is"
_DIGITS = {digit: f"digit_{digit}" for digit in "0123456789"}

PROMPT_KEYS = frozenset({
    ENTER_NUMBER, BUSY, NO_ANSWER, WRONG_NUMBER, UNREACHABLE, NOT_ALLOWED, EMERGENCY, BALANCE_LOW,
    NO_RATE, INVALID_NUMBER, NO_INPUT, ANOTHER_NUMBER, CALL_ENDED, GOODBYE, SYSTEM_TROUBLE, CONNECTING,
    CONFIRM_CODE, YOUR_CODE_IS, *_DIGITS.values(),
})  # fmt: skip

_SAID_DIGIT = re.compile(r"digit_\d")

TONE_RINGBACK = "tone:ringback"
TONE_WARNING = "tone:warning"

_PLACE = "code:"
CODE_PLACES = tuple(f"{_PLACE}{place}" for place in range(1, 7))
"""What stands for the six digits of a code until the very moment they are spoken."""

_FOR_REASON = {
    Reason.MALFORMED: INVALID_NUMBER,
    Reason.MISSING_PART: INVALID_NUMBER,
    Reason.BAD_CREDENTIALS: NOT_ALLOWED,
    Reason.ACCOUNT_BLOCKED: NOT_ALLOWED,
    Reason.TOO_MANY_TRIES: NOT_ALLOWED,
    Reason.INVALID_NUMBER: INVALID_NUMBER,
    Reason.EMERGENCY_NUMBER: EMERGENCY,
    Reason.PREMIUM_NUMBER: NOT_ALLOWED,
    Reason.NOT_YOUR_NUMBER: NOT_ALLOWED,
    Reason.NUMBER_PENDING: NOT_ALLOWED,
    Reason.SAME_NUMBER: BUSY,
    Reason.NO_NUMBER: NOT_ALLOWED,
    Reason.WRONG_CODE: NOT_ALLOWED,
    Reason.CODE_EXPIRED: NOT_ALLOWED,
    Reason.TOO_MANY_CODES: NOT_ALLOWED,
    Reason.NO_CODE_THERE: NOT_ALLOWED,
    Reason.NO_SMS_LINK: NOT_ALLOWED,
    Reason.NO_RATE: NO_RATE,
    Reason.NO_ROUTE: UNREACHABLE,
    Reason.BALANCE_LOW: BALANCE_LOW,
    Reason.CALL_IN_SETUP: NOT_ALLOWED,
    Reason.NOT_AVAILABLE: NOT_ALLOWED,
    Reason.SYSTEM_TROUBLE: SYSTEM_TROUBLE,
}

# Why leg B did not come about. The causes of our own making are heard only when a backend reports them
# for a leg nobody hung up.
_FOR_CAUSE = {
    Cause.HANGUP: NO_ANSWER,
    Cause.CLEARED: NO_ANSWER,
    Cause.CANCELLED: NO_ANSWER,
    Cause.CUSTOMER_WISH: NO_ANSWER,
    Cause.OPERATOR_WISH: NO_ANSWER,
    Cause.BUSY: BUSY,
    Cause.NO_ANSWER: NO_ANSWER,
    Cause.REJECTED: BUSY,  # told alike: who declined a call need not be given away
    Cause.WRONG_NUMBER: WRONG_NUMBER,
    Cause.UNREACHABLE: UNREACHABLE,
    Cause.CONGESTION: UNREACHABLE,
    Cause.TRUNK_DOWN: UNREACHABLE,
    Cause.MEDIA_TIMEOUT: UNREACHABLE,
    Cause.MONEY_ENDED: BALANCE_LOW,
    Cause.TIME_ENDED: NO_ANSWER,
    Cause.LOST: SYSTEM_TROUBLE,
    Cause.FENCED: SYSTEM_TROUBLE,
    Cause.SYSTEM_TROUBLE: SYSTEM_TROUBLE,
}


def with_code(items: Sequence[str], code: str) -> tuple[str, ...]:
    """The items as they are to be heard: each place of the code is its digit's prompt."""
    return tuple(
        _DIGITS[code[int(item.removeprefix(_PLACE)) - 1]] if item.startswith(_PLACE) else item
        for item in items
    )


def without_digits(text: str) -> str:
    """A log may say that a digit's prompt is missing or damaged, not which: it may be one of a code."""
    return _SAID_DIGIT.sub("digit_?", text)


def for_reason(reason: Reason) -> str:
    """The prompt that says why a number is not called."""
    return _FOR_REASON[reason]


def for_cause(cause: Cause) -> str:
    """The prompt that says why a destination did not answer."""
    return _FOR_CAUSE[cause]
