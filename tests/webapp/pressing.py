"""What a browser does on the first page: asks for the price, presses the button."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callback.store import requests
from callback.store.models import Request
from tests.webapp.desk import Desk

_KEY = re.compile(r'name="form_key"[^>]*value="([^"]+)"')
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LIVE = {"HX-Request": "true"}


def form_of(client: FlaskClient) -> dict[str, str]:
    """What the Call-me form of the first page holds: its token and its key."""
    page = client.get("/").text
    token, key = _TOKEN.search(page), _KEY.search(page)
    assert token and key
    return {"csrf_token": token[1], "form_key": key[1]}


def press(client: FlaskClient, **fields: str) -> TestResponse:
    return client.post("/call-me", data={**form_of(client), **fields})


def quote(client: FlaskClient, *, live: bool = False, **fields: str) -> TestResponse:
    return client.post("/call-me/quote", data={**form_of(client), **fields}, headers=LIVE if live else {})


def requests_in(desk: Desk) -> list[Request]:
    with desk.store.read() as session:
        return requests.list_requests(session)


def claim(desk: Desk, request_id: str) -> None:
    """A dialer rings its leg A: from now on nothing replaces it."""
    with desk.store.write() as session:
        assert requests.claim_request(session, request_id, "dialer@test", 1, desk.clock.now_ms())
