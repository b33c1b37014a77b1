"""Languages and clocks of the pages: which language, which time zone, and the words marked for translation.

English is the source and needs no catalogue; every other language is a folder in `translations/`. A person
who is signed in has chosen both in the profile; before that the cookie of the language link decides, then
what the browser asks for. Nothing here knows accounts: whoever makes the application says who is there.
"""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask, Response, after_this_request, has_request_context, request
from flask_babel import Babel, get_locale, get_timezone, lazy_gettext

__all__ = [
    "LANGUAGES",
    "_",
    "gettext",
    "install",
    "language_now",
    "lazy_gettext",
    "ngettext",
    "remember_language",
    "time_zone_now",
]

gettext: Callable[..., str] = flask_babel.gettext  # untyped upstream
ngettext: Callable[..., str] = flask_babel.ngettext
_ = gettext
LANGUAGES = {"en": "English", "pl": "Polski"}  # each in its own words
COOKIE = "language"
COOKIE_S = 365 * 24 * 3600
TRANSLATIONS = Path(__file__).parent / "translations"


def install(app: Flask, *, time_zone: str, person: Callable[[], tuple[str, str] | None]) -> None:
    """Let pages speak; `person` gives (language, IANA time zone) of who is signed in, None for a stranger."""

    def language() -> str:
        if not has_request_context():
            return "en"
        habits = person()
        if habits is not None and habits[0] in LANGUAGES:
            return habits[0]
        return _asked_for()

    def clock() -> str:
        habits = person() if has_request_context() else None
        return habits[1] if habits is not None and habits[1] else time_zone

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(
        app,
        default_locale="en",
        default_timezone=time_zone,
        locale_selector=language,
        timezone_selector=clock,
    )
    app.jinja_env.globals["languages"] = LANGUAGES
    app.add_template_global(language_now, "language_now")


def language_now() -> str:
    """The language this answer is given in: a key of LANGUAGES."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def remember_language(code: str) -> None:
    """Let this browser keep the language of a person, so that pages speak it after the sign-out too."""
    if code not in LANGUAGES or request.cookies.get(COOKIE) == code:
        return

    @after_this_request
    def _keep(answer: Response) -> Response:
        answer.set_cookie(COOKIE, code, max_age=COOKIE_S, secure=request.is_secure, samesite="Lax")
        return answer


def time_zone_now() -> ZoneInfo:
    """The clock this answer's times are shown by."""
    zone = get_timezone()
    return ZoneInfo("UTC" if zone is None else str(zone))


def _asked_for() -> str:
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"
