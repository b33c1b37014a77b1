"""How long money lasts and where to, in words: "about 12 minutes", "Poland".

A promise is rounded down: never a minute that is not there.
"""

from babel import Locale
from babel.units import format_unit

from webapp.i18n import language_now


def talk_words(talk_s: int) -> str:
    """Whole minutes, or seconds below one; from two hours on in hours."""
    for unit, seconds, least in (("hour", 3600, 2), ("minute", 60, 1)):
        if talk_s >= least * seconds:
            return str(format_unit(talk_s // seconds, f"duration-{unit}", "long", locale=language_now()))
    return str(format_unit(talk_s, "duration-second", "long", locale=language_now()))


def country_name(country: str) -> str:
    """Of an ISO 3166 code, in the page's language."""
    return str(Locale.parse(language_now()).territories.get(country, country))
