"""Behind a TLS proxy: who really asks, and under which address.

Only a site whose `public_url` is https is behind one. Then the last entry of X-Forwarded-For, written by that
proxy, is the client, so nobody else may reach our port. Scheme and host are those of `public_url`, whatever
the request says: a link or a check of origins must not depend on what a client or a proxy's defaults write.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from callback.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HERE = ["localhost", "127.0.0.1"]


def install(app: Flask, config: Config) -> None:
    """Believe the proxy, if there is one; else only answer to names that are ours."""
    public = urlsplit(config.web.public_url)
    if public.scheme == "https":
        behind = ProxyFix(_addressed(app.wsgi_app, public.netloc), x_for=1, x_proto=0)
        app.wsgi_app = behind  # type: ignore[method-assign]  # as Flask documents it
    elif config.web.address.is_loopback or public.hostname:
        # another site's name that leads to this machine (DNS rebinding) is not ours
        names = [*_HERE, str(config.web.address), public.hostname or ""]
        app.config["TRUSTED_HOSTS"] = [name for name in names if name]


def _addressed(inner: "WSGIApplication", host: str) -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = "https"
        environ["HTTP_HOST"] = host
        return inner(environ, start)

    return answer
