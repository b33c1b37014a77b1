"""Who asks, as far as a count of tries goes: a network address, or a browser that was let in before.

Tries are counted by address and by login, so that nobody guesses on. Then whoever knows a login could keep
its owner out by guessing at it for ever. Hence the cookie of a known browser: it names up to five people who
have signed in there, and a browser's tries at one of those are counted apart from everybody else's
(docs/decisions/0013; OWASP calls it a device cookie). It is signed, opens nothing, and outlives a sign-out.
"""

import secrets
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, g, request
from itsdangerous import BadData, URLSafeSerializer

from webapp import security
from webapp.parts import signing_key, the_parts

_PEOPLE_MOST = 5
_LIFE_S = 180 * 24 * 3600
_CUSTOMER_BITS = 64  # of an IPv6 address: the rest is the customer's own to choose (RFC 6177)
_COOKIE = "known"

_Known = tuple[str, list[str]]  # the browser's name, and ids of people, the latest first


def install(app: Flask) -> None:
    app.after_request(_hand_out)


def network() -> str:
    """Where the request comes from: an IPv4 address, or the network of an IPv6 one."""
    written = request.remote_addr or ""
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return f"web {written[:45]}"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return f"web {IPv6Address(int(address) >> _CUSTOMER_BITS << _CUSTOMER_BITS)}/{_CUSTOMER_BITS}"
        address = address.ipv4_mapped
    return f"web {address}"


def browser_known_to(subject_id: str | None) -> str:
    """The name of this browser if that person signed in here before, else ""."""
    browser, people = _brought()
    return browser if subject_id is not None and subject_id in people else ""


def remember(subject_id: str) -> None:
    """This person signed in here: from this response on the browser is known to them."""
    browser, people = _brought()
    people = [subject_id, *(each for each in people if each != subject_id)]
    g.ringback_known = (browser or secrets.token_urlsafe(12), people[:_PEOPLE_MOST])


def _brought() -> _Known:
    told = request.cookies.get(_name(), "")
    try:
        browser, made_at_ms, people = _signer().loads(told)
    except (BadData, ValueError, TypeError):
        return "", []
    if made_at_ms + _LIFE_S * 1000 < the_parts().clock.now_ms():
        return "", []
    return browser, people


def _hand_out(response: Response) -> Response:
    known: _Known | None = g.get("ringback_known")
    if known is not None:
        browser, people = known
        told = _signer().dumps([browser, the_parts().clock.now_ms(), people])
        assert isinstance(told, str), "as text goes in, text comes out"
        https = security.is_https(the_parts().config)
        response.set_cookie(
            _name(), told, max_age=_LIFE_S, secure=https, httponly=True, samesite="Lax", path="/"
        )
    return response


def _name() -> str:
    return security.cookie_name(the_parts().config, _COOKIE)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_key(the_parts().keys.session), salt="known browser")
