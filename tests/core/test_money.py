"""Money in, money shown, and the one rounding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.money import ceil_div, format_balance, format_money, is_currency, parse_money


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("1.05", 1_050_000),
        ("0", 0),
        (" 12 ", 12_000_000),
        ("007.50", 7_500_000),
        ("0.000001", 1),
        ("0.1000000000", 100_000),
        ("999999999.999999", 999_999_999_999_999),
    ],
)
def test_an_amount_is_read_exactly(text: str, micro: int) -> None:
    assert parse_money(text) == micro


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1,05", "1.", ".5", "1e3", "NaN", "Infinity", "0x10", "1 000", "٣", "1.05 EUR"]
)
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 1\.05"):
        parse_money(text)


def test_amounts_are_bounded_on_both_sides() -> None:
    with pytest.raises(ValueError, match="too much"):
        parse_money("1000000000")
    with pytest.raises(ValueError, match="too fine"):
        parse_money("0.0000001")


@pytest.mark.parametrize(
    ("micro", "currency", "shown", "balance"),
    [
        (0, "EUR", "0.00 EUR", "0.00 EUR"),
        (1_050_000, "EUR", "1.05 EUR", "1.05 EUR"),
        (1_000_000, "EUR", "1.00 EUR", "1.00 EUR"),
        (3_400, "EUR", "0.0034 EUR", "0.00 EUR"),
        (999_999, "EUR", "1.00 EUR", "0.99 EUR"),
        (12_345, "EUR", "0.0123 EUR", "0.01 EUR"),
        (-12_345, "EUR", "-0.0123 EUR", "-0.02 EUR"),
        (1_500_000, "JPY", "1.5 JPY", "1 JPY"),
        (20_000_000, "JPY", "20 JPY", "20 JPY"),
        (1_234_500, "KWD", "1.2345 KWD", "1.234 KWD"),
    ],
)
def test_money_is_shown_for_people(micro: int, currency: str, shown: str, balance: str) -> None:
    assert format_money(micro, currency) == shown
    assert format_balance(micro, currency) == balance


@given(st.integers(0, 10**15 - 1))
def test_what_is_shown_whole_reads_back(micro: int) -> None:
    cents = micro // 10_000 * 10_000
    assert parse_money(format_balance(cents, "EUR").removesuffix(" EUR")) == cents
    assert parse_money(format_balance(micro, "EUR").removesuffix(" EUR")) <= micro


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**6))
def test_rounding_is_up_and_by_less_than_one(dividend: int, divisor: int) -> None:
    assert 0 <= ceil_div(dividend, divisor) * divisor - dividend < divisor


def test_a_currency_is_one_that_somebody_pays_with() -> None:
    assert is_currency("EUR")
    assert not is_currency("DEM")
    assert not is_currency("")
