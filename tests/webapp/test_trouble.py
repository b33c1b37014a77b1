"""What goes wrong is told honestly, nothing is half done, and what was typed is kept."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callback.config import Web
from callback.store import web_sessions
from callback.store.web_sessions import Kind
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.desk import Desk

_SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Somebody else writes, and does not stop."""
    with closing(sqlite3.connect(desk.store.name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def press(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """A form of ours whose token is no longer good."""
    return client.post(path, data={"csrf_token": "old", **fields}, headers=_SAME_SITE)


def test_a_form_with_an_old_token_comes_back_filled(town: Town) -> None:
    client = town.as_anna()
    answer = press(client, "/call-me", destination="+49 30 12345678", password="secret")
    assert answer.status_code == 400
    assert 'value="+49 30 12345678"' in answer.text
    assert "secret" not in answer.text
    assert not town.desk.queue.woken


def test_another_sites_form_is_not_even_shown(town: Town) -> None:
    client = town.as_anna()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        answer = client.post("/call-me", data={"destination": "+4930999"}, headers=headers)
        assert answer.status_code == 400
        assert "+4930999" not in answer.text


def test_what_was_typed_outlives_the_session(town: Town) -> None:
    client = town.as_anna()
    token = town.desk.token(client, "/")
    with town.desk.store.write() as session:
        web_sessions.revoke_all(session, town.anna)
    fields = {"csrf_token": token, "destination": "+493012345678"}
    answer = client.post("/call-me", data=fields, headers=_SAME_SITE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    answer = town.desk.sign_in(client, "anna")
    assert answer.headers["Location"] == "/again"
    page = client.get("/again").text
    assert 'action="/call-me"' in page and 'value="+493012345678"' in page
    assert not town.desk.queue.woken, "nothing is done before it is sent again"


def test_a_page_asked_for_is_shown_after_the_sign_in(town: Town) -> None:
    client = town.stranger()
    door = client.get("/history?state=answered").headers["Location"]
    assert door.startswith("/sign-in?next=")
    answer = town.desk.post(client, door, login="anna", password=desks.PASSWORD)
    assert answer.headers["Location"] == "/sign-in" or answer.headers["Location"].startswith("/history")


def test_nobody_is_sent_to_another_site(town: Town) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil", "javascript:1"):
        client = town.stranger()
        answer = town.desk.post(client, "/sign-in", login="anna", password=desks.PASSWORD, next=wanted)
        location = answer.headers["Location"]
        assert location.startswith("/") and not location.startswith(("//", "/\\")), wanted


def test_too_many_tries_say_when_to_come_back(town: Town) -> None:
    client = town.stranger()
    for guess in range(10):
        town.desk.sign_in(client, "anna", f"guess{guess}")
    answer = town.desk.sign_in(client, "anna")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"


def test_a_locked_database_is_told_and_nothing_is_half_done(town: Town) -> None:
    client = town.as_anna()
    token = town.desk.token(client, "/")
    with locked(town.desk):
        assert client.get("/").status_code == 200, "reading goes on"
        answer = client.post("/sign-out", data={"csrf_token": token})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert client.get("/sign-in").status_code == 303, "still signed in"


def test_a_form_that_met_a_locked_database_comes_back_filled(town: Town) -> None:
    client = town.as_anna()
    form = {"csrf_token": town.desk.token(client, "/"), "form_key": "k1", "destination": "+49 30 12345678"}
    with locked(town.desk):
        answer = client.post("/call-me", data=form, headers=_SAME_SITE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert 'value="+49 30 12345678"' in answer.text and 'name="form_key" value="k1"' in answer.text
    assert "what you typed is kept" in answer.text
    assert client.post("/call-me", data=form).status_code == 303


def test_a_database_that_is_gone_is_told_too(town: Town) -> None:
    client = town.as_anna()
    town.desk.store.dispose()
    with closing(sqlite3.connect(town.desk.store.name)) as other:
        other.execute("DROP TABLE web_session")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "try again" in answer.text


def test_too_much_is_refused(town: Town) -> None:
    answer = town.stranger().post("/sign-in", data={"login": "x" * 100_000})
    assert answer.status_code == 413
    assert "too long" in answer.text


def test_every_answer_bears_a_strict_policy(town: Town) -> None:
    nonces = set()
    for path in ("/sign-in", "/nowhere", "/operator/sign-in"):
        headers = town.stranger().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert (
            "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        nonces.add(policy)
    assert len(nonces) == 3, "a nonce is used once"


def test_https_has_host_cookies_whatever_the_proxy_writes() -> None:
    with desks.desk(web=Web(public_url="https://call.example")) as desk:
        desk.account("anna")
        client = desk.client()
        page = client.get("/sign-in", headers={"Host": "evil.example", "X-Forwarded-For": "192.0.2.7"})
        assert "max-age" in page.headers["Strict-Transport-Security"]
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-ringback-form=") and "Secure" in cookie


def test_another_name_for_this_machine_is_not_ours(desk: Desk) -> None:
    assert desk.client().get("/sign-in", headers={"Host": "evil.example"}).status_code == 400
    assert desk.client().get("/sign-in", headers={"Host": "127.0.0.1:8080"}).status_code == 200


def test_behind_a_proxy_the_client_is_whom_it_names_last() -> None:
    with desks.desk(web=Web(public_url="https://call.example")) as desk:
        desk.account("anna")
        client, proxied = desk.client(), {"X-Forwarded-For": "6.6.6.6, 192.0.2.7", "Host": "127.0.0.1:8080"}
        page = client.get("/sign-in", base_url="https://call.example", headers=proxied).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        answer = client.post(
            "/sign-in",
            base_url="https://call.example",
            data={"csrf_token": token[1], "login": "anna", "password": desks.PASSWORD},
            headers={**proxied, "Referer": "https://call.example/sign-in"},
        )
        assert answer.status_code == 303
        assert "__Host-ringback=" in str(answer.headers.getlist("Set-Cookie"))
        with desk.store.read() as session:
            (row,) = web_sessions.sessions_of(session, Kind.SUBSCRIBER, "id-anna", desk.clock.now_ms())
    assert row.address == "192.0.2.7"
