"""Callback clients come in by the login and password of their SMS, and go."""

from callback.store import accounts
from tests.webapp.conftest import Town
from tests.webapp.desk import Desk


def test_the_password_of_the_sms_opens_the_pages(town: Town) -> None:
    client = town.stranger()
    answer = town.desk.sign_in(client, "Anna")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_unknown_login_and_wrong_password_are_told_alike(town: Town) -> None:
    pages = []
    for login in ("anna", "nobody"):
        answer = town.desk.sign_in(town.stranger(), login, "wrong")
        assert answer.status_code == 200
        assert "Login or password is wrong" in answer.text
        pages.append(answer.headers.keys())
    assert sorted(pages[0]) == sorted(pages[1])


def test_another_password_ends_the_session(town: Town) -> None:
    client = town.as_anna()
    assert client.get("/sign-in").status_code == 303
    with town.desk.store.write() as session:
        accounts.set_password(session, town.anna, "other")
    assert client.get("/sign-in").status_code == 200


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(town: Town) -> None:
    client = town.as_anna()
    cookie = client.get_cookie("ringback")
    assert cookie is not None
    town.desk.post(client, "/sign-out", at="/operator/sign-in")
    thief = town.stranger()
    thief.set_cookie("ringback", cookie.value)
    assert thief.get("/sign-in").status_code == 200


def test_an_operator_comes_in_by_password_and_code(town: Town) -> None:
    assert town.as_operator().get("/operator/sign-in").status_code == 303


def test_there_is_no_such_page_is_said_honestly(desk: Desk) -> None:
    answer = desk.client().get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
