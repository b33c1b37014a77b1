"""One client on an operator's page: every button does it once, and is written down."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callback.store import accounts, audit, ledger, requests, web_sessions
from callback.store.models import Account
from callback.store.web_sessions import Kind
from tests.webapp import calls
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, PASSWORD

PAGE = "/operator/clients/id-anna"


@pytest.fixture
def olga(town: Town) -> FlaskClient:
    return town.as_operator()


def press(town: Town, client: FlaskClient, what: str, **fields: str) -> TestResponse:
    return town.desk.post(client, f"{PAGE}/{what}", at=PAGE, **fields)


def anna(town: Town) -> Account:
    with town.desk.store.read() as session:
        return accounts.get_account(session, town.anna)


def balance_micro(town: Town) -> int:
    with town.desk.store.read() as session:
        return ledger.get_wallet(session, town.anna).balance_micro


def deeds(town: Town, subject: str = "id-anna") -> list[str]:
    with town.desk.store.read() as session:
        return [f"{entry.author} {entry.action}" for entry in audit.entries_of(session, subject)]


def test_a_client_is_shown_with_money_phone_and_state(town: Town, olga: FlaskClient) -> None:
    page = olga.get(PAGE).text
    for told in ("anna", "€10.00", "+48 600 316 058".replace(" ", "\u00a0"), "Active", "Nothing yet."):
        assert told in page


def test_an_unknown_client_is_no_page(town: Town, olga: FlaskClient) -> None:
    token = town.desk.token(olga, PAGE)
    for who in ("id-nobody", "x" * 300, "%00", "id-anna%27--", "ą"):
        assert olga.get(f"/operator/clients/{who}").status_code == 404
        for what in ("block", "unblock", "password", "sign-out", "numbers/n1/remove", "money"):
            fields = {"csrf_token": token, "kind": "topup", "amount": "1", "reason": "x"}
            assert olga.post(f"/operator/clients/{who}/{what}", data=fields).status_code == 404


def test_blocking_ends_sessions_and_waiting_calls_once(town: Town, olga: FlaskClient) -> None:
    phone = town.as_anna()
    waiting = calls.queued_call(town.desk, town.anna)
    assert press(town, olga, "block").status_code == 303
    again = press(town, olga, "block")
    assert "blocked already" in olga.get(again.headers["Location"]).text
    assert anna(town).state == "blocked"
    assert phone.get("/").status_code == 303
    assert "blocked" in town.desk.sign_in(town.stranger(), "anna", PASSWORD).text
    with town.desk.store.read() as session:
        assert requests.get_request(session, waiting).state == "cancelled"
        assert ledger.get_wallet(session, town.anna).held_micro == 0
    assert deeds(town) == ["olga block-account"]
    press(town, olga, "unblock")
    press(town, olga, "unblock")
    assert anna(town).state == "active"
    assert deeds(town) == ["olga unblock-account", "olga block-account"]


def test_a_call_under_way_is_left_to_be_hung_up(town: Town, olga: FlaskClient) -> None:
    running = calls.queued_call(town.desk, town.anna)
    with town.desk.store.write() as session:
        assert requests.claim_request(session, running, "dialer", 7, town.desk.clock.now_ms())
    page = olga.get(press(town, olga, "block").headers["Location"]).text
    assert "1 call is still under way" in page
    assert f"/calls/{running}/hang-up" in page
    town.desk.post(olga, f"/calls/{running}/hang-up", at=PAGE, next=PAGE)
    assert "Hanging up" in olga.get(PAGE).text
    assert deeds(town, running) == ["olga hang-up"]


def test_money_comes_and_goes_once_for_each_form(town: Town, olga: FlaskClient) -> None:
    for kind, amount, key, left_micro in (
        ("topup", "5,50", "k1", 15_500_000),
        ("topup", "5,50", "k1", 15_500_000),
        ("credit", "0.000001", "k2", 15_500_001),
        ("debit", "15.500001", "k3", 0),
        ("debit", "15.500001", "k3", 0),
    ):
        answer = press(town, olga, "money", kind=kind, amount=amount, reason="cash", form_key=key)
        assert answer.status_code == 303
        assert balance_micro(town) == left_micro
    assert deeds(town) == ["olga correct-balance", "olga correct-balance", "olga top-up"]
    assert "nothing was booked twice" in olga.get(PAGE).text
    page = olga.get(PAGE).text
    assert "Booked a payment: 5.50 EUR, cash" in page


@pytest.mark.parametrize(
    "change", [{"amount": "50"}, {"kind": "credit"}, {"kind": "debit"}, {"reason": "card"}]
)
def test_a_form_that_was_changed_is_not_mistaken_for_the_one_that_was_booked(
    town: Town, olga: FlaskClient, change: dict[str, str]
) -> None:
    form = {"kind": "topup", "amount": "5", "reason": "cash", "form_key": "k1"}
    assert press(town, olga, "money", **form).status_code == 303
    answer = press(town, olga, "money", **{**form, **change})
    assert "This form was booked before, as €5.00, cash. Nothing was booked now." in answer.text
    assert balance_micro(town) == 15_000_000
    key = re.search(r'name="form_key"[^>]*value="([0-9a-f]{32})"', answer.text)
    assert key, "another press is another wish"
    assert press(town, olga, "money", **{**form, **change, "form_key": key[1]}).status_code == 303
    assert balance_micro(town) != 15_000_000


def test_more_than_there_is_is_not_taken(town: Town, olga: FlaskClient) -> None:
    answer = press(town, olga, "money", kind="debit", amount="10.01", reason="typo", form_key="k1")
    assert answer.status_code == 200
    assert "has less than that" in answer.text
    assert 'value="10.01"' in answer.text
    assert balance_micro(town) == 10_000_000
    assert deeds(town) == []


def test_what_is_no_amount_is_said_beside_the_field(town: Town, olga: FlaskClient) -> None:
    token = town.desk.token(olga, PAGE)
    for amount in (
        "", " ", "0", "0.00", "-5", "+5", "1e9", "1.234567 9", "1.2345678", "1,234", "1.000.000", "10^12",
        "1000000000000", "NaN", "½", "٥", "5 EUR", "1" * 41, "\x00", "<b>1</b>",
    ):  # fmt: skip
        fields = {"csrf_token": token, "kind": "topup", "amount": amount, "reason": "cash", "form_key": "k1"}
        answer = olga.post(f"{PAGE}/money", data=fields)
        assert answer.status_code == 200, amount
        assert 'id="amount-error"' in answer.text, amount
    assert balance_micro(town) == 10_000_000


def test_a_form_that_is_not_whole_moves_nothing(town: Town, olga: FlaskClient) -> None:
    token = town.desk.token(olga, PAGE)
    whole = {"csrf_token": token, "kind": "topup", "amount": "1", "reason": "cash", "form_key": "k1"}
    for wrong in (
        {"reason": ""}, {"reason": "   "}, {"reason": "x" * 201}, {"reason": "\x00"}, {"kind": "gift"},
        {"kind": ""}, {"form_key": "a:b"}, {"form_key": "k" * 65},
    ):  # fmt: skip
        assert olga.post(f"{PAGE}/money", data={**whole, **wrong}).status_code == 200, wrong
    assert balance_micro(town) == 10_000_000


def test_a_reason_in_any_script_is_kept_and_runs_nowhere(town: Town, olga: FlaskClient) -> None:
    reason = "Zażółć 🧾 <script>alert(1)</script> \u202egnp"
    press(town, olga, "money", kind="topup", amount="1", reason=reason, form_key="k1")
    page = olga.get(PAGE).text
    assert "Zażółć 🧾 &lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_new_password_is_shown_once_and_replaces_the_old_one(town: Town, olga: FlaskClient) -> None:
    phone = town.as_anna()
    page = press(town, olga, "password")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    shown = re.search(r'class="shown-once"[^>]*>([a-z0-9]{12})<', page.text)
    assert shown is not None
    assert phone.get("/").status_code == 303
    assert town.desk.sign_in(town.stranger(), "anna", PASSWORD).status_code == 200
    assert town.desk.sign_in(town.stranger(), "anna", shown[1]).status_code == 303
    assert shown[1] not in olga.get(PAGE).text
    assert deeds(town) == ["olga reset-password"]


def test_a_number_is_removed_with_the_call_that_waits_for_it(town: Town, olga: FlaskClient) -> None:
    waiting = calls.queued_call(town.desk, town.anna)
    with town.desk.store.read() as session:
        number = accounts.find_number(session, town.anna, ANNA)
        boris = accounts.numbers_of(session, town.boris)[0]
    assert number is not None
    assert press(town, olga, f"numbers/{boris.id}/remove").status_code == 404
    assert press(town, olga, f"numbers/{number.id}/remove").status_code == 303
    assert press(town, olga, f"numbers/{number.id}/remove").status_code == 404
    with town.desk.store.read() as session:
        assert accounts.numbers_of(session, town.anna) == []
        assert requests.get_request(session, waiting).state == "cancelled"
        assert ledger.get_wallet(session, town.anna).held_micro == 0
    assert deeds(town) == ["olga remove-number"]


def test_a_client_is_signed_out_everywhere(town: Town, olga: FlaskClient) -> None:
    phone, tablet = town.as_anna(), town.as_anna()
    press(town, olga, "sign-out")
    press(town, olga, "sign-out")
    assert [browser.get("/").status_code for browser in (phone, tablet)] == [303, 303]
    with town.desk.store.read() as session:
        assert web_sessions.sessions_of(session, Kind.SUBSCRIBER, town.anna, 0) == []
    assert deeds(town) == ["olga sign-out-everywhere"]
    assert anna(town).state == "active"


def test_a_press_without_the_form_s_token_does_nothing(town: Town, olga: FlaskClient) -> None:
    assert olga.post(f"{PAGE}/block").status_code == 400
    assert anna(town).state == "active"


def test_clients_and_strangers_find_no_console(town: Town) -> None:
    phone = town.as_anna()
    for path in (
        "/operator/",
        "/operator/clients",
        PAGE,
        "/operator/calls",
        "/operator/sms",
        "/operator/links",
    ):
        assert phone.get(path).status_code == 404
        assert town.stranger().get(path).headers["Location"].startswith("/operator/sign-in")
    token = town.desk.token(phone, "/profile")
    assert phone.post(f"{PAGE}/unblock", data={"csrf_token": token}).status_code == 404
