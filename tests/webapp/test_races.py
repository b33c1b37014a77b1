"""Many presses at one instant: one effect, no code twice, no cap overrun, and books that agree."""

import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlmodel import func, select
from werkzeug.test import TestResponse

from callback import totp
from callback.config import Link
from callback.store import accounts, ledger, operators
from callback.store.models import CodeSent, Operator, Outbox, Request
from callback.store.reconcile import reconcile
from callback.store.rows import every
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, FRIEND, OPERATOR, OPERATOR_PASSWORD, Desk
from tests.webapp.pressing import form_of, requests_in

LINK = Link(name="carrier", host="127.0.0.1", system_id="ringback", sender="+48221230000")
NEW = "+48600316777"
MONEY = "/operator/clients/id-anna/money"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desks.desk(links=(LINK,)) as here:
        yield here


@pytest.fixture(autouse=True)
def books(desk: Desk) -> Iterator[None]:
    """Whatever was pressed, the books agree afterwards."""
    yield
    with desk.store.read() as session:
        assert reconcile(session) == []


def at_once(*presses: Callable[[], TestResponse]) -> list[TestResponse]:
    """All of them begin at the same instant, a thread each."""
    ready = Barrier(len(presses))

    def press(one: Callable[[], TestResponse]) -> TestResponse:
        ready.wait(10)
        return one()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(press, presses))


def tabs(desk: Desk, client: FlaskClient, count: int) -> list[FlaskClient]:
    """The same person so many times: a test client belongs to one thread."""
    cookies = [client.get_cookie(name) for name in ("ringback", "ringback-form")]
    many = [desk.client() for _ in range(count)]
    for tab in many:
        for cookie in cookies:
            assert cookie is not None
            tab.set_cookie(cookie.key, cookie.value)
    return many


def balance_micro(desk: Desk) -> int:
    with desk.store.read() as session:
        return ledger.get_wallet(session, "id-anna").balance_micro


def test_one_form_sent_twenty_times_at_once_is_one_call(town: Town) -> None:
    client = town.as_anna()
    form = {**form_of(client), "source": ANNA, "destination": FRIEND}
    answers = at_once(
        *(lambda tab=tab: tab.post("/call-me", data=form) for tab in tabs(town.desk, client, 20))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(requests_in(town.desk)) == 1


def test_twenty_forms_at_once_ring_a_phone_once(town: Town) -> None:
    client = town.as_anna()
    forms = [{**form_of(client), "source": ANNA} for _ in range(20)]
    many = zip(tabs(town.desk, client, 20), forms, strict=True)
    answers = at_once(*(lambda tab=tab, form=form: tab.post("/call-me", data=form) for tab, form in many))
    assert {answer.status_code for answer in answers} == {303}
    assert len(requests_in(town.desk)) == 1
    assert balance_micro(town.desk) == 10_000_000 - 1_800_000, "one hold: 180 s at 0.60 a minute"


def test_calls_of_many_phones_at_once_hold_no_more_than_there_is(desk: Desk) -> None:
    anna = desk.account("anna", 1_000_000)
    phones = [f"+4860031610{number}" for number in range(8)]
    for phone in phones:
        desk.phone(anna, phone)
    client = desk.client()
    desk.sign_in(client, "anna")
    forms = [{**form_of(client), "source": phone} for phone in phones]
    many = zip(tabs(desk, client, 8), forms, strict=True)
    at_once(*(lambda tab=tab, form=form: tab.post("/call-me", data=form) for tab, form in many))
    assert len(requests_in(desk)) == 1, "the first one set aside all there was"
    assert balance_micro(desk) == 0


def test_a_payment_sent_twenty_times_at_once_is_booked_once(town: Town) -> None:
    client = town.as_operator()
    token = town.desk.token(client, "/operator/clients/id-anna")
    form = {"csrf_token": token, "kind": "topup", "amount": "7", "reason": "cash", "form_key": "k1"}
    at_once(*(lambda tab=tab: tab.post(MONEY, data=form) for tab in tabs(town.desk, client, 20)))
    assert balance_micro(town.desk) == 17_000_000


def test_takings_at_once_leave_no_debt(town: Town) -> None:
    client = town.as_operator()
    token = town.desk.token(client, "/operator/clients/id-anna")
    form = {"csrf_token": token, "kind": "debit", "amount": "3", "reason": "typo"}
    many = enumerate(tabs(town.desk, client, 6))
    at_once(
        *(lambda tab=tab, key=f"k{n}": tab.post(MONEY, data={**form, "form_key": key}) for n, tab in many)
    )
    assert balance_micro(town.desk) == 1_000_000


def test_who_is_blocked_while_pressing_leaves_no_call_behind(town: Town) -> None:
    client, olga = town.as_anna(), town.as_operator()
    form = {**form_of(client), "source": ANNA}
    token = town.desk.token(olga, "/operator/clients/id-anna")
    block = {"csrf_token": token}
    at_once(
        lambda: olga.post("/operator/clients/id-anna/block", data=block),
        *(lambda tab=tab: tab.post("/call-me", data=form) for tab in tabs(town.desk, client, 4)),
    )
    assert [request.state for request in requests_in(town.desk) if request.state == "queued"] == []
    assert balance_micro(town.desk) == 10_000_000


def half(town: Town) -> FlaskClient:
    client, at = town.stranger(), "/operator/sign-in"
    town.desk.post(client, at, login=OPERATOR, password=OPERATOR_PASSWORD)
    return client


def test_one_code_sent_from_many_browsers_at_once_opens_one(town: Town) -> None:
    halves = [half(town) for _ in range(6)]
    tokens = [town.desk.token(client, "/operator/code") for client in halves]
    code = totp.code_at(town.secret, town.desk.clock.now_ms())
    pairs = zip(halves, tokens, strict=True)
    answers = at_once(
        *(
            lambda client=client, token=token: client.post(
                "/operator/code", data={"csrf_token": token, "code": code}
            )
            for client, token in pairs
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [303]


def test_a_half_session_takes_five_codes_however_fast_they_come(town: Town) -> None:
    client = half(town)
    token = town.desk.token(client, "/operator/code")
    right = totp.code_at(town.secret, town.desk.clock.now_ms())
    form = {"csrf_token": token, "code": f"{(int(right) + 500_000) % 1_000_000:06}"}
    answers = at_once(
        *(lambda tab=tab: tab.post("/operator/code", data=form) for tab in tabs(town.desk, client, 12))
    )
    assert sum(answer.status_code == 200 for answer in answers) <= 5
    assert client.get("/operator/code").headers["Location"] == "/operator/sign-in"


def test_a_link_used_twice_at_once_makes_one_operator(desk: Desk) -> None:
    token, now_ms = secrets.token_urlsafe(24), desk.clock.now_ms()
    with desk.store.write() as session:
        operators.create_operator_link(session, desk.clock.new_id(), token, now_ms + 60_000, now_ms)
    at, browsers = f"/operator/welcome/{token}", [desk.client() for _ in range(4)]
    forms = [
        {"csrf_token": desk.token(client, at), "login": f"olga{n}", "password": OPERATOR_PASSWORD,
         "again": OPERATOR_PASSWORD}
        for n, client in enumerate(browsers)
    ]  # fmt: skip
    many = zip(browsers, forms, strict=True)
    answers = at_once(*(lambda client=client, form=form: client.post(at, data=form) for client, form in many))
    assert sum(answer.status_code == 303 for answer in answers) == 1
    with desk.store.read() as session:
        assert len(every(session, select(Operator))) == 1


@pytest.mark.parametrize("ways", [("sms",), ("call",), ("sms", "call")])
def test_codes_asked_for_at_once_stay_below_their_caps(town: Town, ways: tuple[str, ...]) -> None:
    client = town.as_anna()
    page = client.get("/numbers/add").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    forms = [
        {"csrf_token": token[1], "number": NEW, "way": ways[n % len(ways)], "form_key": f"k{n}"}
        for n in range(12)
    ]
    many = zip(tabs(town.desk, client, 12), forms, strict=True)
    at_once(*(lambda tab=tab, form=form: tab.post("/numbers/add", data=form) for tab, form in many))
    with town.desk.store.read() as session:
        counted = session.exec(select(func.count()).select_from(CodeSent)).one()
        left = len(every(session, select(Outbox))) + len(every(session, select(Request)))
    assert 1 <= counted == left <= 3


def test_a_number_removed_and_added_again_is_told_no_more_codes(town: Town) -> None:
    client, at = town.as_anna(), "/numbers/add"
    for place in range(6):
        way = ("sms", "call")[place % 2]
        town.desk.post(client, at, number=NEW, way=way, form_key=f"k{place}")
        with town.desk.store.read() as session:
            found = accounts.find_number(session, town.anna, NEW)
        if found is not None:
            town.desk.post(client, f"/numbers/{found.id}/remove")
    boris = town.as_boris()
    answer = town.desk.post(boris, at, number=NEW, way="call", form_key="k9")
    assert "Too many codes" in answer.text
    with town.desk.store.read() as session:
        assert session.exec(select(func.count()).select_from(CodeSent)).one() == 3
