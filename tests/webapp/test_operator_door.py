"""Operators: a link makes them, password and code let them in, and no code does it twice."""

import re
import secrets

from flask.testing import FlaskClient
from sqlmodel import col, update

from callback import totp
from callback.store import operators
from callback.store.models import Operator
from callback.store.rows import changed
from tests.webapp.conftest import Town
from tests.webapp.desk import OPERATOR, OPERATOR_PASSWORD, Desk

_DAY_MS = 86_400_000


def link(desk: Desk, valid_ms: int = _DAY_MS) -> str:
    token, now_ms = secrets.token_urlsafe(24), desk.clock.now_ms()
    with desk.store.write() as session:
        operators.create_operator_link(session, desk.clock.new_id(), token, now_ms + valid_ms, now_ms)
    return f"/operator/welcome/{token}"


def half(town: Town) -> FlaskClient:
    """A browser between password and code."""
    client, at = town.stranger(), "/operator/sign-in"
    answer = town.desk.post(client, at, login=OPERATOR, password=OPERATOR_PASSWORD)
    assert answer.headers["Location"] == "/operator/code"
    return client


def shown_secret(page: str) -> str:
    found = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", page)
    assert found, "the key is shown for typing"
    return found[1]


def test_the_link_makes_an_operator_who_sets_up_a_code(desk: Desk) -> None:
    client, address = desk.client(), link(desk)
    chosen = {"login": "Olga", "password": OPERATOR_PASSWORD, "again": OPERATOR_PASSWORD}
    answer = desk.post(client, address, **chosen)
    assert answer.headers["Location"] == "/operator/code/set-up"
    page = client.get("/operator/code/set-up").text
    assert "<svg" in page
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert sealed and token
    code = totp.code_at(shown_secret(page), desk.clock.now_ms())
    form = {"csrf_token": token[1], "sealed": sealed[1], "code": code}
    answer = client.post("/operator/code/set-up", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operator/")
    assert client.get("/operator/sign-in").status_code == 303
    assert desk.client().get(address).status_code == 404, "a link works once"


def test_an_old_link_says_how_to_get_another(desk: Desk) -> None:
    answer = desk.client().get(link(desk, valid_ms=-1))
    assert answer.status_code == 404
    assert "ringback init --new-link" in answer.text


def test_a_weak_password_makes_nobody_an_operator(desk: Desk) -> None:
    client, address = desk.client(), link(desk)
    page = desk.post(client, address, login="olga", password="short", again="short").text
    assert "12 characters" in page
    with desk.store.read() as session:
        assert not operators.has_operators(session)


def test_the_password_alone_opens_nothing(town: Town) -> None:
    client = half(town)
    for path in ("/operator/", "/operator/clients", "/operator/profile", "/"):
        answer = client.get(path)
        assert answer.status_code == 303 and "sign-in" in answer.headers["Location"], path


def test_a_code_is_accepted_once(town: Town) -> None:
    client = half(town)
    code = totp.code_at(town.secret, town.desk.clock.now_ms())
    assert town.desk.post(client, "/operator/code", code=code).status_code == 303
    other = half(town)
    answer = town.desk.post(other, "/operator/code", code=code)
    assert answer.status_code == 200
    assert "was used already" in answer.text


def test_five_wrong_codes_end_the_half_session(town: Town) -> None:
    client = half(town)
    right = totp.code_at(town.secret, town.desk.clock.now_ms())
    wrong = f"{(int(right) + 500_000) % 1_000_000:06}"
    answers = [town.desk.post(client, "/operator/code", code=wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [303]
    assert client.get("/operator/code").headers["Location"] == "/operator/sign-in"


def test_a_lost_authenticator_is_set_up_anew_after_a_reset(town: Town) -> None:
    signed_in = town.as_operator()
    with town.desk.store.write() as session:
        assert operators.reset_totp(session, OPERATOR)
    assert signed_in.get("/operator/sign-in").status_code == 200, "its sessions are over"
    client = half(town)
    assert client.get("/operator/code").headers["Location"] == "/operator/code/set-up"


def test_a_secret_copied_from_another_operator_opens_nothing(town: Town) -> None:
    desk = town.desk
    mine = desk.operator("mallory")
    with desk.store.write() as session:
        mallory = operators.find_operator(session, "mallory")
        assert mallory is not None
        copied = update(Operator).where(col(Operator.login) == OPERATOR)
        changed(session, copied.values(totp_sealed=mallory.totp_sealed))
    client = half(town)
    assert mine != town.secret
    for _ in "twice":
        assert client.get("/operator/code").headers["Location"] == "/operator/sign-in"
    assert "reset-totp" in client.get("/operator/sign-in").text


def test_signing_in_gives_another_token(town: Town) -> None:
    client = town.stranger()
    client.set_cookie("ringback", "planted" * 6)
    town.desk.sign_in(client, "anna")
    cookie = client.get_cookie("ringback")
    assert cookie is not None and "planted" not in cookie.value
    assert cookie.http_only and cookie.same_site == "Lax"
