"""Light or dark, English or Polish: chosen by a button, remembered, known before the first byte."""

import pytest

from tests.webapp.conftest import Town
from tests.webapp.desk import Desk


def test_a_page_follows_the_system_until_somebody_chooses(desk: Desk) -> None:
    client = desk.client()
    assert "data-look" not in client.get("/sign-in").text
    answer = desk.post(client, "/theme", at="/sign-in", theme="dark", next="/operator/sign-in")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operator/sign-in")
    assert 'data-look="dark"' in client.get("/sign-in").text
    desk.post(client, "/theme", at="/sign-in", theme="light", next="/sign-in")
    assert 'data-look="light"' in client.get("/sign-in").text


def test_a_choice_leads_back_to_the_page_with_its_filters(town: Town) -> None:
    page = town.as_anna().get("/history?number=48600&from=2026-11-01").text
    assert 'name="next" value="/history?number=48600&amp;from=2026-11-01"' in page


@pytest.mark.parametrize("theme", ["", "green", "<b>", "dark\x00"])
def test_a_theme_nobody_knows_is_forgotten(desk: Desk, theme: str) -> None:
    client = desk.client()
    desk.post(client, "/theme", at="/sign-in", theme="dark", next="/sign-in")
    desk.post(client, "/theme", at="/sign-in", theme=theme, next="/sign-in")
    assert "data-look" not in client.get("/sign-in").text
    client.set_cookie("theme", theme)
    assert "data-look" not in client.get("/sign-in").text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_choice_leads_to_no_other_site(desk: Desk, address: str) -> None:
    answer = desk.post(desk.client(), "/theme", at="/sign-in", theme="dark", next=address)
    assert answer.headers["Location"] == "/"


def test_a_choice_needs_the_token_of_a_page(desk: Desk) -> None:
    assert desk.client().post("/theme", data={"theme": "dark"}).status_code == 400


def test_the_browser_says_which_language_until_somebody_chooses(desk: Desk) -> None:
    client = desk.client()
    polish = {"Accept-Language": "pl-PL,pl;q=0.9,en;q=0.5"}
    assert '<html lang="pl"' in client.get("/sign-in", headers=polish).text
    assert '<html lang="en"' in client.get("/sign-in", headers={"Accept-Language": "tlh"}).text
    desk.post(client, "/language", at="/sign-in", language="en", next="/sign-in")
    assert '<html lang="en"' in client.get("/sign-in", headers=polish).text


def test_the_profile_decides_for_who_is_signed_in(town: Town) -> None:
    town.desk.account("ola", locale="pl")
    client = town.desk.client()
    town.desk.sign_in(client, "ola")
    client.set_cookie("language", "en")
    assert '<html lang="pl"' in client.get("/profile").text


def test_the_language_of_a_person_stays_with_the_browser_after_the_sign_out(town: Town) -> None:
    town.desk.account("ola", locale="pl")
    client = town.desk.client()
    town.desk.sign_in(client, "ola")
    town.desk.post(client, "/sign-out", at="/profile")
    assert '<html lang="pl"' in client.get("/sign-in").text


def test_another_language_in_the_profile_stays_with_the_browser_too(town: Town) -> None:
    for client, profile in ((town.as_anna(), "/profile"), (town.as_operator(), "/operator/profile")):
        town.desk.post(client, f"{profile}/habits", at=profile, locale="pl", time_zone="Europe/Warsaw")
        town.desk.post(client, "/sign-out", at=profile)
        assert '<html lang="pl"' in client.get("/operator/sign-in").text
