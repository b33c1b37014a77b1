"""Whoever guesses is stopped, and nobody but they: the owner of the login comes in meanwhile."""

import re

import pytest
from flask.testing import FlaskClient

from callback import totp
from callback.config import Web
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.desk import OPERATOR, OPERATOR_PASSWORD, PASSWORD, Desk

_CODE = "/operator/code"


def guess(town: Town, login: str, times: int = 10) -> None:
    """From a network each, so that only the login is the same."""
    for number in range(times):
        client = town.stranger()
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        town.desk.sign_in(client, login, f"guess{number}")


def forget_successes(desk: Desk) -> None:
    """As ten minutes later: what is remembered is asked for no count."""
    desk.app.extensions["ringback"].verifier._remembered.clear()


def leave(town: Town, client: FlaskClient) -> None:
    other_door = "/sign-in" if client.get("/operator/sign-in").status_code == 303 else "/operator/sign-in"
    town.desk.post(client, "/sign-out", at=other_door)


def status_from(town: Town, address: str, login: str) -> int:
    client = town.stranger()
    client.environ_base["REMOTE_ADDR"] = address
    return town.desk.sign_in(client, login, "guess").status_code


def test_a_guesser_keeps_nobody_out_of_a_browser_they_signed_in_with(town: Town) -> None:
    client = town.as_anna()
    leave(town, client)
    forget_successes(town.desk)
    guess(town, "anna")
    assert status_from(town, "198.51.100.1", "anna") == 429
    assert town.desk.sign_in(client, "anna").status_code == 303


def test_a_known_browser_has_ten_tries_too(town: Town) -> None:
    client = town.as_anna()
    leave(town, client)
    answers = [town.desk.sign_in(client, "anna", f"guess{n}").status_code for n in range(11)]
    assert answers == [200] * 10 + [429]


def test_a_browser_is_known_to_those_only_who_signed_in_there(town: Town) -> None:
    mallory = town.as_boris()
    leave(town, mallory)
    guess(town, "anna")
    assert town.desk.sign_in(mallory, "anna").status_code == 429


def test_signing_in_again_gives_no_new_tries_at_another_account(town: Town) -> None:
    client = town.as_anna()
    for _ in range(2):
        leave(town, client)
        assert town.desk.sign_in(client, "boris").status_code == 303
        leave(town, client)
        for number in range(5):
            assert town.desk.sign_in(client, "anna", f"guess{number}").status_code == 200
    assert town.desk.sign_in(client, "anna", "guess").status_code == 429


def test_a_forged_cookie_makes_no_browser_known(town: Town) -> None:
    guess(town, "anna")
    for told in ("", "x", "[]", "WyJhIiwwLFsiaWQtYW5uYSJdXQ.AAAA", "é", "." * 3000):
        client = town.stranger()
        client.set_cookie("ringback-known", told)
        assert town.desk.sign_in(client, "anna").status_code == 429, told


def test_the_cookie_of_a_known_browser_is_for_the_server_alone() -> None:
    with desks.desk(web=Web(public_url="https://call.example")) as desk:
        desk.account("anna")
        client, https = desk.client(), {"base_url": "https://call.example"}
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in", **https).text)
        assert token
        answer = client.post(
            "/sign-in",
            data={"csrf_token": token[1], "login": "anna", "password": PASSWORD},
            headers={"Referer": "https://call.example/sign-in"},
            **https,
        )
        (cookie,) = (each for each in answer.headers.getlist("Set-Cookie") if "ringback-known" in each)
        assert cookie.startswith("__Host-ringback-known=")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie.split("; ")
        assert "anna@" not in cookie


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_a_customers_ipv6_network_is_one_guesser(town: Town, first: str, second: str, is_one: bool) -> None:
    for number in range(10):
        assert status_from(town, first, f"nobody{number}") == 200
    assert status_from(town, second, "nobody-else") == (429 if is_one else 200)


def test_login_written_otherwise_is_the_same_login(town: Town) -> None:
    guess(town, "anna", 5)
    guess(town, " ANNA\t", 5)
    assert status_from(town, "198.51.100.1", "Anna") == 429


def test_a_password_is_changed_while_a_stranger_guesses(town: Town) -> None:
    client = town.as_anna()
    forget_successes(town.desk)
    guess(town, "anna")
    fields = {"current_password": PASSWORD, "new_password": "another99"}
    assert town.desk.post(client, "/profile/password", at="/profile", **fields).status_code == 303


def half(town: Town, client: FlaskClient | None = None) -> FlaskClient:
    client = client or town.stranger()
    at = "/operator/sign-in"
    answer = town.desk.post(client, at, login=OPERATOR, password=OPERATOR_PASSWORD)
    assert answer.headers["Location"] == _CODE
    return client


def try_codes(town: Town, codes: list[str]) -> int:
    """In as many half sessions as it takes; the status of the last."""
    status = 0
    for place, code in enumerate(codes):
        if place % 4 == 0:
            client = half(town)
        status = town.desk.post(client, _CODE, code=code).status_code
    return status


def test_more_half_sessions_give_no_more_codes(town: Town) -> None:
    right = totp.code_at(town.secret, town.desk.clock.now_ms())
    wrong = f"{(int(right) + 500_000) % 1_000_000:06}"
    assert try_codes(town, [wrong] * 10) == 200
    assert try_codes(town, [right]) == 429


def test_an_operator_comes_in_from_a_known_browser_while_codes_are_guessed(town: Town) -> None:
    client = town.as_operator()
    leave(town, client)
    right = totp.code_at(town.secret, town.desk.clock.now_ms())
    try_codes(town, [f"{(int(right) + 500_000) % 1_000_000:06}"] * 11)
    assert town.desk.sign_in_operator(client, town.secret).headers["Location"] == "/operator/"


def test_right_codes_use_up_no_tries(town: Town) -> None:
    for _ in range(12):
        client = town.stranger()
        assert town.desk.sign_in_operator(client, town.secret).headers["Location"] == "/operator/"
