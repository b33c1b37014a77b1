"""What every answer carries: a strict policy for scripts, a nonce, and no doubt about cookies.

Nothing comes from another site, nothing is framed, no script or style stands in the page itself unless it
bears this response's nonce. `__Host-` cookies (RFC 6265bis §4.1.3.2) can be set by this host only, which
needs https; on plain http, as at home, their names are without it.
"""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from callback.config import Config
from webapp.parts import the_parts

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: Flask) -> None:
    CSRFProtect(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_protect)


def is_https(config: Config) -> bool:
    return urlsplit(config.web_url).scheme == "https"


def cookie_name(config: Config, suffix: str = "") -> str:
    name = f"ringback-{suffix}" if suffix else "ringback"
    return f"__Host-{name}" if is_https(config) else name


def csp_nonce() -> str:
    """What a `<script nonce=…>` of this response must bear."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _protect(response: Response) -> Response:
    headers = response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=csp_nonce()))
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if the_parts().config.web.demo:
        headers["Permissions-Policy"] = _ALWAYS["Permissions-Policy"].replace(
            "microphone=()", "microphone=(self)"
        )
    if is_https(the_parts().config):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
