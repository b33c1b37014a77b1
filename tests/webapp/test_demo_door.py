"""The demo page is for whoever sits at this machine, and for a demo only: others find nothing there."""

from typing import cast

import pytest
from flask.testing import FlaskClient

from callback.bootstrap import Parts
from callback.jobs import CallQueue
from ringback.demo.page_stage import PageStage
from ringback.demo.sentences import SENTENCES
from tests.webapp.desk import Desk
from webapp import create_app
from webapp.demo_words import TUNES, words

GETS = ("/demo", "/demo/picture", "/demo/events", "/demo/token", "/demo/operator", "/demo/phones/anna/ear")
POSTS = ("/demo/kill", "/demo/phones/anna/sms", "/demo/phones/anna/voice", "/demo/sign-in/subscriber")


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    """At a site that plays the demo; nobody has begun to play."""
    config = desk.config.model_copy(update={"web": desk.config.web.model_copy(update={"demo": True})})
    queue = cast(CallQueue, desk.queue)
    parts = Parts(config, desk.clock, desk.keys, desk.store, queue, desk.news)
    return create_app(parts, stage=PageStage(config, desk.clock)).test_client()


def test_a_site_that_is_no_demo_has_no_such_page(desk: Desk) -> None:
    client = desk.client()
    assert {client.get(path).status_code for path in GETS} == {404}
    token = desk.token(client, "/sign-in")
    for path in POSTS:
        assert client.post(path, headers={"X-CSRFToken": token}).status_code == 404, path


def test_the_demo_answers_this_machine_by_its_own_names(client: FlaskClient) -> None:
    for name in ("localhost", "127.0.0.1", "127.0.0.1:8080", "localhost:9"):
        answer = client.get("/demo/token", headers={"Host": name})
        assert answer.status_code == 200, name
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "", "nonsense"]
)
def test_another_machine_finds_no_page(client: FlaskClient, address: str) -> None:
    answer = client.get("/demo/token", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "a@localhost"]
)
def test_a_foreign_name_that_leads_here_opens_nothing(client: FlaskClient, name: str) -> None:
    """DNS rebinding: the peer is this machine, the name is not."""
    assert client.get("/demo/token", headers={"Host": name}).status_code in (400, 404)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_whatever_stands_in_between_is_refused(client: FlaskClient, header: str) -> None:
    assert client.get("/demo/token", headers={header: "127.0.0.1"}).status_code == 404


def test_nothing_is_done_without_the_forms_token(client: FlaskClient) -> None:
    for path in POSTS:
        assert client.post(path, json={"process": "gateway", "text": "HELP"}).status_code == 400, path


def test_nothing_is_done_by_a_get(client: FlaskClient) -> None:
    for path in POSTS:
        assert client.get(path).status_code in (404, 405), path


def test_the_page_tells_every_moment_the_terminal_tells(desk: Desk) -> None:
    with desk.app.test_request_context():
        told = words()
    for name, (sentence, detail) in SENTENCES.items():
        assert name in told, name
        assert _places(told[name]) == _places(sentence), name
        assert (f"{name}.detail" in told) == bool(detail), name
        assert _places(told.get(f"{name}.detail", "")) == _places(detail), name
    assert {f"tune.{tune}" for tune in TUNES} <= told.keys()


def _places(sentence: str) -> set[str]:
    return {part.partition("}")[0] for part in sentence.split("{")[1:]}
