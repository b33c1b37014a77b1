"""Whatever a call record or a timeline may hold has words."""

import pytest

from callback.core.causes import Cause
from callback.core.rating import Rate
from callback.core.results import Result
from callback.core.session_value import Outcome
from callback.timeline import Charge, Kind, Moment
from tests.webapp.desk import FRIEND, Desk
from webapp.call_words import (
    OUTCOMES,
    charge_words,
    moment_more,
    moment_tone,
    moment_words,
    outcome_words,
    rate_words,
    result_words,
    trigger_words,
)

ENDS = {Kind.YOU_DID_NOT, Kind.THEY_DID_NOT, Kind.YOU_LEFT, Kind.THEY_LEFT}


def test_every_result_and_outcome_has_words(desk: Desk) -> None:
    with desk.app.test_request_context():
        assert len({result_words(result) for result in Result}) == len(Result)
        assert set(OUTCOMES) == set(Outcome)
        assert outcome_words("of-a-newer-program") == "The call failed."
        assert trigger_words("of-a-newer-program") == "of-a-newer-program"


@pytest.mark.parametrize("kind", Kind)
def test_every_moment_has_words_for_every_cause(desk: Desk, kind: Kind) -> None:
    details = list(Cause) if kind in ENDS else ["", "web", "no-rate", "of-a-newer-program"]
    with desk.app.test_request_context():
        for detail in details:
            moment = Moment(kind, 0, 0, FRIEND, detail, 1000)
            words = moment_words(moment)
            assert words[0].isupper() and (" " in words), words
            assert moment_tone(moment) in {"ok", "warn", "plain"}
            assert "%(" not in moment_more(moment)


@pytest.mark.parametrize(
    ("rate", "lasted_ms", "billed_s", "lines", "how"),
    [
        (Rate("48", "A", 0, 600_000, 1, 1), 61_000, 61, ["61 s × €0.60 a minute"], "Billed by the second."),
        (
            Rate("48", "A", 0, 600_000, 60, 60),
            61_000,
            120,
            ["120 s (60 + 1 × 60 s) × €0.60 a minute"],
            "Billed by every started 60 seconds.",
        ),
        (
            Rate("48", "A", 10_000, 600_000, 60, 6),
            5,
            60,
            ["Connection fee", "60 s × €0.60 a minute"],
            "The first 60 seconds are billed whole, then every started 6 seconds.",
        ),
    ],
)
def test_a_charge_is_explained_line_by_line(
    desk: Desk, rate: Rate, lasted_ms: int, billed_s: int, lines: list[str], how: str
) -> None:
    charge = Charge("A", FRIEND, rate, lasted_ms, billed_s, rate.connect_micro, 0, rate.connect_micro, "EUR")
    with desk.app.test_request_context():
        assert [words.replace("\u00a0", " ") for words, _ in charge_words(charge)] == lines
        assert rate_words(charge) == how


def test_what_was_not_charged_is_said(desk: Desk) -> None:
    rate = Rate("48", "A", 0, 600_000, 60, 6)
    charge = Charge("A", FRIEND, rate, 60_000, 60, 0, 600_000, 400_000, "EUR")
    with desk.app.test_request_context():
        assert charge_words(charge)[-1] == ("Not charged: no more was set aside", "-€0.20")
