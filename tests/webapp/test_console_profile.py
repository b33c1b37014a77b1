"""An operator's own password, code generator, language and sessions."""

import re

import pytest
from flask.testing import FlaskClient

from callback import totp
from callback.store import audit, operators
from callback.store.models import Operator
from tests.webapp.conftest import Town
from tests.webapp.desk import OPERATOR_PASSWORD, forget_step

PROFILE = "/operator/profile"
ANOTHER = "another long password"


@pytest.fixture
def olga(town: Town) -> FlaskClient:
    return town.as_operator()


def row(town: Town) -> Operator:
    with town.desk.store.read() as session:
        return operators.get_operator(session, "id-olga")


def deeds(town: Town) -> list[str]:
    with town.desk.store.read() as session:
        return [entry.action for entry in audit.entries_of(session, "id-olga")]


def test_the_language_and_clock_are_the_operator_s(town: Town, olga: FlaskClient) -> None:
    answer = town.desk.post(olga, f"{PROFILE}/habits", at=PROFILE, locale="pl", time_zone="europe/warsaw")
    assert answer.status_code == 303
    assert (row(town).locale, row(town).time_zone) == ("pl", "Europe/Warsaw")
    assert 'lang="pl"' in olga.get("/operator/").text
    for wrong in ({"locale": "tlh", "time_zone": "UTC"}, {"locale": "en", "time_zone": "Moon/Base"}):
        assert town.desk.post(olga, f"{PROFILE}/habits", at=PROFILE, **wrong).status_code == 200
    assert row(town).locale == "pl"


def test_another_password_ends_every_other_session(town: Town, olga: FlaskClient) -> None:
    elsewhere = town.as_operator()
    answer = town.desk.post(
        olga, f"{PROFILE}/password", at=PROFILE, present=OPERATOR_PASSWORD, new=ANOTHER, again=ANOTHER
    )
    assert answer.status_code == 303
    assert olga.get(PROFILE).status_code == 200
    assert elsewhere.get(PROFILE).status_code == 303
    assert deeds(town) == ["change-own-password"]
    assert ANOTHER not in olga.get("/operator/").text


def test_a_password_is_not_changed_by_whoever_finds_the_page_open(town: Town, olga: FlaskClient) -> None:
    before = row(town).password_hash
    for present, new, again, words in (
        ("guess", ANOTHER, ANOTHER, "wrong"),
        ("", ANOTHER, ANOTHER, ""),
        (OPERATOR_PASSWORD, "short", "short", "12 to 128"),
        (OPERATOR_PASSWORD, ANOTHER, "differs", "differ"),
        (OPERATOR_PASSWORD, "x" * 129, "x" * 129, "12 to 128"),
        (OPERATOR_PASSWORD, OPERATOR_PASSWORD, OPERATOR_PASSWORD, "present password"),
    ):
        answer = town.desk.post(
            olga, f"{PROFILE}/password", at=PROFILE, present=present, new=new, again=again
        )
        assert answer.status_code == 200
        assert words in answer.text
        assert f'value="{new}"' not in answer.text
    assert row(town).password_hash == before
    assert deeds(town) == []


def test_a_new_key_is_used_once_it_has_proved_itself(town: Town, olga: FlaskClient) -> None:
    elsewhere, page = town.as_operator(), olga.get(f"{PROFILE}/code").text
    secret = re.search(r'<code translate="no">([A-Z2-7]{32})</code>', page)
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    assert secret and sealed
    fields = {"csrf_token": town.desk.token(olga, PROFILE), "sealed": sealed[1]}
    code = totp.code_at(secret[1], town.desk.clock.now_ms())
    before = row(town).totp_sealed
    for wrong in (
        {"code": code, "present": "guess"},
        {"code": "000000" if code != "000000" else "000001", "present": OPERATOR_PASSWORD},
        {"code": code, "present": OPERATOR_PASSWORD, "sealed": "forged"},
        {"code": "", "present": OPERATOR_PASSWORD},
    ):
        assert olga.post(f"{PROFILE}/code", data={**fields, **wrong}).status_code == 200
        assert row(town).totp_sealed == before
    answer = olga.post(f"{PROFILE}/code", data={**fields, "code": code, "present": OPERATOR_PASSWORD})
    assert answer.status_code == 303
    assert elsewhere.get(PROFILE).status_code == 303
    assert deeds(town) == ["renew-own-totp"]
    with town.desk.store.write() as session:
        forget_step(session, "olga")
    assert town.desk.sign_in_operator(town.stranger(), secret[1]).headers["Location"] == "/operator/"


def test_sessions_are_listed_and_ended(town: Town, olga: FlaskClient) -> None:
    elsewhere, third = town.as_operator(), town.as_operator()
    page = olga.get(PROFILE).text
    others = re.findall(r'action="(/operator/profile/sessions/\w+/revoke)"', page)
    assert len(others) == 2
    assert olga.post(others[0], data={"csrf_token": town.desk.token(olga, PROFILE)}).status_code == 303
    assert sorted(client.get(PROFILE).status_code for client in (elsewhere, third)) == [200, 303]
    assert olga.post(others[0], data={"csrf_token": town.desk.token(olga, PROFILE)}).status_code == 404
    town.desk.post(olga, f"{PROFILE}/sessions/revoke-others", at=PROFILE)
    assert [client.get(PROFILE).status_code for client in (elsewhere, third)] == [303, 303]
    assert olga.get(PROFILE).status_code == 200
    assert deeds(town) == ["end-own-sessions", "end-own-sessions"]
