"""Whatever is sent to any address, the answer is a page: never a fault of ours."""

import re
import urllib.parse
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.webapp.conftest import Town
from tests.webapp.desk import Desk

ODD = [
    "\0", "a\0b", "\x1b[31m", "\u202eabc", "\ufeff", "\U0001f4de" * 40, "٠٠٤٨٦٠٠", "x" * 5000,
    "'; DROP TABLE account;--", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "../../etc/passwd", "-1", "0",
    "1e999", "NaN", "9" * 400, "+", "2026-13-45", "0000-00-00", "99999-01-01", "٣", "²",
    "\r\nSet-Cookie: a=b", "true", "[]", "null", " ",
]  # fmt: skip
_FIELD = re.compile(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"')
_QUERY = (
    "from",
    "to",
    "number",
    "state",
    "before",
    "after",
    "page",
    "q",
    "next",
    "account",
    "kind",
    "link",
    "text",
)
_NOT_HERE = {"events.events"}  # a stream; it takes nothing but a header


def addresses(desk: Desk, method: str) -> Iterator[tuple[Rule, str]]:
    """Every address of the site that answers this method, with `{odd}` where something goes in."""
    for rule in desk.app.url_map.iter_rules():
        if method in (rule.methods or set()) and rule.endpoint not in _NOT_HERE:
            yield rule, re.sub(r"<[^>]+>", "{odd}", rule.rule)


def browser(town: Town, who: str) -> FlaskClient:
    return {"stranger": town.stranger, "anna": town.as_anna, "operator": town.as_operator}[who]()


def quoted(odd: str) -> str:
    return urllib.parse.quote(odd, safe="")


@pytest.mark.parametrize("who", ["stranger", "anna", "operator"])
def test_no_address_breaks_by_what_it_asks_for(town: Town, who: str) -> None:
    client, broken = browser(town, who), []
    for index, (rule, path) in enumerate(addresses(town.desk, "GET")):
        for turn in range(4):
            odd = ODD[(index * 7 + turn * 5) % len(ODD)]
            query = urllib.parse.urlencode(dict.fromkeys(_QUERY, odd))
            answer = client.get(f"{path.format(odd=quoted(odd))}?{query}", follow_redirects=False)
            if answer.status_code >= 500:
                broken.append((rule.rule, odd[:20]))
    assert not broken


@pytest.mark.parametrize("who", ["stranger", "anna", "operator"])
def test_no_form_breaks_by_what_is_typed(town: Town, who: str) -> None:
    client, broken = browser(town, who), []
    home = "/operator/profile" if who == "operator" else "/profile" if who == "anna" else "/sign-in"
    for index, (rule, path) in enumerate(addresses(town.desk, "POST")):
        if rule.endpoint == "subscriber_door.sign_out":
            continue
        fields = _fields_of(client, path) | set(_QUERY)
        for turn in range(3):
            odd = ODD[(index * 5 + turn * 11) % len(ODD)]
            token = town.desk.token(client, home)
            data = {"csrf_token": token, **{name: odd for name in fields if name != "csrf_token"}}
            answer = client.post(path.format(odd=quoted(odd)), data=data)
            if answer.status_code >= 500:
                broken.append((rule.rule, odd[:20]))
    assert not broken


def test_bytes_that_are_no_text_are_let_in_and_found_wrong(town: Town) -> None:
    client = town.stranger()
    token = town.desk.token(client, "/sign-in").encode()
    for body in (b"login=%ed%a0%80&password=%ff%fe", b"login=\xff\xfe&password=x", b"login=%00&password=%00"):
        answer = client.post(
            "/sign-in",
            data=b"csrf_token=" + token + b"&" + body,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code in (200, 400)
    answer = client.post("/sign-in", data=b'{"login": [1]}', content_type="application/json")
    assert answer.status_code == 400


def test_a_damaged_cookie_is_no_cookie(town: Town) -> None:
    for value in ("", "x", "x" * 43, "é" * 43, "a" * 4000, "eyJhIjoxfQ.x.y"):
        client = town.stranger()
        client.set_cookie("ringback", value)
        client.set_cookie("ringback-form", value)
        assert client.get("/sign-in").status_code == 200


def _fields_of(client: FlaskClient, path: str) -> set[str]:
    """What the forms of the page at this address, if there is one, would send."""
    page = client.get(path.format(odd="x"))
    return (
        set(_FIELD.findall(page.text))
        if page.status_code == 200 and "html" in (page.mimetype or "")
        else set()
    )
