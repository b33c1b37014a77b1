"""Telephone numbers: what people write becomes E.164, or a reason why it will not be called.

Deny by default (DESIGN rule 6): a number is accepted only if the world's numbering plans know it, and it is
none of those that cost extra or that must never be rung by a machine. People write numbers in the habits
of their country and in the digits of their script; a leading `00` means `+` everywhere, because that is what
a mobile phone teaches, and a number that makes no sense at home is read as international.
"""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from callback.core.outcomes import Reason, Refused

_EMERGENCY_EVERYWHERE = frozenset({"112", "911", "999"})  # 3GPP TS 22.101 §10.1, and the habit of visitors
_SEPARATORS = frozenset(" -./()\u00a0\u2010\u2011\u2012\u2013\u202f\t")
_MARKS = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff")  # from phone books
_MAX_WRITTEN = 40
_SHORT_DIGITS = 6
_MAX_DIGITS = 15  # ITU-T E.164 §6.2.1

_COSTLY_TYPES = frozenset(
    {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}
)
# Codes of no country (ITU-T E.164 list): shared cost, satellite and network numbers, premium rate.
# +800, international freephone, is not among them.
_COSTLY_CODES = frozenset({808, 870, 878, 881, 882, 883, 888, 979})


def parse_number(text: str, country: str) -> str | Refused:
    """E.164 with plus of a number as written in `country` (ISO 3166 alpha-2), or why it is not called."""
    written = {"number": text.strip()[:_MAX_WRITTEN]}
    digits = _plain(text)
    if digits is None:
        return Refused(Reason.INVALID_NUMBER, written)
    if _is_emergency(digits, country) or _is_emergency(digits.lstrip("+0"), country):
        return Refused(Reason.EMERGENCY_NUMBER, written)
    verdict: Reason | None = None
    for reading in _readings(digits):
        number = _parse(reading, country)
        found = Reason.INVALID_NUMBER if number is None else _reason_against(number, country)
        if number is not None and found is None:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if verdict in {None, Reason.INVALID_NUMBER}:
            verdict = found  # the first reading that says something
    assert verdict is not None
    return Refused(verdict, written)


def country_of(number: str) -> str | None:
    """ISO 3166 alpha-2 country of an E.164 number; None for numbers of no country."""
    parsed = _parse(number, "ZZ")
    region = None if parsed is None else phonenumbers.region_code_for_number(parsed)
    return None if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else region


def example_mobile(country: str) -> str | None:
    """A mobile number as this country has them, which nobody answers: to tell a usual price by."""
    found = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) if found else None


def format_number(number: str) -> str:
    """An E.164 number in the groups of its country, for people: "+48 600 316 058"; others stay."""
    parsed = _parse(number, "ZZ")
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def number_prefixes(text: str, country: str) -> tuple[str, ...]:
    """What E.164 numbers may begin with, if this is how they begin in writing; none if it is no number.

    A whole number is its own prefix. "600" may be the beginning of a number at home or of one abroad.
    """
    digits = _plain(text)
    if digits is None or not 0 < len(digits.lstrip("+0")) <= _MAX_DIGITS:
        return ()
    whole = parse_number(digits, country)
    if isinstance(whole, str):
        return (whole,)
    if digits.startswith("+"):
        return (digits,)
    if digits.startswith("00"):
        return ("+" + digits[2:],)
    home = phonenumbers.country_code_for_region(country)
    return (f"+{home}{digits.lstrip('0')}", "+" + digits)


def countries() -> frozenset[str]:
    """ISO 3166 alpha-2 codes of the countries in whose habits numbers can be read."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def is_country(code: str) -> bool:
    """Whether numbers can be read in the habits of this country."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _plain(text: str) -> str | None:
    """ASCII digits with at most one leading plus; None if anything else was written."""
    plain = ""
    for char in text.strip():
        if char.isdecimal():
            plain += str(int(char))
        elif char in "+＋" and not plain:
            plain = "+"
        elif char not in _SEPARATORS and char not in _MARKS:
            return None
    return plain if 2 <= len(plain) <= _MAX_WRITTEN else None


def _readings(digits: str) -> tuple[str, ...]:
    """What was written may mean, most likely first."""
    if digits.startswith("+"):
        return (digits,)
    if digits.startswith("00"):
        return ("+" + digits[2:], digits)
    return (digits, "+" + digits)


def _parse(text: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except NumberParseException:
        return None


def _reason_against(number: PhoneNumber, country: str) -> Reason | None:
    """Why this number is not called; None if it may be."""
    code = number.country_code or 0
    if code in _COSTLY_CODES:
        return Reason.PREMIUM_NUMBER
    national = phonenumbers.national_significant_number(number)
    regions = phonenumbers.region_codes_for_country_code(code)
    if len(national) <= _SHORT_DIGITS and any(_is_emergency(national, region) for region in regions):
        return Reason.EMERGENCY_NUMBER
    kind = phonenumbers.number_type(number)
    if kind in _COSTLY_TYPES:
        return Reason.PREMIUM_NUMBER
    if kind != PhoneNumberType.UNKNOWN:
        return None
    if phonenumbers.is_possible_short_number(number) and phonenumbers.is_valid_short_number(number):
        return Reason.PREMIUM_NUMBER
    if country in regions and phonenumbers.connects_to_emergency_number(national, country):
        return Reason.EMERGENCY_NUMBER
    return Reason.INVALID_NUMBER


def _is_emergency(digits: str, country: str) -> bool:
    return digits in _EMERGENCY_EVERYWHERE or phonenumbers.is_emergency_number(digits, country)
