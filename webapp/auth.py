"""Who may open a page: `@subscriber_only`, `@operator_only`, and how one becomes either.

Flask-Login carries the answer to views and templates as `current_user`; which session stands behind it is
known to `webapp/sessions.py`. Nobody yet is led to the sign-in page and back; whoever has the other role is
told that there is no such page.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Flask, Request, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from callback.store.web_sessions import Kind
from webapp import again, sessions, sources
from webapp.people import Nobody, Operator, Subscriber

__all__ = [
    "SIGNED_IN",
    "current_user",
    "door_of",
    "go_on",
    "operator_only",
    "safe_next",
    "sign_in",
    "sign_out",
    "signed_in_only",
    "subscriber_only",
    "the_operator",
    "the_subscriber",
    "to_the_door",
]

SIGNED_IN = "session"  # as `known` of `Verifier.admit`: no stranger uses up these tries
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def install(app: Flask) -> None:
    login_manager = LoginManager(app)
    login_manager.session_protection = None  # our sessions are rows, not signed cookies
    login_manager.anonymous_user = Nobody
    login_manager.request_loader(_person)
    sessions.install(app)
    sources.install(app)


def _person(_request: Request) -> Subscriber | Operator | None:
    found = sessions.current()
    if found is None:
        return None
    if found.account is not None:
        return Subscriber(found.account, found.session.id)
    if found.operator is not None and found.session.kind == Kind.OPERATOR:
        return Operator(found.operator, found.session.id)
    return None


def habits() -> tuple[str, str] | None:
    """Language and time zone of who is signed in, None for a stranger."""
    person = current_user
    return (person.locale, person.time_zone) if person.is_authenticated else None


def the_subscriber() -> Subscriber:
    """Who looks at a page behind `@subscriber_only`."""
    person = current_user._get_current_object()
    assert isinstance(person, Subscriber)
    return person


def the_operator() -> Operator:
    """Who looks at a page behind `@operator_only`."""
    person = current_user._get_current_object()
    assert isinstance(person, Operator)
    return person


def subscriber_only(view: View[P]) -> View[P]:
    """For callback clients: others sign in first, operators find nothing here."""
    return _only("is_subscriber", "subscriber_door.sign_in", view)


def operator_only(view: View[P]) -> View[P]:
    """For operators: others sign in first, callback clients find nothing here."""
    return _only("is_operator", "operator_door.sign_in", view)


def signed_in_only(view: View[P]) -> View[P]:
    """For both: the view looks whose what it shows is."""
    return _only("is_authenticated", "subscriber_door.sign_in", view)


def sign_in(kind: Kind, subject_id: str, credential_version: int) -> None:
    """Be this person from this response on, with a new session and new form tokens."""
    typed = again.kept()
    _forget_tokens()
    again.restore(typed)
    sessions.begin(kind, subject_id, credential_version)
    if kind is not Kind.OPERATOR_HALF:
        sources.remember(subject_id)


def sign_out() -> None:
    """Be nobody from this response on."""
    _forget_tokens()
    sessions.end()


def go_on(wanted: str | None, otherwise: str) -> ResponseReturnValue:
    """After a sign-in: to what was being sent when the session was over, else where one wanted to go."""
    if again.kept() is not None:
        return redirect(url_for("again.again"), 303)
    return redirect(safe_next(wanted, otherwise), 303)


def safe_next(wanted: str | None, otherwise: str) -> str:
    """A path of this site to go on to, or `otherwise`: never another site's."""
    if (
        not wanted
        or not wanted.startswith("/")
        or wanted.startswith(("//", "/\\"))
        or not wanted.isprintable()
    ):
        return otherwise
    return wanted


def door_of(endpoint: str | None) -> str:
    """Where one signs in for this endpoint; "" if it is open to all."""
    return getattr(current_app.view_functions.get(endpoint or ""), "ringback_door", "")


def to_the_door(door: str) -> ResponseReturnValue:
    """Sign in first; a POST is kept, to be sent again afterwards."""
    if request.method != "GET":
        again.keep()
    address = url_for(door, next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request") == "true":
        return Response("", 401, {"HX-Redirect": address})
    if "text/event-stream" in request.headers.get("Accept", ""):
        return Response("", 401)
    return redirect(address, 303)


def _forget_tokens() -> None:
    session.clear()
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)


def _only(role: str, door: str, view: View[P]) -> View[P]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not current_user.is_authenticated:
            return to_the_door(door)
        if not getattr(current_user, role):
            abort(404)
        return view(*args, **kwargs)

    guarded.ringback_door = door  # type: ignore[attr-defined]  # read by errors and by the test of all routes
    return guarded
