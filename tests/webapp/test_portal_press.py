"""The Call-me button: one callback for each press, or a refusal where it belongs."""

import sqlite3
from dataclasses import replace

import pytest
from sqlmodel import select

from callback.config import Hold
from callback.store import accounts, ledger
from callback.store.db import Store
from callback.store.models import Account
from callback.store.rows import every
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS, FRIEND, Desk
from tests.webapp.pressing import claim, form_of, press, requests_in


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


def test_a_form_that_was_changed_before_it_was_sent_again_is_another_wish(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA}
    first = client.post("/call-me", data=form)
    again = client.post("/call-me", data={**form, "destination": FRIEND})
    assert again.headers["Location"] == first.headers["Location"], "nobody had begun to ring"
    assert [request.destination for request in requests_in(town.desk)] == [FRIEND]
    assert "We changed the call that was waiting." in client.get("/").text
    claim(town.desk, requests_in(town.desk)[0].id)
    third = client.post("/call-me", data={**form, "destination": "+48600316059"})
    assert "is being set up or under way" in third.text
    assert [request.destination for request in requests_in(town.desk)] == [FRIEND]


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
