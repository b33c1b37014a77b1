"""Ids: short, sorted by birth, fit for a SIP Call-ID."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.ids import first_id_at, leg_id, new_id

NOW_MS = 1_790_000_000_000


@given(st.integers(0, 2**45 - 1), st.binary(min_size=7, max_size=16))
def test_an_id_is_twenty_plain_characters(now_ms: int, entropy: bytes) -> None:
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{20}", new_id(now_ms, entropy))


@given(st.integers(0, 2**45 - 2), st.binary(min_size=7, max_size=7), st.binary(min_size=7, max_size=7))
def test_ids_are_sorted_by_their_birth(now_ms: int, entropy: bytes, other: bytes) -> None:
    assert new_id(now_ms, entropy) < new_id(now_ms + 1, other)


@given(st.integers(1, 2**45 - 1), st.binary(min_size=7, max_size=7))
def test_a_range_of_time_is_a_range_of_ids(at_ms: int, entropy: bytes) -> None:
    assert new_id(at_ms - 1, entropy) < first_id_at(at_ms) <= new_id(at_ms, entropy)


@given(st.binary(min_size=7, max_size=7))
def test_a_range_of_time_may_reach_beyond_all_ids(entropy: bytes) -> None:
    assert first_id_at(-1) <= new_id(0, entropy)
    assert first_id_at(2**50) == first_id_at(2**45 - 1)


def test_ids_of_one_instant_differ() -> None:
    assert new_id(NOW_MS, b"\0" * 7) != new_id(NOW_MS, b"\0" * 6 + b"\2")


def test_too_little_chance_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        new_id(NOW_MS, b"short")


def test_a_leg_is_named_after_its_request() -> None:
    assert leg_id("0abc", "A", 1) == "0abc-a1"
    assert leg_id("0abc", "B", 12) == "0abc-b12"


@pytest.mark.parametrize(("role", "attempt"), [("C", 1), ("A", 0)])
def test_a_leg_that_cannot_be_has_no_name(role: str, attempt: int) -> None:
    with pytest.raises(AssertionError):
        leg_id("0abc", role, attempt)
