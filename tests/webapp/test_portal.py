"""The first page: what there is, what a call costs, what its parts cost us."""

import pytest

from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, FRIEND, Desk
from tests.webapp.pressing import press, quote, requests_in
from tests.webapp.statements import MOST_A_PAGE, counted


def test_the_first_page_shows_balance_talk_time_and_the_button(town: Town) -> None:
    page = town.as_anna().get("/")
    assert page.status_code == 200
    assert "€10.00" in page.text
    assert "About 5 minutes to mobile phones in Poland." in page.text
    assert "+48\u00a0600\u00a0316\u00a0058" in page.text
    assert "U.anna P.password" in page.text


def test_money_under_way_is_told(town: Town) -> None:
    client = town.as_anna()
    press(client)
    page = client.get("/").text
    assert "€8.20" in page
    assert "€1.80</span> more is set aside" in page


def test_who_has_no_phone_is_led_to_add_one(desk: Desk) -> None:
    desk.account("anna")
    client = desk.client()
    desk.sign_in(client, "anna")
    page = client.get("/").text
    assert "/numbers/add" in page and "U.anna P.password R.number" in page
    assert "form_key" not in page


def test_an_operator_has_another_first_page(town: Town) -> None:
    assert town.as_operator().get("/").headers["Location"] == "/operator/"


def test_a_stranger_is_led_to_the_door_and_back(town: Town) -> None:
    answer = town.stranger().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/")


# --- the price


def test_the_price_is_told_before_the_press(town: Town) -> None:
    page = quote(town.as_anna(), source=ANNA, destination="0049 30 12345678").text
    assert "€1.80" in page  # 0.60 own, 1.20 theirs
    assert "€0.05" in page
    assert "5 minutes" in page
    assert 'value="0049 30 12345678"' in page
    assert requests_in(town.desk) == []


def test_while_typing_only_the_price_is_sent(town: Town) -> None:
    fragment = quote(town.as_anna(), live=True, source=ANNA, destination=FRIEND).text
    assert "€1.80" in fragment and "<html" not in fragment


def test_half_a_number_is_no_news_while_typing(town: Town) -> None:
    assert quote(town.as_anna(), live=True, destination="00493").text.strip() == ""
    assert "is no number we can call" in quote(town.as_anna(), destination="00493").text


def test_a_number_that_is_not_called_is_told_while_typing(town: Town) -> None:
    assert "emergency" in quote(town.as_anna(), live=True, destination="112").text


def test_without_a_destination_the_own_leg_is_priced(town: Town) -> None:
    fragment = quote(town.as_anna(), live=True, source=ANNA).text
    assert "€0.60</span> a minute" in fragment


def test_a_price_that_cannot_be_paid_says_so(desk: Desk) -> None:
    desk.phone(desk.account("anna", credit_micro=1_000_000), ANNA)
    client = desk.client()
    desk.sign_in(client, "anna")
    told = quote(client, live=True, destination=FRIEND).text
    assert "€1.80" in told and "balance is too low" in told


def test_whoever_has_no_phone_yet_is_told_to_register_it_and_no_more(desk: Desk) -> None:
    desk.account("anna")
    client = desk.client()
    desk.sign_in(client, "anna")
    call_me = 'translate="no">U.anna P.'
    page = client.get("/").text
    assert page.count(call_me) == 1 and " R." in page
    assert call_me not in client.get("/now/calls").text
    desk.phone("id-anna", ANNA)
    assert call_me in client.get("/now/calls").text


def test_an_empty_purse_says_who_fills_it(town: Town, desk: Desk) -> None:
    whom = "ask the operator of this service"
    assert whom not in town.as_anna().get("/now/money").text
    desk.account("carla", credit_micro=0)
    client = desk.client()
    desk.sign_in(client, "carla")
    assert whom in client.get("/now/money").text


# --- what it costs us


def test_pages_ask_the_database_little(town: Town) -> None:
    client = town.as_anna()
    press(client, source=ANNA, destination=FRIEND)
    for path in ("/", "/numbers", "/numbers/add", "/profile"):
        with counted() as statements:
            assert client.get(path).status_code == 200
        assert 0 < len(statements) <= MOST_A_PAGE, path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/call-me", "/"),
        ("/call-me/quote", "/"),
        ("/profile/habits", "/profile"),
        ("/profile/password", "/profile"),
    ],
)
def test_the_address_of_a_refused_form_leads_back_to_it(town: Town, path: str, place: str) -> None:
    answer = town.as_anna().get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, place)


def test_parts_of_the_page_are_read_afresh(town: Town) -> None:
    client = town.as_anna()
    assert "€10.00" in client.get("/now/money").text
    press(client, source=ANNA, destination=FRIEND)
    assert "€8.20" in client.get("/now/money").text
    (request,) = requests_in(town.desk)
    assert f'href="/calls/{request.id}"' in client.get("/now/live").text
    assert client.get(f"/now/live?shown={request.id}").text.strip() == ""
    calls = client.get("/now/calls").text
    assert f'href="/calls/{request.id}"' in calls and "<html" not in calls


def test_pages_speak_polish(desk: Desk) -> None:
    desk.phone(desk.account("anna", locale="pl", time_zone="Europe/Warsaw"), ANNA)
    client = desk.client()
    desk.sign_in(client, "anna")
    page = client.get("/").text
    assert '<html lang="pl"' in page
    assert "minut" in page and "10,00" in page
