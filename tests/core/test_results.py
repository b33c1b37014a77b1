"""Results: what the many outcomes of a call amount to for the one who made it."""

from callback.core.results import OUTCOMES, Result, result_of
from callback.core.session_value import Outcome


def test_every_outcome_has_its_result_on_purpose() -> None:
    failures = {outcome for outcome in Outcome if result_of(outcome) is Result.FAILED}
    assert failures == {Outcome.A_FAILED, Outcome.LOST}
    assert result_of("of-a-newer-program") is Result.FAILED


def test_a_call_without_an_outcome_is_not_over() -> None:
    assert result_of("") is Result.LIVE


def test_the_outcomes_of_a_result_lead_back_to_it() -> None:
    assert set(OUTCOMES) == set(Result) - {Result.FAILED}
    assert all(result_of(outcome) is result for result, many in OUTCOMES.items() for outcome in many)
