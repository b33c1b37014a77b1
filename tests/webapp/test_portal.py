"""The first page: what there is, what a call costs, and one callback for each press."""

import re
import sqlite3
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from callback.config import Hold
from callback.store import accounts, ledger, requests
from callback.store.db import Store
from callback.store.models import Account, Request
from callback.store.rows import every
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS, FRIEND, Desk
from tests.webapp.statements import MOST_A_PAGE, counted

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


# --- the press


def test_a_press_is_one_request_and_leads_to_its_page(town: Town) -> None:
    answer = press(town.as_anna(), source=ANNA, destination="0049 30 12345678")
    (request,) = requests_in(town.desk)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/calls/{request.id}")
    assert (request.number_a, request.destination, request.trigger) == (ANNA, FRIEND, "web")
    assert town.desk.queue.woken == [request.id]


def test_the_destination_may_be_asked_by_voice(town: Town) -> None:
    press(town.as_anna(), source=ANNA, destination="  ")
    (request,) = requests_in(town.desk)
    assert request.destination is None


def test_a_double_press_is_one_call(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA}
    places = {client.post("/call-me", data=form).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    assert len(requests_in(town.desk)) == len(town.desk.queue.woken) == 1


def test_a_second_press_leads_to_the_call_even_if_the_number_is_gone_since(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA}
    first = client.post("/call-me", data=form)
    with town.desk.store.write() as session:
        accounts.remove_number(session, town.anna, ANNA)
    assert client.post("/call-me", data=form).headers["Location"] == first.headers["Location"]


def test_a_form_key_of_somebody_else_finds_nothing_of_theirs(town: Town) -> None:
    anna, boris = town.as_anna(), town.as_boris()
    form = form_of(anna)
    theirs = anna.post("/call-me", data={**form, "source": ANNA})
    own = boris.post("/call-me", data={**form_of(boris), "form_key": form["form_key"], "source": BORIS})
    assert own.headers["Location"] != theirs.headers["Location"]
    assert {request.account_id for request in requests_in(town.desk)} == {town.anna, town.boris}


def test_with_the_queue_away_the_call_is_accepted_and_that_is_said(town: Town) -> None:
    client = town.as_anna()
    town.desk.queue.is_down = True
    assert press(client, source=ANNA).status_code == 303
    assert len(requests_in(town.desk)) == 1
    assert "may take some seconds" in client.get("/").text


def test_a_call_that_waits_takes_the_newer_destination(town: Town) -> None:
    client = town.as_anna()
    press(client, source=ANNA)
    press(client, source=ANNA, destination=FRIEND)
    (request,) = requests_in(town.desk)
    assert request.destination == FRIEND
    assert "We changed the call that was waiting." in client.get("/").text


def test_a_call_in_setup_is_told_with_the_way_to_it(town: Town) -> None:
    client = town.as_anna()
    press(client, source=ANNA)
    (request,) = requests_in(town.desk)
    claim(town.desk, request.id)
    page = press(client, source=ANNA, destination=FRIEND)
    assert "is being set up or under way" in page.text
    assert f'href="/calls/{request.id}"' in page.text
    assert f'value="{FRIEND}"' in page.text
    assert len(requests_in(town.desk)) == 1


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("nonsense", "is no number we can call"),
        ("<script>alert(1)</script>", "is no number we can call"),
        ("112", "emergency numbers"),
        ("+48 700 123 456", "premium or special"),
        (ANNA, "is the phone that we would ring"),
        ("+1 201 555 0123", "We do not offer calls to"),
        ("٠٠١", "is no number we can call"),
        ("9" * 41, "40"),
        ("\x00", "cannot be stored"),
    ],
)
def test_what_cannot_be_called_is_refused_at_its_field_with_what_was_typed(
    town: Town, destination: str, words: str
) -> None:
    page = press(town.as_anna(), source=ANNA, destination=destination)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text and 'id="destination-error"' in page.text
    assert words in page.text
    assert "<script>alert" not in page.text
    assert requests_in(town.desk) == []


def test_a_number_of_another_account_is_refused(town: Town) -> None:
    page = press(town.as_anna(), source=BORIS, destination=FRIEND)
    assert 'id="source-error"' in page.text and "is not among your numbers" in page.text
    assert f'value="{FRIEND}"' in page.text
    assert requests_in(town.desk) == []


def test_a_number_removed_meanwhile_is_refused_and_the_destination_kept(town: Town) -> None:
    client = town.as_anna()
    town.desk.phone(town.anna, "+48600316000")
    form = {**form_of(client), "source": ANNA, "destination": FRIEND}
    with town.desk.store.write() as session:
        accounts.remove_number(session, town.anna, ANNA)
    page = client.post("/call-me", data=form)
    assert "is not among your numbers" in page.text and f'value="{FRIEND}"' in page.text


def test_money_gone_between_page_and_press_is_told_and_nothing_is_held(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA, "destination": FRIEND}
    with town.desk.store.write() as session:
        ledger.post(
            session, "spent", "adjust", ledger.wallet_id(town.anna), "adjust:EUR", 9_900_000,
            currency="EUR", at_ms=0,
        )  # fmt: skip
    page = client.post("/call-me", data=form)
    assert "Your balance is too low for this call" in page.text
    assert f'value="{FRIEND}"' in page.text
    assert requests_in(town.desk) == []
    with town.desk.store.read() as session:
        assert ledger.get_wallet(session, town.anna).held_micro == 0


def test_who_was_blocked_meanwhile_is_signed_out(town: Town) -> None:
    client = town.as_anna()
    form = form_of(client)
    with town.desk.store.write() as session:
        (anna,) = every(session, select(Account).where(Account.id == town.anna))
        session.merge(anna).state = "blocked"
    assert client.post("/call-me", data=form).status_code in {200, 303}
    assert requests_in(town.desk) == []


def test_without_rates_there_is_no_price_and_no_call() -> None:
    with desks.desk(deck="") as here:
        here.phone(here.account("anna"), ANNA)
        client = here.client()
        here.sign_in(client, "anna")
        assert "minutes to" not in client.get("/").text
        assert "We do not offer calls to" in press(client, source=ANNA).text


def test_a_form_without_its_key_is_not_acted_on(town: Town) -> None:
    client = town.as_anna()
    page = client.post("/call-me", data={**form_of(client), "form_key": "x" * 65})
    assert "This form is not complete" in page.text
    assert requests_in(town.desk) == []


def test_a_forged_press_calls_nobody(town: Town) -> None:
    client = town.as_anna()
    client.post("/call-me", data={**form_of(client), "csrf_token": "forged"})
    assert requests_in(town.desk) == []


def test_a_locked_database_is_told_honestly_and_the_same_press_works_later(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA}
    impatient(town.desk)
    other = sqlite3.connect(town.desk.store.name, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.post("/call-me", data=form)
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert "Nothing was done" in answer.text
    assert client.post("/call-me", data=form).status_code == 303
    assert len(requests_in(town.desk)) == 1


def impatient(desk: Desk) -> None:
    """A store that waits a tenth of a second for its turn; five are the rule."""
    store = Store(desk.config.database_url, busy_timeout_ms=100)
    desk.app.extensions["ringback"] = replace(desk.app.extensions["ringback"], store=store)


def test_hold_is_a_quantum_of_the_own_leg(town: Town) -> None:
    press(town.as_anna(), source=ANNA, destination=FRIEND)
    with town.desk.store.read() as session:
        assert ledger.get_wallet(session, town.anna).held_micro == Hold().quantum_s * 10_000


# --- what it costs us


def test_pages_ask_the_database_little(town: Town) -> None:
    client = town.as_anna()
    press(client, source=ANNA, destination=FRIEND)
    for path in ("/", "/numbers", "/numbers/add", "/profile"):
        with counted() as statements:
            assert client.get(path).status_code == 200
        assert 0 < len(statements) <= MOST_A_PAGE, path


def test_pages_speak_polish(desk: Desk) -> None:
    desk.phone(desk.account("anna", locale="pl", time_zone="Europe/Warsaw"), ANNA)
    client = desk.client()
    desk.sign_in(client, "anna")
    page = client.get("/").text
    assert '<html lang="pl"' in page
    assert "Polska" in page or "Polsce" in page or "minut" in page
