"""What was typed is not lost when a page grew too old to be trusted, or its reader was signed out meanwhile.

    POST, token too old ───────────────────────► 400: the filled form, with a new token
    POST, signed out ──► kept in the form cookie ──► sign-in ──► /again: the filled form
    POST, database busy ───────────────────────► 503: the filled form, with the key that makes a retry safe

Nothing is done before it is sent again by hand, with every value in sight: another site might have written
them. So only what a page of ours sent is shown at all. Passwords and codes are never kept.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from webapp.i18n import lazy_gettext
from webapp.parts import the_parts

blueprint = Blueprint("again", __name__)

_KEPT = "kept"
_KEPT_MS = 3_600_000
_OCTETS_MOST = 2000  # a cookie has 4096, signature and all
_FIELDS_MOST = 40
_SECRET_WORDS = ("password", "again", "code", "current", "totp")
_HIDDEN = ("form_key", "next", "version", "key")
_DROPPED = ("csrf_token", "sealed")
_LABELS = {
    "login": lazy_gettext("Login"),
    "password": lazy_gettext("Password"),
    "code": lazy_gettext("Code"),
    "number": lazy_gettext("Number"),
    "way": lazy_gettext("How do you want the code?"),
    "source": lazy_gettext("Ring this number"),
    "destination": lazy_gettext("Connect me to"),
    "label": lazy_gettext("Label"),
    "amount": lazy_gettext("Amount"),
    "reason": lazy_gettext("Reason"),
    "language": lazy_gettext("Language"),
    "locale": lazy_gettext("Language"),
    "time_zone": lazy_gettext("Time zone"),
}

Fields = Sequence[tuple[str, str]]


def is_ours() -> bool:
    """Whether a page of this site sent the request, as far as the browser tells."""
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        return told == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(origin).netloc == request.host


def keep() -> None:
    """Remember what this POST brought until its author is signed in; too much of it is let go."""
    fields = [(name, value) for name, value in _typed() if not _is_secret(name)]
    if is_ours() and sum(len(name) + len(value.encode()) for name, value in fields) <= _OCTETS_MOST:
        session[_KEPT] = [the_parts().clock.now_ms(), _address(), fields]


def kept() -> object:
    """What `keep` remembers, as a value to carry over a sign-in; None if there is nothing."""
    return session.get(_KEPT)


@blueprint.app_template_global("what_was_typed_is_kept")
def is_kept() -> bool:
    """Whether somebody was signed out in the middle of a form."""
    return _KEPT in session


def restore(value: object) -> None:
    if value is not None:
        session[_KEPT] = value


def may_return() -> bool:
    """Whether this request is a form of ours that can be shown filled in."""
    return request.method == "POST" and is_ours() and "sealed" not in request.form


def filled_form(status: int = 400) -> Response:
    """This POST as a form to be sent again."""
    return _page("busy" if status == 503 else "old", _address(), _typed(), status)


@blueprint.get("/again")
def again() -> ResponseReturnValue:
    """The form that was kept over a sign-in."""
    value = session.pop(_KEPT, None)
    if value is None or value[0] + _KEPT_MS < the_parts().clock.now_ms():
        return redirect("/", 303)
    return _page("signed-out", value[1], [(name, text) for name, text in value[2]], 200)


def _page(why: str, address: str, fields: Fields, status: int) -> Response:
    hidden = [(name, value) for name, value in fields if name in _HIDDEN]
    shown = [
        (name, str(_LABELS.get(name) or name.replace("_", " ").capitalize()), value, _is_secret(name))
        for name, value in fields
        if name not in _HIDDEN
    ]
    body = render_template("errors/again.html", why=why, address=address, hidden=hidden, shown=shown)
    return Response(body, status)


def _typed() -> Fields:
    pairs = [pair for pair in request.form.items(multi=True) if pair[0] not in _DROPPED]
    return pairs[:_FIELDS_MOST]


def _address() -> str:
    return request.full_path.rstrip("?")


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRET_WORDS)
