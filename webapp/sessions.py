"""The cookie of somebody signed in: made at sign-in, read with each request, noted once a minute.

It holds 256 random bits and nothing else; whom they stand for is in the database, so that a session can be
listed and revoked. Each sign-in makes new ones: bits planted in a browser before are worth nothing after it
(session fixation).
"""

import secrets

import structlog
from flask import Flask, Response, g, request

from callback.store import web_sessions
from callback.store.db import StoreError
from callback.store.web_sessions import Found, Kind
from webapp import security
from webapp.parts import the_parts

HALF_S = 300  # between password and code
CODES_MOST = 5  # in one half session
_TOKEN_BYTES = 32
_TOKEN_LENGTHS = (40, 50)  # of 32 bytes in base64
_AGENT_MOST = 160
_HOUR_MS = 3_600_000


def install(app: Flask) -> None:
    app.after_request(_hand_out)


def begin(kind: Kind, subject_id: str, credential_version: int) -> None:
    """Sign somebody in from this response on; whatever the browser brought is revoked."""
    parts, token = the_parts(), secrets.token_urlsafe(_TOKEN_BYTES)
    now_ms = parts.clock.now_ms()
    before = current()
    life_ms = HALF_S * 1000 if kind is Kind.OPERATOR_HALF else parts.config.web.session_h * _HOUR_MS
    with parts.store.write() as session:
        if before is not None:
            web_sessions.revoke(session, before.session.subject_id, before.session.id)
        web_sessions.open_session(
            session,
            session_id=parts.clock.new_id(),
            token=token,
            kind=kind,
            subject_id=subject_id,
            credential_version=credential_version,
            now_ms=now_ms,
            expires_at_ms=now_ms + life_ms,
            address=(request.remote_addr or "")[:45],
            agent=request.user_agent.string[:_AGENT_MOST],
            tries=CODES_MOST if kind is Kind.OPERATOR_HALF else 0,
        )
    g.ringback_token = token
    g.ringback_session = None


def end() -> None:
    """Revoke the session of this request, if there is one, and take the cookie back."""
    found = current()
    if found is not None:
        with the_parts().store.write() as session:
            web_sessions.revoke(session, found.session.subject_id, found.session.id)
    g.ringback_token = ""
    g.ringback_session = None


def current() -> Found | None:
    """The session this request came with, if it is good; asked of the database once a request."""
    if "ringback_session" not in g:
        g.ringback_session = None  # should the database fail, the page that says so greets nobody
        g.ringback_session = _find()
    found: Found | None = g.ringback_session
    return found


def _find() -> Found | None:
    parts = the_parts()
    token = request.cookies.get(security.cookie_name(parts.config), "")
    low, high = _TOKEN_LENGTHS
    if not (low <= len(token) <= high and token.isascii()):
        return None
    now_ms = parts.clock.now_ms()
    with parts.store.read() as session:
        return web_sessions.find_session(session, token, now_ms)


def _hand_out(response: Response) -> Response:
    """Set or take the cookie after a sign-in or sign-out; note a visit once the answer is sent."""
    parts = the_parts()
    name = security.cookie_name(parts.config)
    https = security.is_https(parts.config)
    token = g.get("ringback_token")
    if token:
        response.set_cookie(name, token, secure=https, httponly=True, samesite="Lax", path="/")
    elif token == "":
        response.delete_cookie(name, secure=https, httponly=True, samesite="Lax", path="/")
    found: Found | None = g.get("ringback_session")
    if found is not None and not _is_stream(response):
        _note_visit(response, found)
    return response


def _is_stream(response: Response) -> bool:
    """A page left open is no visit."""
    return response.mimetype == "text/event-stream"


def _note_visit(response: Response, found: Found) -> None:
    parts = the_parts()
    now_ms = parts.clock.now_ms()
    if found.session.kind == Kind.OPERATOR_HALF or now_ms - found.session.seen_at_ms < web_sessions.TOUCH_MS:
        return

    @response.call_on_close
    def note() -> None:  # when the answer is out: a busy database keeps nobody waiting for it
        try:
            with parts.store.write() as session:
                expires_at_ms = now_ms + parts.config.web.session_h * _HOUR_MS
                web_sessions.touch(session, found.session.id, now_ms, expires_at_ms)
        except StoreError as error:
            structlog.get_logger().warning("web.visit_not_noted", error=str(error))
