"""Who gets what at every address of the site: two clients, an operator and a stranger.

A new route is met here by itself: it either names a thing of somebody's, or is a page of one role.
"""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from callback.store import accounts, web_sessions
from callback.store.web_sessions import Kind
from tests.webapp.calls import talked_call
from tests.webapp.conftest import Town

_FOR_ALL = {"again.again", "events.events", "favicon", "static", "subscriber_door.sign_out"}
_LOOKS = "looks."
_DOORS = ("subscriber_door.", "operator_door.")
_NO_DEMO = "demo."
_FOR_BOTH = "live."  # the caller's or the operator's call


@pytest.fixture
def things(town: Town) -> dict[str, str]:
    """What is Anna's, by the name of the part of an address that means it."""
    with town.desk.store.read() as session:
        phone = accounts.numbers_of(session, town.anna)[0]
    town.as_anna()
    return {
        "request_id": talked_call(town.desk, town.anna),
        "number_id": phone.id,
        "account_id": town.anna,
        "session_id": _a_session(town),
    }


def _a_session(town: Town) -> str:
    with town.desk.store.read() as session:
        found = web_sessions.sessions_of(session, Kind.SUBSCRIBER, town.anna, town.desk.clock.now_ms())
    return found[0].id


def addresses(town: Town, things: dict[str, str]) -> Iterator[tuple[Rule, str, str]]:
    """Every route of a person's as (rule, method, address about Anna)."""
    adapter = town.desk.app.url_map.bind("localhost")
    for rule in town.desk.app.url_map.iter_rules():
        if rule.endpoint in _FOR_ALL or rule.endpoint.startswith((_LOOKS, _NO_DEMO, *_DOORS)):
            continue
        values = {name: things[name] for name in rule.arguments}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield rule, method, adapter.build(rule.endpoint, values, method=method)


def ask(town: Town, client: FlaskClient, method: str, address: str) -> TestResponse:
    if method == "GET":
        return client.get(address, buffered=True)
    form = "/operator/sign-in" if client.get("/").status_code == 303 else "/numbers/add"
    if client.get("/operator/").status_code == 200:
        form = "/operator/profile"
    return town.desk.post(client, address, at=form)


def test_another_clients_things_are_not_there(town: Town, things: dict[str, str]) -> None:
    boris = town.as_boris()
    told = {
        (method, address): ask(town, boris, method, address).status_code
        for rule, method, address in addresses(town, things)
        if rule.arguments
    }
    assert len(told) > 15
    assert {asked: status for asked, status in told.items() if status != 404} == {}


def test_a_stranger_is_led_to_a_door_and_nothing_is_done(town: Town, things: dict[str, str]) -> None:
    wrong = {}
    for _, method, address in addresses(town, things):
        answer = ask(town, town.stranger(), method, address)
        door = "/operator/sign-in" if address.startswith("/operator") else "/sign-in"
        if answer.status_code != 303 or not answer.location.startswith(door):
            wrong[method, address] = (answer.status, answer.location)
    assert wrong == {}


def test_an_operators_pages_are_not_there_for_clients_nor_theirs_for_operators(
    town: Town, things: dict[str, str]
) -> None:
    anna, olga = town.as_anna(), town.as_operator()
    wrong = {}
    for rule, method, address in addresses(town, things):
        if rule.endpoint.startswith(_FOR_BOTH):
            continue
        other = anna if address.startswith("/operator") else olga
        answer = ask(town, other, method, address)
        if answer.status_code != 404:
            wrong[method, address] = answer.status
    assert wrong == {("GET", "/"): "303 SEE OTHER"}, "an operator who types the bare name is led home"


def test_nothing_is_changed_without_the_token_of_a_page(town: Town, things: dict[str, str]) -> None:
    clients = {"/operator": town.as_operator(), "": town.as_anna()}
    for rule, method, address in addresses(town, things):
        if method != "POST":
            continue
        client = clients["/operator" if address.startswith("/operator") else ""]
        answer = client.post(address, data={})
        assert answer.status_code in {400, 419}, f"{rule}: {answer.status}"


def test_the_demo_is_not_there_when_nobody_asked_for_it(town: Town) -> None:
    stranger = town.stranger()
    for rule in town.desk.app.url_map.iter_rules():
        if rule.endpoint.startswith(_NO_DEMO) and not rule.arguments and "GET" in (rule.methods or ()):
            assert stranger.get(rule.rule).status_code == 404, rule


def test_the_pages_of_each_role_answer(town: Town, things: dict[str, str]) -> None:
    anna, olga = town.as_anna(), town.as_operator()
    wrong = {}
    for _, method, address in addresses(town, things):
        if method != "GET":
            continue
        client = olga if address.startswith("/operator") else anna
        answer = client.get(address, buffered=True)
        if answer.status_code not in {200, 302, 303}:
            wrong[address] = answer.status
    assert wrong == {}
