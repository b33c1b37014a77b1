"""Light or dark, and the language of who is not signed in: two cookies, each set by a form or by theme.js.

Without a cookie the page follows the system's theme, by the style sheet alone. The server knows the choice
before it writes the first byte, so no page flashes in the wrong theme.
"""

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue

from webapp.auth import safe_next
from webapp.i18n import COOKIE as LANGUAGE_COOKIE
from webapp.i18n import COOKIE_S, LANGUAGES
from webapp.parts import the_parts

THEME_COOKIE = "theme"
THEMES = ("light", "dark")

blueprint = Blueprint("looks", __name__)


def install(app: Flask) -> None:
    """Let base.html ask `theme_now()`, `service_name()`, `is_simulation()` and `this_page()`."""
    app.add_template_global(this_page, "this_page")
    app.add_template_global(theme_now, "theme_now")
    app.add_template_global(service_name, "service_name")
    app.add_template_global(is_simulation, "is_simulation")


def theme_now() -> str:
    """ "light" or "dark" as chosen in this browser, "" to follow the system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def service_name() -> str:
    """What the service calls itself: people know it by this name, not by ours."""
    return the_parts().config.service.name


def is_simulation() -> bool:
    """Whether simulated phones stand around the service: every page says so then."""
    return the_parts().stage is not None


def this_page() -> str:
    """Where a choice leads back to: this address with its filters; what was posted is not posted again."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


@blueprint.post("/theme")
def choose_theme() -> ResponseReturnValue:
    """Remember the theme of the button that was pressed; theme.js does the same without a round trip."""
    return _remember(THEME_COOKIE, request.form.get("theme", ""), THEMES)


@blueprint.post("/language")
def choose_language() -> ResponseReturnValue:
    """Remember the language for pages before the sign-in; the profile decides after it."""
    return _remember(LANGUAGE_COOKIE, request.form.get("language", ""), tuple(LANGUAGES))


def _remember(cookie: str, value: str, known: tuple[str, ...]) -> ResponseReturnValue:
    answer = redirect(safe_next(request.form.get("next"), "/"), 303)
    if value in known:
        answer.set_cookie(cookie, value, max_age=COOKIE_S, secure=request.is_secure, samesite="Lax")
    else:
        answer.delete_cookie(cookie)
    return answer
