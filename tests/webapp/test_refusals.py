"""Every refusal has words on a page."""

from callback.core.outcomes import Reason, Refused
from tests.webapp.desk import Desk
from webapp.refusals import WORDS, words_of


def test_no_reason_is_without_words(desk: Desk) -> None:
    assert set(WORDS) == set(Reason)
    with desk.app.test_request_context("/"):
        for reason in Reason:
            known = words_of(Refused(reason, {"number": "+48600316058"}))
            unknown = words_of(Refused(reason))
            assert "%(" not in known + unknown
            assert len(known) > 15


def test_what_somebody_wrote_is_repeated_only_so_far(desk: Desk) -> None:
    with desk.app.test_request_context("/"):
        assert len(words_of(Refused(Reason.INVALID_NUMBER, {"number": "9" * 500}))) < 200
