"""A leg that is over, in one record."""

from dataclasses import asdict

import pytest

from callback.core.causes import Cause
from callback.core.cdr import Cdr, disposition, make_cdr, pdd_ms
from callback.store import models


def record(
    cause: Cause, ended_at_ms: int, ringing_at_ms: int | None = None, answered_at_ms: int | None = None
) -> Cdr:
    return make_cdr(
        leg_id="0a-b1",
        request_id="0a",
        account_id="acc",
        role="B",
        attempt=1,
        number="+442079460000",
        cli="+48600316058",
        trunk="first",
        dialled_at_ms=1_000,
        trying_at_ms=1_100,
        ringing_at_ms=ringing_at_ms,
        answered_at_ms=answered_at_ms,
        ended_at_ms=ended_at_ms,
        cause=cause,
        sip_status=200,
        billed_s=60,
        cost_micro=120_000,
        currency="EUR",
        quality={"lost": 0.5, "jitter_ms": 3.0},
    )


def test_a_talk_is_recorded_with_its_times_and_its_price() -> None:
    cdr = record(Cause.HANGUP, 62_000, ringing_at_ms=2_600, answered_at_ms=9_000)
    assert (cdr.disposition, cdr.cause, cdr.blame) == ("answered", "hangup", "customer")
    assert (cdr.pdd_ms, cdr.duration_ms) == (1_500, 53_000)
    assert (cdr.billed_s, cdr.cost_micro, cdr.currency) == (60, 120_000, "EUR")
    assert cdr.quality == '{"jitter_ms": 3.0, "lost": 0.5}'


def test_a_leg_nobody_answered_lasted_no_time() -> None:
    cdr = record(Cause.BUSY, 3_000)
    assert (cdr.disposition, cdr.duration_ms, cdr.pdd_ms) == ("busy", 0, None)


def test_an_end_reported_before_the_answer_is_no_negative_time() -> None:
    assert record(Cause.HANGUP, 8_999, answered_at_ms=9_000).duration_ms == 0


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_disposition_with_and_without_an_answer(cause: Cause) -> None:
    assert disposition(cause, answered=True) == "answered"
    assert disposition(cause, answered=False) in {"busy", "no-answer", "cancelled", "failed"}


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.BUSY, "busy"),
        (Cause.NO_ANSWER, "no-answer"),
        (Cause.CANCELLED, "cancelled"),
        (Cause.CLEARED, "cancelled"),
        (Cause.CUSTOMER_WISH, "cancelled"),
        (Cause.OPERATOR_WISH, "cancelled"),
        (Cause.WRONG_NUMBER, "failed"),
        (Cause.CONGESTION, "failed"),
    ],
)
def test_what_became_of_an_unanswered_leg(cause: Cause, expected: str) -> None:
    assert disposition(cause, answered=False) == expected


@pytest.mark.parametrize(
    ("trying", "ringing", "answered", "expected"),
    [
        (1_000, 2_500, 9_000, 1_500),
        (1_000, None, 9_000, 8_000),  # a phone that answers without ringing
        (1_000, None, None, None),
        (None, 2_500, None, None),
        (1_000, 999, None, 0),
    ],
)
def test_post_dial_delay(
    trying: int | None, ringing: int | None, answered: int | None, expected: int | None
) -> None:
    assert pdd_ms(trying, ringing, answered) == expected


def test_the_record_is_made_of_the_columns_of_its_table() -> None:
    cdr = record(Cause.HANGUP, 62_000, answered_at_ms=9_000)
    assert set(asdict(cdr)) == set(models.Cdr.model_fields)
    assert all(isinstance(value, str | int | None) for value in asdict(cdr).values())
