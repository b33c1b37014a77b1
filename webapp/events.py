"""Event streams: `/events` tells an open page that something it may see has changed, never what.

    hello  the stream is up: read everything again, for what was missed before
    news   ids of requests and accounts that have changed, as a JSON list: read those
    beat   nothing has; the page knows that it would have heard
    bye    the stream has lasted long enough: come again, at once (`away`: later, Valkey is gone)
    over   whoever opened it is signed out

Server-sent events (HTML Living Standard §9.2). A stream takes a thread, so there are `web.streams` of them
and no more: whoever finds none, or no Valkey, gets 503 and looks every few seconds instead. It ends with
the session that opened it, with the process, and after `LIFE_S`.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from callback.store import web_sessions
from callback.store.db import StoreError
from webapp import security
from webapp.auth import current_user
from webapp.ears import Ear, Ears
from webapp.parts import WebParts, the_parts

LIFE_S = 25.0  # proxies and sleeping laptops forget longer ones
BEAT_S = 5.0
_LOOK_S = 1.0  # whether the process is to end
_EACH_MOST = 10  # streams of one person
_RETRY_S = 5
_EARS = "ringback.ears"

blueprint = Blueprint("events", __name__)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    parts = state.app.extensions["ringback"]
    assert isinstance(parts, WebParts)
    state.app.extensions[_EARS] = Ears(parts.config.queue_url, parts.config.web.streams, _EACH_MOST)


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    """A subscriber hears of their own account, an operator of all."""
    if not current_user.is_authenticated:
        return Response("", 401)
    parts, ears = the_parts(), the_ears()
    person_id = f"{'operator' if current_user.is_operator else 'subscriber'}:{current_user.get_id()}"
    ear = ears.open(person_id, None if current_user.is_operator else current_user.get_id())
    if ear is None:
        return Response("", 503, {"Retry-After": str(_RETRY_S)})
    token = request.cookies.get(security.cookie_name(parts.config), "")
    stream = _stream(ear, ears, parts, lambda: _is_signed_in(parts, token))
    answer = Response(stream, 200, {"X-Accel-Buffering": "no"}, mimetype="text/event-stream")
    answer.call_on_close(lambda: ears.close(ear))
    return answer


def the_ears() -> Ears:
    """Of this application."""
    ears = current_app.extensions[_EARS]
    assert isinstance(ears, Ears)
    return ears


def _stream(ear: Ear, ears: Ears, parts: WebParts, is_signed_in: Callable[[], bool]) -> Iterator[str]:
    end_s = time.monotonic() + LIFE_S
    yield _event("hello")
    beat_s = time.monotonic() + BEAT_S
    while True:
        changed = ear.take(_LOOK_S)
        now_s = time.monotonic()
        if not ears.are_open:
            yield _event("away")
            return
        if parts.closing.is_set() or now_s >= end_s:
            yield _event("bye")
            return
        if not changed and now_s < beat_s:
            continue
        if not is_signed_in():
            yield _event("over")
            return
        beat_s = now_s + BEAT_S
        yield _event("news", list(changed)) if changed else _event("beat")


def _is_signed_in(parts: WebParts, token: str) -> bool:
    """The session this stream was opened in is still good; asked again, because it may be revoked."""
    with suppress(StoreError), parts.store.read() as session:
        return web_sessions.find_session(session, token, parts.clock.now_ms()) is not None
    return False


def _event(name: str, data: object = "") -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
