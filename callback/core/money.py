"""Money: integers of a millionth of the currency's unit, one way in, two ways out, one rounding.

`float` never meets money. What a customer pays is rounded up once per leg, by `ceil_div`, and nowhere else;
what a customer is shown is rounded here and never computed with again.
"""

import re
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

MICRO = 1_000_000
_MAX_UNITS_DIGITS = 9  # below a thousand million: sums of them stay far inside int64
_SHOWN_PLACES = 4  # a price per second may be a hundredth of a cent; nobody reads further
_CURRENCIES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK
    LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
    SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG
    XOF XPF YER ZAR ZMW ZWG
"""  # ISO 4217 codes in circulation
_AMOUNT = re.compile(r"(?P<units>[0-9]+)(?:\.(?P<fraction>[0-9]+))?", re.ASCII)
_PLACES = {  # ISO 4217 minor units that are not 2, of currencies in use
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0),
    **dict.fromkeys(("UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def parse_money(text: str) -> int:
    """Micro-units of a plain decimal such as "1.05", exactly; ValueError says what is wrong with it."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not an amount: write it like 1.05")
    units, fraction = found["units"].lstrip("0"), (found["fraction"] or "").rstrip("0")
    if len(units) > _MAX_UNITS_DIGITS:
        raise ValueError(f"{text!r} is too much: at most {_MAX_UNITS_DIGITS} digits before the point")
    if len(fraction) > 6:
        raise ValueError(f"{text!r} is too fine: at most 6 digits after the point")
    return int(units or "0") * MICRO + int(fraction.ljust(6, "0"))


def format_money(amount_micro: int, currency: str) -> str:
    """A charge or price for people: "1.05 EUR", and up to four places where a cent is too coarse."""
    least = minor_places(currency)
    places = max(least, _SHOWN_PLACES)
    shown = f"{_rounded(amount_micro, places, ROUND_HALF_UP):f}"
    spare = len(shown) - len(shown.rstrip("0"))
    cut = min(spare, places - least)
    return f"{shown[: len(shown) - cut].removesuffix('.')} {currency}"


def format_balance(amount_micro: int, currency: str) -> str:
    """What a customer has, in whole minor units, rounded down: never promise a cent that is not there."""
    return f"{_rounded(amount_micro, minor_places(currency), ROUND_FLOOR):f} {currency}"


def is_currency(code: str) -> bool:
    """Whether somebody pays with it (ISO 4217)."""
    return code in _CURRENCIES.split()


def minor_places(currency: str) -> int:
    """Digits after the point that this currency has coins for (ISO 4217)."""
    return _PLACES.get(currency, 2)


def ceil_div(dividend: int, divisor: int) -> int:
    """The quotient rounded up: the one rounding of money."""
    return -(-dividend // divisor)


def _rounded(amount_micro: int, places: int, how: str) -> Decimal:
    return Decimal(amount_micro).scaleb(-6).quantize(Decimal(1).scaleb(-places), rounding=how)
