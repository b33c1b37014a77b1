"""How values look on a page: money, numbers, instants and durations in the person's language and time zone.

Values come in as the store keeps them (micro-units, E.164, Unix ms) and go out as text; nothing is ever
computed from what these return. English is written as the world reads it: 22 Nov 2026, 14:05.

A history shows a hundred values, and to follow the rules of CLDR takes longer than to write the page: what
depends on the value and the language alone is remembered.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from flask import Flask

from callback.core import money as coins
from callback.core.numbers import format_number
from webapp import controls, states
from webapp.i18n import language_now, time_zone_now

_LOCALES = {"en": "en_GB"}  # dates with the day first, a clock of 24 hours
_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=[0-9])")  # CLDR's currency spacing, which Babel leaves out
_NO_BREAK = "\u00a0"
_REMEMBERED = 2048  # of each kind


def install(app: Flask, now_ms: Callable[[], int]) -> None:
    """Make them filters of every template; `now_ms` is the wall clock that `ago` counts from."""

    def ago_from_now(at_ms: int) -> str:
        return ago(at_ms, now_ms())

    shown: tuple[Callable[..., str], ...] = (
        money, balance, number, when, day, instant, duration, exactly, count, talk_time, country,
    )  # fmt: skip
    for show in shown:
        app.add_template_filter(show, show.__name__)
    app.add_template_filter(ago_from_now, "ago")
    app.add_template_filter(iso, "iso")
    states.install(app)
    controls.install(app)


def money(amount_micro: int, currency: str) -> str:
    """A charge or price: "€1.05", with up to four places where a cent is too coarse."""
    return _money(coins.format_money(amount_micro, currency), currency, language_now())


def balance(amount_micro: int, currency: str) -> str:
    """What somebody has: whole minor units, rounded down."""
    return _money(coins.format_balance(amount_micro, currency), currency, language_now())


@lru_cache(_REMEMBERED)
def number(e164: str) -> str:
    """A telephone number in the groups people read it in, kept on one line."""
    return format_number(e164).replace(" ", _NO_BREAK)


def count(amount: int) -> str:
    """A whole number with its thousands apart."""
    return str(format_decimal(amount, locale=_locale()))


def when(at_ms: int) -> str:
    """Day and minute: "22 Nov 2026, 14:05"."""
    local = _local(at_ms)
    return f"{_day(local.date(), language_now())}, {local:%H:%M}"


def day(at_ms: int) -> str:
    """The day alone: "22 Nov 2026"."""
    return _day(_local(at_ms).date(), language_now())


def instant(at_ms: int) -> str:
    """The time of day to the millisecond, for timelines: "14:05:09.120"."""
    return f"{_local(at_ms):%H:%M:%S}.{at_ms % 1000:03d}"


def ago(at_ms: int, now_ms: int) -> str:
    """How long before (or after) now: "3 minutes ago"."""
    apart = timedelta(milliseconds=at_ms - now_ms)
    return str(format_timedelta(apart, add_direction=True, threshold=1.2, locale=_locale()))


def duration(ms: int) -> str:
    """Talk time on a clock: "0:42", "12:05", "1:02:05"; a started second is not yet one."""
    seconds = max(ms, 0) // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def exactly(ms: int) -> str:
    """What is billed, as it was measured: "1 min 16.052 s", "12.519 s"."""
    minutes, rest_ms = divmod(max(ms, 0), 60_000)
    seconds = f"{format_decimal(Decimal(rest_ms) / 1000, '0.000', locale=_locale())} s"
    return (f"{minutes} min {seconds}" if minutes else seconds).replace(" ", _NO_BREAK)


def talk_time(seconds: int) -> str:
    """How long money lasts: "12 minutes"; from two hours on in hours. Rounded down, as every promise."""
    for unit, length_s, least in (("hour", 3600, 2), ("minute", 60, 1)):
        if seconds >= least * length_s:
            return str(format_unit(seconds // length_s, f"duration-{unit}", "long", locale=_locale()))
    return str(format_unit(seconds, "duration-second", "long", locale=_locale()))


def country(code: str) -> str:
    """The name of a country (ISO 3166 alpha-2)."""
    return str(_locale().territories.get(code, code))


def iso(at_ms: int) -> str:
    """The instant for machines: what stands in <time datetime>."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(_REMEMBERED)
def _money(plain: str, currency: str, language: str) -> str:
    amount = Decimal(plain.removesuffix(currency).strip())
    shown = format_currency(amount, currency, locale=_locale_of(language), decimal_quantization=False)
    return _CODE_BEFORE_DIGIT.sub(_NO_BREAK, shown)


@lru_cache(_REMEMBERED)
def _day(local: date, language: str) -> str:
    return str(format_date(local, "d MMM y", locale=_locale_of(language)))


def _local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, time_zone_now())


def _locale() -> Locale:
    return _locale_of(language_now())


@cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))
