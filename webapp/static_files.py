"""Static files: each has an address that holds the hash of its content, so a browser keeps it for ever.

`static_url("app.css")` gives `/static/<hash>/app.css`. Whoever asks with an older hash gets the present
file and is told not to keep it. Text travels compressed, squeezed once per process; the pages themselves
are left as they are, since they hold secrets beside what people typed. Nothing is read before its time.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

ROOT = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TEXT = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent."""

    content: bytes
    media_type: str
    is_text: bool

    @cached_property
    def hash(self) -> str:
        """Enough of its SHA-256 to tell two versions apart."""
        return hashlib.sha256(self.content).hexdigest()[:12]

    @cached_property
    def squeezed(self) -> bytes:
        """The same, by gzip; without a time stamp, so that every process sends equal bytes."""
        return gzip.compress(self.content, 9, mtime=0)


class _SessionOfPages(SecureCookieSessionInterface):
    """Files know no session: else they said `Vary: Cookie`, and each sign-in fetched them all anew."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    """Serve them at the endpoint "static"; the application must have been made with static_folder=None."""
    app.session_interface = _SessionOfPages()
    app.add_url_rule("/static/<version>/<path:name>", "static", _send)
    app.add_url_rule("/favicon.ico", "favicon", lambda: _send(static_file("favicon.svg").hash, "favicon.svg"))
    app.add_template_global(static_url, "static_url")


def static_url(name: str) -> str:
    """The address of a file below `webapp/static/`; a name that does not exist is our mistake."""
    return f"/static/{static_file(name).hash}/{name}"


@lru_cache(maxsize=128)
def static_file(name: str) -> StaticFile:
    """Read once and kept; raises FileNotFoundError, also for what lies outside."""
    path = (ROOT / name).resolve()
    if not path.is_relative_to(ROOT) or not path.is_file():
        raise FileNotFoundError(name)
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(path.read_bytes(), guessed, path.suffix in _TEXT)


def _send(version: str, name: str) -> Response:
    try:
        file = static_file(name)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        abort(404)
    squeeze = file.is_text and request.accept_encodings["gzip"] > 0
    answer = Response(file.squeezed if squeeze else file.content, content_type=_content_type(file))
    if squeeze:
        answer.headers["Content-Encoding"] = "gzip"
    if file.is_text:
        answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = _FOR_EVER if version == file.hash else _ASK_AGAIN
    answer.set_etag(f"{file.hash}-gz" if squeeze else file.hash)
    answer.make_conditional(request)
    return answer


def _content_type(file: StaticFile) -> str:
    return f"{file.media_type}; charset=utf-8" if file.is_text else file.media_type
