"""The demo page: two phones, what they do, what it costs, and whom to kill. `make run` opens on it.

It is a toy with every door open, passwords on the page included, so it answers only where nobody else can
come: the demo is on, the peer is this machine, the address names this machine (DNS rebinding), and nothing
stands in between. For anybody else there is no such page.

    GET  /demo                              the page          GET  /demo/events        pictures, live (SSE)
    POST /demo/phones/<phone>/<verb>        JSON in, 204      GET  /demo/picture       the present one
    POST /demo/phones/<phone>/voice         PCM in            GET  /demo/phones/<phone>/ear    PCM out, live
    POST /demo/kill, /demo/sign-in/<who>            GET  /demo/operator, /demo/token   codes of now
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import HTTPException

from callback.store import accounts, operators
from callback.store.models import Account, Operator
from callback.store.web_sessions import Kind
from webapp import auth, errors
from webapp.demo_words import TUNES, words
from webapp.i18n import gettext as _
from webapp.parts import the_parts
from webapp.stage import Picture, Stage, StageTrouble

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

_STREAM_S = 25.0  # then the browser comes again; a server that ends waits no longer for it
_PATIENCE_S = 1.0  # between two looks whether the server ends
_SILENT_EAR_S = 600.0
_TEXT_MOST = 459  # letters: three SMS
_KEYS_MOST = 40
_KEYS = frozenset("0123456789*#")
_VOICE_MOST = 16_000  # octets: a second
_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_BETWEEN = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_MICROPHONE = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"


def the_stage() -> Stage:
    stage = the_parts().stage
    assert stage is not None, "the guard has looked"
    return stage


@blueprint.before_request
def _only_here() -> None:
    parts = the_parts()
    if not parts.config.web.demo or parts.stage is None:
        abort(404)
    peer = request.environ.get("REMOTE_ADDR", "")
    host = urlsplit(f"//{request.host}").hostname or ""
    if not _is_loopback(peer) or host not in _NAMES or any(name in request.headers for name in _BETWEEN):
        abort(404)


@blueprint.after_request
def _allow_the_microphone(response: Response) -> Response:
    response.headers["Permissions-Policy"] = _MICROPHONE
    return response


@blueprint.errorhandler(StageTrouble)
def _trouble(_error: StageTrouble) -> ResponseReturnValue:
    return {"message": _("A simulator does not answer. Please try again.")}, 503


@blueprint.errorhandler(HTTPException)
def _refused(error: HTTPException) -> ResponseReturnValue:
    """Scripts are told in JSON; who opens the page in vain sees the usual page."""
    if request.method == "POST" and request.endpoint != "demo.sign_in" and error.code != 404:
        return {"message": error.description or ""}, error.code or 500
    return errors.page(error.code or 500)


# --- looking


@blueprint.get("")
def page() -> ResponseReturnValue:
    picture = the_stage().picture()
    return render_template(
        "demo/page.html",
        picture=picture,
        subscriber=the_stage().subscriber(),
        operator=the_stage().operator(),
        words=words(),
        tunes=TUNES,
    )


@blueprint.get("/picture")
def picture() -> ResponseReturnValue:
    return asdict(the_stage().picture())


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    answer = Response(stream_with_context(_pictures()), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _pictures() -> Iterator[str]:
    """Each picture as it comes: of what it is made of only the parts that are new."""
    stage, parts = the_stage(), the_parts()
    until_s, version = parts.clock.monotonic_s() + _STREAM_S, 0
    told: dict[str, str] = {}
    yield "retry: 300\n\n"
    while not parts.closing.is_set() and parts.clock.monotonic_s() < until_s:
        try:
            seen = stage.wait(version, _PATIENCE_S)
        except StageTrouble:
            continue
        if seen.version == version:
            yield f'data: {{"now_ms":{seen.now_ms}}}\n\n'  # still here: who hears nothing has lost us
            continue
        version = seen.version
        fresh = {name: text for name, text in _parts_of(seen) if told.get(name) != text}
        told |= fresh
        body = ",".join(f"{json.dumps(name)}:{text}" for name, text in fresh.items())
        yield f'data: {{"now_ms":{seen.now_ms},{body}}}\n\n'


def _parts_of(seen: Picture) -> Iterator[tuple[str, str]]:
    for name, value in asdict(seen).items():
        if name not in ("now_ms", "version"):
            yield name, json.dumps(value, separators=(",", ":"))


@blueprint.get("/operator")
def operator() -> ResponseReturnValue:
    """The code an authenticator would show now, and for how long."""
    visitor = the_stage().operator()
    return {"code": visitor.code, "code_left_s": visitor.code_left_s}


@blueprint.get("/token")
def token() -> ResponseReturnValue:
    """A fresh token for forms: signing in on another tab makes the page's old one worthless."""
    return {"token": generate_csrf()}


@blueprint.get("/phones/<phone>/ear")
def ear(phone: str) -> ResponseReturnValue:
    try:
        listening = the_stage().listen(phone)
    except ValueError:
        abort(404)
    parts = the_parts()

    def sound() -> Iterator[bytes]:
        quiet_s = 0.0
        with listening as heard:
            while not parts.closing.is_set() and quiet_s < _SILENT_EAR_S:
                pcm = heard.hear(_PATIENCE_S)
                quiet_s = 0.0 if pcm else quiet_s + _PATIENCE_S
                yield pcm or bytes(2)  # a sample of silence: who is gone is noticed by writing only

    answer = Response(sound(), mimetype="application/octet-stream")
    answer.headers["X-Audio"] = "pcm; rate=8000; bits=16; channels=1; endian=little"
    return answer


# --- acting


@blueprint.post("/phones/<phone>/<any(sms, answer, 'hang-up', press, mute, play):verb>")
def act(phone: str, verb: str) -> ResponseReturnValue:
    stage, given = the_stage(), request.get_json(silent=True)
    wish: dict[str, Any] = given if isinstance(given, dict) else {}
    try:
        match verb:
            case "sms":
                stage.send_sms(phone, _text(wish))
            case "answer":
                stage.answer(phone)
            case "hang-up":
                stage.hang_up(phone)
            case "press":
                stage.press(phone, _keys(wish))
            case "mute":
                stage.mute(phone, wish.get("on") is True)
            case "play":
                stage.play(phone, _tune(wish))
    except ValueError:
        abort(404)
    return "", 204


@blueprint.post("/phones/<phone>/voice")
def voice(phone: str) -> ResponseReturnValue:
    """Sound of a microphone: PCM 16 bit little-endian, 8 kHz, about 100 ms a time."""
    pcm = request.get_data(cache=False)
    if len(pcm) > _VOICE_MOST or len(pcm) % 2:
        abort(400, _("That is no sound we can send."))
    try:
        the_stage().speak(phone, pcm)
    except ValueError:
        abort(404)
    return "", 204


@blueprint.post("/kill")
def kill() -> ResponseReturnValue:
    wish = request.get_json(silent=True)
    try:
        pid = the_stage().kill(str(wish.get("process")) if isinstance(wish, dict) else "")
    except ValueError:
        abort(404)
    return {"pid": pid}


@blueprint.post("/sign-in/<any(subscriber, operator):who>")
def sign_in(who: str) -> ResponseReturnValue:
    """Without typing: everything a visitor would type stands on the page."""
    is_subscriber = who == "subscriber"
    stage = the_stage()
    with the_parts().store.read() as session:
        if is_subscriber:
            found: Account | Operator | None = accounts.find_account(session, stage.subscriber().login)
        else:
            found = operators.find_operator(session, stage.operator().login)
    if found is None:
        abort(404)
    auth.sign_in(Kind.SUBSCRIBER if is_subscriber else Kind.OPERATOR, found.id, found.credential_version)
    return redirect("/" if is_subscriber else "/operator/", 303)


def _text(wish: dict[str, Any]) -> str:
    text = wish.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > _TEXT_MOST:
        abort(400, _("An SMS has 1 to %(most)d characters.", most=_TEXT_MOST))
    if any(0xD800 <= ord(char) < 0xE000 for char in text) or not (text.isprintable() or "\n" in text):
        abort(400, _("This holds characters that no phone can send."))
    return text


def _keys(wish: dict[str, Any]) -> str:
    keys = wish.get("keys")
    if not isinstance(keys, str) or not 0 < len(keys) <= _KEYS_MOST or not _KEYS.issuperset(keys):
        abort(400, _("A phone has the keys 0 to 9, * and #."))
    return keys


def _tune(wish: dict[str, Any]) -> str:
    tune = wish.get("tune")
    if tune not in ("", *TUNES):
        abort(400, _("There is no such tune."))
    return str(tune)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
