"""Password, language, clock, and where one is signed in."""

import re

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from callback.store import accounts, web_sessions
from callback.store.models import Account
from tests.webapp.conftest import Town
from tests.webapp.desk import PASSWORD
from webapp.browsers import device_name
from webapp.time_zones import find_time_zone, time_zones

NEW = "another-secret"
_REVOKE = re.compile(r'action="(/profile/sessions/[^"/]+/revoke)"')


def anna_of(town: Town) -> Account:
    with town.desk.store.read() as session:
        return accounts.get_account(session, town.anna)


def change(town: Town, client: FlaskClient, old: str = PASSWORD, new: str = NEW) -> TestResponse:
    fields = {"current_password": old, "new_password": new}
    return town.desk.post(client, "/profile/password", at="/profile", **fields)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/profile").status_code == 200


# --- password


def test_another_password_is_good_for_the_next_sign_in(town: Town) -> None:
    client = town.as_anna()
    assert change(town, client).headers["Location"] == "/profile"
    assert town.desk.sign_in(town.stranger(), "anna", NEW).status_code == 303
    assert town.desk.sign_in(town.stranger(), "anna", PASSWORD).status_code == 200


def test_another_password_ends_every_other_session_and_keeps_this_one(town: Town) -> None:
    here, elsewhere = town.as_anna(), town.as_anna()
    change(town, here)
    assert "Your password is changed" in here.get("/profile").text
    assert not is_signed_in(elsewhere)
    assert "Your password is changed" not in here.get("/profile").text, "it is said once"


def test_the_session_after_it_is_a_new_one(town: Town) -> None:
    client = town.as_anna()
    before = client.get_cookie("ringback")
    change(town, client)
    after = client.get_cookie("ringback")
    assert before and after and before.value != after.value


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("wrong", NEW, "current_password", "This is not your present password."),
        ("", NEW, "current_password", "required"),
        (PASSWORD, "short12", "new_password", "8"),
        (PASSWORD, "x" * 65, "new_password", "64"),
        (PASSWORD, "with a space", "new_password", "an SMS has to carry it"),
        (PASSWORD, "with,a,comma", "new_password", "an SMS has to carry it"),
        (PASSWORD, "“quotation”", "new_password", "an SMS has to carry it"),
        (PASSWORD, PASSWORD, "new_password", "That is the present password."),
        (PASSWORD, "with\x00nothing", "new_password", "cannot be stored"),
    ],
)
def test_what_is_no_good_is_told_at_its_field_and_changes_nothing(
    town: Town, old: str, new: str, field: str, words: str
) -> None:
    client = town.as_anna()
    page = change(town, client, old, new)
    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text and words in page.text
    assert NEW not in page.text
    assert anna_of(town).credential_version == 1


def test_the_login_is_no_password(town: Town) -> None:
    town.desk.account("longlogin")
    client = town.stranger()
    town.desk.sign_in(client, "longlogin")
    assert "The login is no password." in change(town, client, new="LongLogin").text


def test_a_password_is_read_as_an_sms_gives_it(town: Town) -> None:
    change(town, town.as_anna(), new="geheim٣٤٥٦")
    assert town.desk.sign_in(town.stranger(), "anna", "geheim3456").status_code == 303


def test_a_password_typed_into_a_page_that_was_signed_out_is_not_kept(town: Town) -> None:
    client = town.as_anna()
    token = town.desk.token(client, "/profile")
    with town.desk.store.write() as session:
        web_sessions.revoke_all(session, town.anna)
    typed = {"csrf_token": token, "current_password": PASSWORD, "new_password": NEW}
    answer = client.post("/profile/password", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    kept = client.get_cookie("ringback-form")
    opened = URLSafeTimedSerializer("", salt="cookie-session").loads_unsafe(kept.value if kept else "")
    assert "/profile/password" in str(opened), "where it was typed is kept"
    assert PASSWORD not in str(opened) and NEW not in str(opened)


def test_guessing_the_present_password_is_slowed_down(town: Town) -> None:
    client = town.as_anna()
    pages = [change(town, client, old=f"wrong{number}").text for number in range(11)]
    assert "Too many tries" in pages[-1]


# --- language and time zone


def test_language_and_clock_are_kept(town: Town) -> None:
    client = town.as_anna()
    answer = town.desk.post(client, "/profile/habits", at="/profile", locale="pl", time_zone="europe/warsaw")
    assert answer.status_code == 303
    assert (anna_of(town).locale, anna_of(town).time_zone) == ("pl", "Europe/Warsaw")
    page = client.get(answer.headers["Location"], follow_redirects=True).text
    assert '<html lang="pl"' in page and 'value="Europe/Warsaw"' in page


@pytest.mark.parametrize(
    ("locale", "zone"),
    [("en", "Middle/Earth"), ("en", ""), ("en", "x" * 65), ("tlh", "UTC"), ("en", "../etc")],
)
def test_unknown_habits_are_refused_and_kept_to_be_corrected(town: Town, locale: str, zone: str) -> None:
    client = town.as_anna()
    page = town.desk.post(client, "/profile/habits", at="/profile", locale=locale, time_zone=zone)
    assert page.status_code == 200 and 'aria-invalid="true"' in page.text
    assert f'value="{zone}"' in page.text
    assert (anna_of(town).locale, anna_of(town).time_zone) == ("en", "UTC")


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Warsaw", "Europe/Warsaw"),
        ("warsaw", "Europe/Warsaw"),
        ("Europe/Isle of Man", "Europe/Isle_of_Man"),
        ("utc", "UTC"),
        ("Warsaw/Europe", None),
        ("", None),
    ],
)
def test_a_time_zone_is_found_as_people_write_it(written: str, zone: str | None) -> None:
    assert find_time_zone(written) == zone


def test_time_zones_have_places() -> None:
    assert "Asia/Tokyo" in time_zones()
    assert not {"EST", "Etc/GMT+1", "posix/UTC"} & set(time_zones())


# --- sessions


def test_sessions_are_listed_and_ended_one_by_one(town: Town) -> None:
    here, elsewhere = town.as_anna(), town.as_anna()
    page = here.get("/profile").text
    assert "This device" in page and "127.0.0.1" in page
    (other,) = _REVOKE.findall(page)
    assert town.desk.post(here, other, at="/profile").status_code == 303
    assert is_signed_in(here) and not is_signed_in(elsewhere)
    assert _REVOKE.findall(here.get("/profile").text) == []


def test_all_other_sessions_end_at_once(town: Town) -> None:
    here, others = town.as_anna(), [town.as_anna() for _ in range(2)]
    town.desk.post(here, "/profile/sessions/revoke-others", at="/profile")
    assert is_signed_in(here) and not any(map(is_signed_in, others))


def test_sessions_of_somebody_else_do_not_exist(town: Town) -> None:
    anna, boris = town.as_anna(), town.as_boris()
    town.as_anna()
    (hers,) = _REVOKE.findall(anna.get("/profile").text)
    assert town.desk.post(boris, hers, at="/profile").status_code == 404
    assert len(_REVOKE.findall(anna.get("/profile").text)) == 1


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", ("Firefox", "Linux")),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/129.0 Safari/537.36 Edg/1", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", ("Safari", "iPhone")),
        (f"Mozilla/5.0 (Linux; Android 14) {_WEBKIT} Chrome/129.0 Mobile Safari/5", ("Chrome", "Android")),
        ("Werkzeug/3.1", ("Werkzeug/3.1", "")),
        ("", ("", "")),
    ],
)
def test_a_device_is_named_as_people_do(agent: str, name: tuple[str, str]) -> None:
    assert device_name(agent) == name


def test_an_agent_cannot_write_into_the_page(town: Town) -> None:
    client = town.stranger()
    client.environ_base["HTTP_USER_AGENT"] = "<script>alert(1)</script>"
    town.desk.sign_in(client, "anna")
    assert "<script>alert" not in client.get("/profile").text
