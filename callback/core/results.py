"""How people sort their calls: the few results that the many outcomes amount to.

Outcomes are for those who repair something; a result is what a subscriber filters a history by. Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from callback.core.session_value import Outcome


class Result(StrEnum):
    """The values stand in URLs and exports."""

    TALKED = "talked"
    NOT_CONNECTED = "not-connected"  # I answered, nobody I asked for did
    NOT_ANSWERED = "not-answered"  # my own phone did not take the call
    CODE_READ = "code-read"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LIVE = "live"  # not over yet


_RESULTS = {
    "": Result.LIVE,
    Outcome.TALKED: Result.TALKED,
    Outcome.NOT_CONNECTED: Result.NOT_CONNECTED,
    Outcome.A_BUSY: Result.NOT_ANSWERED,
    Outcome.A_NO_ANSWER: Result.NOT_ANSWERED,
    Outcome.A_REJECTED: Result.NOT_ANSWERED,
    Outcome.A_UNREACHABLE: Result.NOT_ANSWERED,
    Outcome.A_WRONG_NUMBER: Result.NOT_ANSWERED,
    Outcome.NOT_CONFIRMED: Result.NOT_ANSWERED,  # a mailbox, or somebody who did not ask for it
    Outcome.CODE_READ: Result.CODE_READ,
    Outcome.CANCELLED: Result.CANCELLED,
}

OUTCOMES: Mapping[Result, tuple[str, ...]] = {
    result: tuple(str(outcome) for outcome, meant in _RESULTS.items() if meant is result)
    for result in Result
    if result is not Result.FAILED
}
"""The outcomes of each result; every other outcome, known here or not, is a failure."""


@lru_cache(64)
def result_of(outcome: str) -> Result:
    """The result an outcome amounts to; `""` is a call that is not over."""
    return _RESULTS.get(outcome, Result.FAILED)
