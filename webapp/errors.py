"""Honest pages for what goes wrong: what happened, that nothing was done, what to do next.

A database that is locked or full is 503 with `Retry-After`; its transaction was rolled back, so the same
press may be made again. Forms too old to be trusted are shown filled in, to be sent again.
"""

from contextlib import suppress
from typing import Any

import structlog
from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from callback.store.db import StoreError
from callback.waking import QueueDown
from webapp import again, auth, sessions
from webapp.i18n import lazy_gettext

_RETRY_S = 5
_WORDS = {
    400: (
        lazy_gettext("We did not understand that"),
        lazy_gettext("Nothing was done. Please go back and try again."),
    ),
    403: (lazy_gettext("Not allowed"), lazy_gettext("You may not do this. Nothing was done.")),
    404: (
        lazy_gettext("There is no such page"),
        lazy_gettext("The address may be mistyped, or what was here is gone."),
    ),
    405: (
        lazy_gettext("This does not work that way"),
        lazy_gettext("Please go back and use the button of the page."),
    ),
    413: (lazy_gettext("That is too much"), lazy_gettext("What you sent is too long. Nothing was done.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Please wait a minute, then try again.")),
    500: (
        lazy_gettext("Something broke"),
        lazy_gettext("The fault is ours and was noted. Please try again in a moment."),
    ),
    503: (
        lazy_gettext("We are busy for a moment"),
        lazy_gettext("Nothing was done. Please try again in a few seconds; it is safe to press once more."),
    ),
}


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, _forged_or_old)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(QueueDown, _store)
    app.register_error_handler(500, _broke)


def note_fault(exc_info: tuple[Any, Any, Any]) -> None:
    """Our own mistake, with its traceback."""
    structlog.get_logger().error("web.broke", rule=_rule(), exc_info=exc_info)


def page(status: int) -> Response:
    """The page that tells this status."""
    with suppress(StoreError):
        sessions.current()  # whom the page greets; nobody, if the database does not say
    title, text = _WORDS.get(status, _WORDS[400])
    body = render_template("errors/error.html", status=status, heading=title, text=text)
    answer = Response(body, status)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(_RETRY_S if status == 503 else 60)
    return answer


def _rule() -> str:
    """The pattern of the address: addresses themselves may hold a link's token."""
    return request.url_rule.rule if request.url_rule else ""


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    answer = page(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _forged_or_old(_error: CSRFError) -> ResponseReturnValue:
    if not again.is_ours():
        return page(400)
    door = auth.door_of(request.endpoint)
    if door and not auth.current_user.is_authenticated:
        return auth.to_the_door(door)
    return again.filled_form()


def _store(error: Exception) -> ResponseReturnValue:
    structlog.get_logger().warning("web.store_failed", rule=_rule(), error=str(error))
    if request.headers.get("HX-Request") == "true" or not again.may_return():
        return page(503)
    with suppress(StoreError):
        sessions.current()
    answer = again.filled_form(503)
    answer.headers["Retry-After"] = str(_RETRY_S)
    return answer


def _broke(_error: Exception) -> ResponseReturnValue:
    return page(500)  # it was noted by `note_fault`
