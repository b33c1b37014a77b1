"""The operator's list of clients, and the form that makes one."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callback.store import accounts, audit, ledger
from callback.store.models import Account
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, Desk

LIST, NEW = "/operator/clients", "/operator/clients/new"
WHOLE = {
    "login": "celina", "password": "", "number": "", "credit": "", "country": "PL", "locale": "pl",
    "time_zone": "Europe/Warsaw", "form_key": "f1",
}  # fmt: skip


def make(town: Town, olga: FlaskClient, **changes: str) -> TestResponse:
    return town.desk.post(olga, NEW, **{**WHOLE, **changes})


def found(desk: Desk, login: str) -> Account | None:
    with desk.store.read() as session:
        return accounts.find_account(session, login)


def listed(page: str) -> list[str]:
    return re.findall(r'class="main"><a href="[^"]*">([^<]*)<', page)


def test_clients_are_found_by_login_number_and_state(town: Town) -> None:
    olga = town.as_operator()
    for asked, logins in (
        ("", ["anna", "boris"]),
        ("?q=AN", ["anna"]),
        ("?q=" + ANNA[3:], ["anna"]),
        ("?q=600-316-059", ["boris"]),
        ("?q=0048600316058", ["anna"]),
        ("?q=%2B48%20600", ["anna", "boris"]),
        ("?q=nobody", []),
        ("?q=%25", []),
        ("?q=x%27%3B--", []),
        ("?state=blocked", []),
        ("?after=anna", ["boris"]),
        ("?before=boris", ["anna"]),
        ("?after=" + "z" * 500, []),
    ):
        answer = olga.get(LIST + asked)
        assert answer.status_code == 200, asked
        assert listed(answer.text) == logins, asked
    for asked in ("?q=" + "x" * 81, "?q=%00", "?state=gone"):
        assert olga.get(LIST + asked).status_code == 400, asked


def test_a_long_list_is_read_page_by_page(town: Town) -> None:
    for number in range(35):
        town.desk.account(f"client{number:02d}", credit_micro=0)
    olga = town.as_operator()
    first = olga.get(LIST + "?q=client").text
    assert (len(listed(first)), "Next" in first, "Previous" in first) == (25, True, False)
    second = olga.get(LIST + "?q=client&after=client24").text
    assert (listed(second)[0], "Next" in second, "Previous" in second) == ("client25", False, True)


def test_a_client_is_made_whole_and_written_down(town: Town) -> None:
    olga = town.as_operator()
    answer = make(town, olga, login=" Celina٧ ", number="600 316 060", credit="12,50")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.search(r'class="shown-once"[^>]*>([a-z0-9]{12})<', answer.text)
    assert shown is not None
    assert town.desk.sign_in(town.stranger(), "celina7", shown[1]).status_code == 303
    account = found(town.desk, "celina7")
    assert account is not None
    assert (account.country, account.locale, account.time_zone) == ("PL", "pl", "Europe/Warsaw")
    with town.desk.store.read() as session:
        assert accounts.default_number(session, account.id) == "+48600316060"
        assert ledger.get_wallet(session, account.id).balance_micro == 12_500_000
        (entry,) = audit.entries_of(session, account.id)
    assert (entry.author, entry.action, entry.detail["credit"]) == ("olga", "create-client", "12.50 EUR")
    assert shown[1] not in str(entry.detail)


def test_a_typed_password_is_taken_and_never_shown(town: Town) -> None:
    olga = town.as_operator()
    answer = make(town, olga, password="correct-horse")
    assert answer.status_code == 303
    assert "correct-horse" not in olga.get(answer.headers["Location"]).text
    assert town.desk.sign_in(town.stranger(), "celina", "correct-horse").status_code == 303


def test_the_same_form_makes_one_client(town: Town) -> None:
    olga = town.as_operator()
    make(town, olga, credit="5")
    again = make(town, olga, credit="5")
    assert again.status_code == 303
    assert "made already" in olga.get(again.headers["Location"]).text
    account = found(town.desk, "celina")
    assert account is not None
    with town.desk.store.read() as session:
        assert ledger.get_wallet(session, account.id).balance_micro == 5_000_000
    other = make(town, olga, form_key="f2")
    assert "This login is taken" in other.text


def test_what_is_wrong_is_said_beside_its_field_and_makes_nobody(town: Town) -> None:
    olga = town.as_operator()
    token = town.desk.token(olga, NEW)
    for field, value, words in (
        ("login", "", ""),
        ("login", "   ", ""),
        ("login", "a b", "no space"),
        ("login", "a,b", "no space"),
        ("login", "'anna", "quotation mark"),
        ("login", "x" * 41, "at most 40"),
        ("login", "x" * 81, ""),
        ("login", "an\x00na", "cannot be stored"),
        ("login", "\u200e", "no space"),
        ("login", "ANNA", "This login is taken"),
        ("password", "short", "at least 6"),
        ("password", "with space", "at least 6"),
        ("password", "p" * 65, "at most 64"),
        ("password", "comma,comma", "no comma"),
        ("number", "12", "is no number we can call"),
        ("number", "112", "emergency"),
        ("number", ANNA, "belongs to anna"),
        ("credit", "-1", "above zero"),
        ("credit", "10^12", "above zero"),
        ("country", "XX", ""),
        ("locale", "tlh", ""),
        ("time_zone", "Mars/Olympus", "no such time zone"),
        ("time_zone", "", ""),
    ):
        answer = olga.post(NEW, data={"csrf_token": token, **WHOLE, field: value})
        assert answer.status_code == 200, (field, value)
        assert f'id="{field}-error"' in answer.text, (field, value)
        assert words in answer.text, (field, value)
        assert found(town.desk, "celina") is None


def test_the_first_operator_is_led_to_the_first_client(desk: Desk) -> None:
    olga = desk.client()
    desk.sign_in_operator(olga, desk.operator())
    assert "There is no client yet" in olga.get(LIST).text
