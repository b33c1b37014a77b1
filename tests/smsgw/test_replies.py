"""There are words for everything, and they fit."""

import pytest

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from smsgw.encoding import encode_parts
from smsgw.replies import KINDS, LOCALES, word

USUAL = {
    "number": "+48600316058",
    "destination": "+4915112345678",
    "balance": "1234.56 EUR",
    "held": "1234.56 EUR",
    "code": "123456",
    "token": "text of more than one SMS",
    "part": "P.",
}
EVERY_KIND = sorted([*ReplyKind, *Reason])


def test_no_kind_is_without_words_and_no_words_without_a_kind() -> None:
    assert set(EVERY_KIND) == KINDS


@pytest.mark.parametrize("locale", sorted(LOCALES))
@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("params", [USUAL, {}], ids=["usual", "none"])
def test_every_reply_is_one_sms_of_the_gsm_alphabet(kind: str, params: dict[str, str], locale: str) -> None:
    (part,) = encode_parts(word(kind, params, locale), "gsm0338", 0)
    assert part.data_coding == 0
    assert b"{" not in part.content


def test_other_languages_say_it_in_their_own_words_and_with_all_that_is_known() -> None:
    for kind in EVERY_KIND:
        english, polish = word(kind, USUAL, "en"), word(kind, USUAL, "pl")
        assert english != polish
        named = {name for name, value in USUAL.items() if value in english}
        assert named == {name for name, value in USUAL.items() if value in polish}


def test_what_a_sender_wrote_is_repeated_only_so_far() -> None:
    assert len(word(Reason.INVALID_NUMBER, {"number": "9" * 500}, "en")) <= 160


def test_an_unknown_language_is_answered_in_english() -> None:
    assert word(ReplyKind.HELP, {}, "xx") == word(ReplyKind.HELP, {}, "en")


def test_braces_in_a_parameter_are_only_text() -> None:
    assert "{code}" in word(Reason.INVALID_NUMBER, {"number": "{code}"}, "en")


def test_the_destination_is_named_when_it_is_known() -> None:
    assert "+4915112345678" in word(ReplyKind.CALLBACK_ACCEPTED, USUAL, "en")
    assert "dial the number" in word(ReplyKind.CALLBACK_ACCEPTED, {"number": "+48600316058"}, "en")


def test_what_a_call_holds_is_told_beside_the_balance() -> None:
    assert word(ReplyKind.BALANCE, {"balance": "3.20 EUR"}, "en") == "Your balance is 3.20 EUR."
    told = word(ReplyKind.BALANCE, {"balance": "3.20 EUR", "held": "1.80 EUR"}, "en")
    assert told == "Your balance is 3.20 EUR. Another 1.80 EUR is held for a call under way."
