"""What is said: no reason and no cause without words."""

import pytest

from callback.core.causes import Cause
from callback.core.outcomes import Reason
from callback.core.spoken import PROMPT_KEYS, for_cause, for_reason, without_digits


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_spoken(reason: Reason) -> None:
    assert for_reason(reason) in PROMPT_KEYS


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_spoken(cause: Cause) -> None:
    assert for_cause(cause) in PROMPT_KEYS


def test_a_fault_of_a_prompt_does_not_say_which_digit_was_to_be_read() -> None:
    assert without_digits("no recording of 'digit_4': en/digit_4.wav") == (
        "no recording of 'digit_?': en/digit_?.wav"
    )


def test_an_emergency_number_is_never_refused_in_vague_words() -> None:
    assert for_reason(Reason.EMERGENCY_NUMBER) == "emergency"
