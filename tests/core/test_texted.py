"""A login is the same login whichever phone or keyboard it was typed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.texted import as_texted, can_be_texted
from smsgw.tokens import Pair, tokenise


@pytest.mark.parametrize(
    ("typed", "read"), [("anna7", "anna7"), ("علي٧", "علي7"), ("\u200eanna\u200f", "anna"), ("a–b", "a–b")]
)
def test_digits_are_digits_and_marks_of_direction_are_nothing(typed: str, read: str) -> None:
    assert as_texted(typed) == read


@pytest.mark.parametrize("unfit", ["", "a b", "a,b", "'ab", "«ab", "a\u2003b"])
def test_what_an_sms_would_tear_apart_is_unfit(unfit: str) -> None:
    assert not can_be_texted(unfit)


@given(st.text(max_size=12).map(as_texted))
def test_what_is_fit_is_what_the_sms_grammar_reads_whole(value: str) -> None:
    assert can_be_texted(value) == (bool(value) and tokenise(f"U.{value}") == (Pair("U", value),))
