"""What people write for a number, and which numbers are never called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.numbers import (
    countries,
    country_of,
    example_mobile,
    format_number,
    is_country,
    number_prefixes,
    parse_number,
)
from callback.core.outcomes import Reason, Refused


def reason(text: str, country: str) -> Reason:
    found = parse_number(text, country)
    assert isinstance(found, Refused), f"{text} was accepted as {found}"
    return found.reason


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("600316058", "PL", "+48600316058"),
        ("600 316-058", "PL", "+48600316058"),
        ("(22) 123.45/67", "PL", "+48221234567"),
        ("+48 600 316 058", "DE", "+48600316058"),
        ("0048600316058", "PL", "+48600316058"),
        ("48600316058", "PL", "+48600316058"),  # as in the documented U. P. R.48600316058
        ("4915112345678", "PL", "+4915112345678"),  # makes no sense at home: read as international
        ("0049 151 12345678", "US", "+4915112345678"),  # where the prefix abroad is 011
        ("011 49 151 12345678", "US", "+4915112345678"),
        ("0612345678", "FR", "+33612345678"),
        ("02 1234567", "IT", "+39021234567"),  # the zero is part of the number
        ("911234567", "ES", "+34911234567"),  # Madrid, although it begins with 911
        ("0301231234", "DE", "+49301231234"),
        ("03001231234", "GB", "+443001231234"),
        ("+80012345678", "PL", "+80012345678"),  # international freephone
        ("٦٠٠٣١٦٠٥٨", "PL", "+48600316058"),
        ("६००३१६०५८", "PL", "+48600316058"),
        ("＋48６００３１６０５８", "PL", "+48600316058"),
        ("\u202a+48 600 316 058\u202c", "PL", "+48600316058"),  # copied from a phone book
    ],
)
def test_a_number_is_read_in_the_habits_of_its_country(text: str, country: str, number: str) -> None:
    assert parse_number(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "PL"),
        ("+", "PL"),
        ("1", "PL"),
        ("callme", "PL"),
        ("1-800-FLOWERS", "US"),
        ("600316058 ext 5", "PL"),
        ("600+316058", "PL"),
        ("++48600316058", "PL"),
        ("²²²²²²²²²", "PL"),
        ("060000", "PL"),
        ("+48", "PL"),
        ("+999123456789", "PL"),
        ("00", "PL"),
        ("0" * 39, "PL"),
        ("1" * 41, "PL"),
        ("600316058", "ZZ"),
    ],
)
def test_what_is_no_number_is_refused(text: str, country: str) -> None:
    assert reason(text, country) == Reason.INVALID_NUMBER


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("112", "PL"),
        ("911", "PL"),
        ("999", "DE"),
        ("1 1 2", "PL"),
        ("١١٢", "PL"),
        ("997", "PL"),
        ("110", "DE"),
        ("000", "AU"),
        ("0112", "DE"),
        ("+112", "PL"),
        ("00112", "PL"),
        ("+48112", "PL"),
        ("48112", "PL"),
        ("0048997", "DE"),
        ("+49110", "PL"),
        ("+1911", "PL"),
        ("112345678", "PL"),  # an exchange would take the first three digits
    ],
)
def test_emergency_numbers_are_never_called(text: str, country: str) -> None:
    assert reason(text, country) == Reason.EMERGENCY_NUMBER


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("700123456", "PL"),  # premium
        ("+48 700 123 456", "DE"),
        ("09001234567", "DE"),
        ("801123456", "PL"),  # shared cost
        ("07012345678", "GB"),  # personal numbers: the classic fraud
        ("+870773123456", "PL"),  # Inmarsat
        ("00881612345678", "PL"),  # satellite
        ("+88299912345", "PL"),
        ("+883510012345678", "PL"),
        ("+9791234567", "PL"),  # international premium
        ("118913", "PL"),  # directory enquiries
        ("3020", "FR"),  # short code
    ],
)
def test_numbers_that_cost_extra_are_never_called(text: str, country: str) -> None:
    assert reason(text, country) == Reason.PREMIUM_NUMBER


def test_a_refusal_shows_what_was_written() -> None:
    assert parse_number("  12ab  ", "PL") == Refused(Reason.INVALID_NUMBER, {"number": "12ab"})
    long = parse_number("x" * 1000, "PL")
    assert isinstance(long, Refused) and long.detail["number"] == "x" * 40


@given(st.text(max_size=60), st.sampled_from(["PL", "US", "IT", "ZZ", ""]))
def test_any_text_is_a_number_or_a_refusal(text: str, country: str) -> None:
    found = parse_number(text, country)
    if isinstance(found, str):
        assert found.startswith("+") and found[1:].isascii() and found[1:].isdigit()
        assert parse_number(found, country) == found


def test_the_country_of_a_number() -> None:
    assert country_of("+48600316058") == "PL"
    assert country_of("+12025550123") == "US"
    assert country_of("+80012345678") is None  # of no country
    assert country_of("+999123") is None
    assert country_of("nonsense") is None
    assert is_country("PL") and not is_country("ZZ")
    assert {"PL", "DE", "US"} < countries() and all(map(is_country, countries()))


def test_a_country_has_an_example_of_its_mobile_phones() -> None:
    example = example_mobile("PL")
    assert example is not None
    assert country_of(example) == "PL"
    assert parse_number(example, "PL") == example
    assert example_mobile("AQ") is None


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+48600316058", "+48 600 316 058"),
        ("+442079460018", "+44 20 7946 0018"),
        ("+12", "+12"),  # not a number of anybody: left as it is
        ("anonymous", "anonymous"),
    ],
)
def test_people_read_numbers_in_the_groups_of_their_country(e164: str, shown: str) -> None:
    assert format_number(e164) == shown


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("600 316 058", ("+48600316058",)),
        ("+48 600", ("+48600",)),
        ("0048 600", ("+48600",)),
        ("600", ("+48600", "+600")),
        ("0600", ("+48600", "+0600")),
        ("112", ("+48112", "+112")),  # an emergency number is no whole number of ours
        ("٦٠٠", ("+48600", "+600")),
        ("", ()),
        ("+", ()),
        ("00", ()),
        ("1234567890123456", ()),
        ("=cmd|' /C calc'!A0", ()),
    ],
)
def test_the_beginning_of_a_number_is_read_like_a_whole_one(text: str, prefixes: tuple[str, ...]) -> None:
    assert number_prefixes(text, "PL") == prefixes
