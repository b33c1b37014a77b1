"""The phones of an account: added by a code, named, chosen, removed; nobody else's."""

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from callback.config import Link
from callback.sealing import Seal
from callback.store import accounts, ledger, requests
from callback.store.models import Number, Outbox, Request
from callback.store.rows import every
from tests.webapp import desk as desks
from tests.webapp.desk import ANNA, BORIS, Desk
from tests.webapp.pressing import form_of

NEW = "+48600316777"
WRITTEN = "600 316 777"
_KEY = re.compile(r'name="form_key"[^>]*value="([^"]+)"')
LINK = Link(name="carrier", host="127.0.0.1", system_id="ringback", sender="+48221230000")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desks.desk(links=(LINK,)) as here:
        here.phone(here.account("anna"), ANNA)
        here.phone(here.account("boris"), BORIS)
        yield here


@pytest.fixture
def anna(desk: Desk) -> FlaskClient:
    return signed_in(desk, "anna")


def signed_in(desk: Desk, login: str) -> FlaskClient:
    client = desk.client()
    assert desk.sign_in(client, login).status_code == 303
    return client


def add(desk: Desk, client: FlaskClient, written: str = WRITTEN, way: str = "sms") -> TestResponse:
    page = client.get("/numbers/add").text
    key = _KEY.search(page)
    assert key
    return desk.post(client, "/numbers/add", number=written, way=way, form_key=key[1])


def number_of(desk: Desk, login: str = "anna", e164: str = NEW) -> Number:
    with desk.store.read() as session:
        found = accounts.find_number(session, f"id-{login}", e164)
    assert found is not None
    return found


def sent(desk: Desk) -> list[Outbox]:
    with desk.store.read() as session:
        return every(session, select(Outbox).order_by(Outbox.id))  # type: ignore[arg-type]  # a column


def code_sent(desk: Desk) -> str:
    """The code of the newest SMS, as its gateway opens it."""
    return Seal(desk.keys.seal).reveal(json.loads(sent(desk)[-1].params)["code"])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


# --- adding


def test_a_number_is_added_by_a_code_that_goes_to_it(desk: Desk, anna: FlaskClient) -> None:
    answer = add(desk, anna)
    place = answer.headers["Location"]
    assert (answer.status_code, place) == (303, f"/numbers/{number_of(desk).id}/code")
    (sms,) = sent(desk)
    assert (sms.recipient, sms.link, sms.sender) == (NEW, "carrier", "+48221230000")
    page = anna.get(place).text
    assert "for 5 more tries" in page
    assert "U.anna P.password R.48600316777" in page and "<svg viewBox" in page
    assert 'href="sms:+48221234567?body=U.anna%20P.password%20R.48600316777"' in page
    code = code_sent(desk)
    assert desk.post(anna, place, code=f"{code[:3]} {code[3:]}").headers["Location"] == "/numbers"
    assert number_of(desk).state == "verified"
    assert "is confirmed" in anna.get("/numbers").text


def test_a_number_is_added_by_a_call_that_reads_the_code(desk: Desk, anna: FlaskClient) -> None:
    assert add(desk, anna, way="call").status_code == 303
    with desk.store.read() as session:
        (request,) = requests.list_requests(session)
    assert (request.purpose, request.number_a) == ("code", NEW)
    assert desk.queue.woken == [request.id]
    assert sent(desk) == []
    code = Seal(desk.keys.seal).reveal(request.code_sealed or "")
    desk.post(anna, f"/numbers/{number_of(desk).id}/code", code=code)
    assert number_of(desk).state == "verified"


def test_a_double_press_sends_one_code(desk: Desk, anna: FlaskClient) -> None:
    page = anna.get("/numbers/add").text
    key = _KEY.search(page)
    assert key
    for _ in range(2):
        desk.post(anna, "/numbers/add", number=WRITTEN, way="sms", form_key=key[1])
    assert len(sent(desk)) == 1


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "required"),
        ("nonsense", "is no number we can call"),
        ("112", "emergency numbers"),
        ("700 123 456", "premium or special"),
        ("+1 201 555 0123", "We send no codes to"),
        ("6" * 41, "40"),
        ("\x00600316777", "cannot be stored"),
        ("<b>600</b>", "is no number we can call"),
    ],
)
def test_what_is_no_phone_is_refused_at_its_field(
    desk: Desk, anna: FlaskClient, written: str, words: str
) -> None:
    page = add(desk, anna, written)
    assert page.status_code == 200
    assert 'id="number-error"' in page.text and words in page.text
    assert "<b>600" not in page.text
    assert sent(desk) == []


def test_a_confirmed_number_needs_no_code(desk: Desk, anna: FlaskClient) -> None:
    assert add(desk, anna, ANNA).headers["Location"] == "/numbers"
    assert "is confirmed already" in anna.get("/numbers").text
    assert sent(desk) == []


def test_codes_are_capped(desk: Desk, anna: FlaskClient) -> None:
    for _ in range(3):
        assert add(desk, anna).status_code == 303
    assert "Too many codes were asked for" in add(desk, anna).text


def test_without_a_link_the_code_is_read_by_a_call() -> None:
    with desks.desk() as here:
        here.account("anna")
        client = signed_in(here, "anna")
        assert 'value="sms"' not in client.get("/numbers/add").text
        assert add(here, client, way="sms").status_code == 303
        with here.store.read() as session:
            assert len(requests.list_requests(session)) == 1


# --- the code


def test_five_wrong_codes_end_the_tries(desk: Desk, anna: FlaskClient) -> None:
    place = add(desk, anna).headers["Location"]
    code = code_sent(desk)
    for left in (4, 3, 2, 1):
        page = desk.post(anna, place, code=wrong(code)).text
        assert f"That code is wrong. {left} tr" in page
    assert "it was the last try" in desk.post(anna, place, code=wrong(code)).text
    page = desk.post(anna, place, at="/numbers/add", code=code).text
    assert "no longer valid" in page
    assert number_of(desk).state == "pending"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12345a", "<svg>"])
def test_what_is_no_code_costs_no_try(desk: Desk, anna: FlaskClient, code: str) -> None:
    place = add(desk, anna).headers["Location"]
    page = desk.post(anna, place, code=code)
    assert page.status_code == 200 and 'id="code-error"' in page.text
    assert number_of(desk).code_tries_left == 5


def test_a_code_is_read_in_every_script(desk: Desk, anna: FlaskClient) -> None:
    place = add(desk, anna).headers["Location"]
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code_sent(desk))
    assert desk.post(anna, place, code=arabic).status_code == 303
    assert number_of(desk).state == "verified"


def test_another_code_replaces_the_first(desk: Desk, anna: FlaskClient) -> None:
    place = add(desk, anna).headers["Location"]
    first, page = code_sent(desk), anna.get(place).text
    key = _KEY.search(page)
    assert key
    again = place.replace("/code", "/resend")
    for _ in range(2):  # a double press
        assert desk.post(anna, again, at=place, way="sms", form_key=key[1]).status_code == 303
    assert len(sent(desk)) == 2
    second = code_sent(desk)
    if first != second:
        assert "That code is wrong" in desk.post(anna, place, code=first).text
    assert desk.post(anna, place, code=second).status_code == 303


def test_a_number_proven_by_another_account_moves_there(desk: Desk) -> None:
    boris = signed_in(desk, "boris")
    place = add(desk, boris, ANNA).headers["Location"]
    desk.post(boris, place, code=code_sent(desk))
    assert number_of(desk, "boris", ANNA).state == "verified"
    assert ANNA[-3:] not in re.findall(r"phone-number.*", signed_in(desk, "anna").get("/numbers").text)


# --- what is done with them


def test_the_default_is_chosen(desk: Desk, anna: FlaskClient) -> None:
    desk.phone("id-anna", NEW)
    desk.post(anna, f"/numbers/{number_of(desk).id}/default", at="/numbers")
    assert number_of(desk).is_default and not number_of(desk, e164=ANNA).is_default


def test_a_number_that_is_not_confirmed_cannot_be_the_default(desk: Desk, anna: FlaskClient) -> None:
    add(desk, anna)
    desk.post(anna, f"/numbers/{number_of(desk).id}/default", at="/numbers")
    assert "is not confirmed yet" in anna.get("/numbers").text
    assert number_of(desk, e164=ANNA).is_default


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Work", "Work"),
        ("  Praca – dom  ", "Praca – dom"),
        ("👩‍👩‍👧 שלום", "👩‍👩‍👧 שלום"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u202egpj.exe\x00", "gpj.exe"),
        ("x" * 40, "x" * 40),
        ("", ""),
    ],
)
def test_a_number_is_called_as_one_likes(desk: Desk, anna: FlaskClient, written: str, kept: str) -> None:
    place = f"/numbers/{number_of(desk, e164=ANNA).id}/label"
    assert desk.post(anna, place, label=written).status_code == 303
    assert number_of(desk, e164=ANNA).label == kept
    for page in ("/numbers", "/", place):
        assert "<script>alert" not in anna.get(page).text


def test_a_label_that_is_too_long_is_kept_to_be_shortened(desk: Desk, anna: FlaskClient) -> None:
    page = desk.post(anna, f"/numbers/{number_of(desk, e164=ANNA).id}/label", label="y" * 41)
    assert "y" * 41 in page.text and "40" in page.text
    assert number_of(desk, e164=ANNA).label == ""


def test_a_number_is_removed_after_a_question(desk: Desk, anna: FlaskClient) -> None:
    desk.phone("id-anna", NEW)
    place = f"/numbers/{number_of(desk, e164=ANNA).id}/remove"
    assert "Remove" in anna.get(place).text
    assert desk.post(anna, place).headers["Location"] == "/numbers"
    with desk.store.read() as session:
        assert accounts.find_number(session, "id-anna", ANNA) is None
    assert number_of(desk).is_default
    assert anna.get(place).status_code == 404


def test_a_second_press_of_remove_is_told_so(desk: Desk, anna: FlaskClient) -> None:
    place = f"/numbers/{number_of(desk, e164=ANNA).id}/remove"
    page = anna.get(place).text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert key
    form = {**form_of(anna), "key": key[1]}
    for _press in range(2):
        answer = anna.post(place, data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/numbers")
    assert "removed already" in anna.get("/numbers").text
    boris = signed_in(desk, "boris")
    assert boris.post(place, data={**form_of(boris), "key": key[1]}).status_code == 404
    assert anna.post(place, data=form_of(boris) | {"csrf_token": form["csrf_token"]}).status_code == 404


def test_another_accounts_number_does_not_exist(desk: Desk) -> None:
    boris, theirs = signed_in(desk, "boris"), number_of(desk, e164=ANNA).id
    for act in ("code", "label", "remove"):
        assert boris.get(f"/numbers/{theirs}/{act}").status_code == 404
    for act in ("code", "label", "remove", "default", "resend"):
        answer = boris.post(f"/numbers/{theirs}/{act}", data=form_of(boris))
        assert answer.status_code == 404
    assert number_of(desk, e164=ANNA).is_default


def test_who_has_no_number_is_told_how_to_add_one(desk: Desk) -> None:
    desk.account("carol")
    page = signed_in(desk, "carol").get("/numbers").text
    assert "No phone yet" in page and "U.carol P.password R.number" in page


# --- what waits to ring a number that is gone


def waiting_call(desk: Desk, client: FlaskClient) -> Request:
    client.post("/call-me", data={**form_of(client), "source": ANNA})
    with desk.store.read() as session:
        (request,) = requests.list_requests(session, account_id="id-anna")
    assert request.state == "queued"
    return request


def ended(desk: Desk, request: Request) -> tuple[str, int]:
    """What became of it, and what its account has."""
    with desk.store.read() as session:
        now = requests.get_request(session, request.id)
        return now.state, ledger.get_wallet(session, "id-anna").balance_micro


def test_a_number_that_is_removed_is_not_rung_by_what_waits(desk: Desk, anna: FlaskClient) -> None:
    request = waiting_call(desk, anna)
    desk.post(anna, f"/numbers/{number_of(desk, e164=ANNA).id}/remove")
    assert ended(desk, request) == ("cancelled", 10_000_000)


def test_a_number_that_was_never_proven_is_not_rung_once_it_is_removed(desk: Desk, anna: FlaskClient) -> None:
    add(desk, anna, way="call")
    with desk.store.read() as session:
        (request,) = requests.list_requests(session)
    desk.post(anna, f"/numbers/{number_of(desk).id}/remove")
    assert ended(desk, request)[0] == "cancelled"
    with desk.store.read() as session:
        assert requests.get_request(session, request.id).code_sealed is None


def test_a_number_proven_by_another_account_is_not_rung_for_the_former(desk: Desk, anna: FlaskClient) -> None:
    request, boris = waiting_call(desk, anna), signed_in(desk, "boris")
    place = add(desk, boris, ANNA).headers["Location"]
    desk.post(boris, place, code=code_sent(desk))
    assert number_of(desk, "boris", ANNA).state == "verified"
    assert ended(desk, request) == ("cancelled", 10_000_000)
