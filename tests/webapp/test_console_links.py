"""What an operator sees of links, trunks, processes and the day: as they told last, and how old that is."""

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from callback.config import Link, Trunk
from callback.store import audit, inbox, nodes
from tests.webapp import calls, desk
from tests.webapp.desk import ANNA, Desk
from tests.webapp.statements import MOST_A_PAGE, counted
from tests.webapp.test_console_sms import came

BOUND = {"state": "bound", "bound_at_ms": 1, "heard_at_ms": 1}
REFUSED = {"state": "refused", "bound_at_ms": None, "heard_at_ms": None}


@pytest.fixture
def plant() -> Iterator[tuple[Desk, FlaskClient]]:
    """Two links and two trunks, and Olga who looks at them."""
    links = (
        Link(name="main", host="smsc.example", system_id="x"),
        Link(name="spare", host="h", system_id="x"),
    )
    trunks = (Trunk(name="carrier", host="127.0.0.1"), Trunk(name="world", host="sip.example"))
    with desk.desk(links=links, trunks=trunks) as here:
        olga = here.client()
        here.sign_in_operator(olga, here.operator())
        yield here, olga


def tell(here: Desk, name: str, kind: str, detail: object, ago_ms: int = 0) -> int:
    with here.store.write() as session:
        at_ms = here.clock.now_ms() - ago_ms
        return nodes.register_node(session, name, kind, at_ms, json.dumps(detail))


def states(page: str) -> list[str]:
    return re.findall(r'class="state state-\w+">([^<]*)<', page)


def test_nobody_told_anything_yet(plant: tuple[Desk, FlaskClient]) -> None:
    _here, olga = plant
    page = olga.get("/operator/links").text
    assert states(page) == ["Unknown"] * 4
    assert "No process has given a sign of life" in page
    assert states(olga.get("/operator/").text)[-4:-1] == ["None seen"] * 3


def test_links_and_trunks_are_as_their_processes_told(plant: tuple[Desk, FlaskClient]) -> None:
    here, olga = plant
    tell(here, "gateway@box", "gateway", {"links": {"main": BOUND, "spare": REFUSED, "gone": BOUND}})
    trunks = {"carrier": {"state": "resolved", "address": "127.0.0.1"},
              "world": {"state": "unresolved", "address": "10.0.0.9"}}  # fmt: skip
    tell(here, "dialer@box:5060", "dialer", {"trunks": trunks})
    page = olga.get("/operator/links").text
    assert states(page) == ["Bound", "Password refused", "Ready", "Name not found", "Up", "Up"]
    assert "10.0.0.9" in page
    assert states(olga.get("/operator/").text) == [
        "Bound", "Password refused", "Ready", "Name not found", "1 of 1 up", "1 of 1 up", "None seen",
        "0 waiting",    ]  # fmt: skip


def test_a_silent_process_is_not_believed(plant: tuple[Desk, FlaskClient]) -> None:
    here, olga = plant
    tell(here, "gateway@box", "gateway", {"links": {"main": BOUND}}, ago_ms=60_000)
    trunks = {"carrier": {"state": "resolved", "address": "127.0.0.1"}}
    tell(here, "dialer@box:5060", "dialer", {"trunks": trunks}, ago_ms=60_000)
    tell(here, "dialer@old:5060", "dialer", {}, ago_ms=48 * 3_600_000)
    assert states(olga.get("/operator/links").text) == [
        "No sign of life", "Unknown", "Unknown", "Unknown", "No sign of life", "No sign of life",
    ]  # fmt: skip
    assert "0 of 1 up" in olga.get("/operator/").text


def test_a_process_that_said_goodbye_is_not_missed(plant: tuple[Desk, FlaskClient]) -> None:
    here, olga = plant
    epoch = tell(here, "dialer@box:5060", "dialer", {})
    with here.store.write() as session:
        nodes.mark_down(session, "dialer@box:5060", epoch)
    assert "Down" in states(olga.get("/operator/links").text)
    assert states(olga.get("/operator/").text)[4] == "None seen"


def test_the_day_is_counted(plant: tuple[Desk, FlaskClient]) -> None:
    here, olga = plant
    here.phone(here.account("anna"), ANNA)
    calls.talked_call(here, "id-anna")
    calls.queued_call(here, "id-anna")
    with here.store.write() as session:
        inbox.open_session(session, "s", "main", 0)
        audit.record(
            session, at_ms=here.clock.now_ms(), author="olga", action="top-up", subject="id-anna",
            login="anna", amount="5.00 EUR",
        )  # fmt: skip
    came(here, outcome="bad-credentials")
    came(here, outcome="bad-credentials")
    came(here, outcome="no-rate")
    page = olga.get("/operator/").text
    assert "1 talked, 0 without a talk, 1 in progress" in page
    assert page.index("Wrong login or password") < page.index("There is no price")
    assert "Booked a payment: anna, 5.00 EUR" in page
    links = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", olga.get("/operator/links").text))
    assert "carrier 127.0.0.1:5060 Unknown every number – 2 2 0" in links


def test_a_queue_that_is_away_is_told_and_the_page_lives(plant: tuple[Desk, FlaskClient]) -> None:
    here, olga = plant
    here.queue.is_down = True
    page = olga.get("/operator/").text
    assert "Not reachable" in page
    assert "Nothing is lost" in page


@pytest.mark.parametrize("path", ["/operator/", "/operator/now", "/operator/links"])
def test_a_page_asks_the_database_little(plant: tuple[Desk, FlaskClient], path: str) -> None:
    here, olga = plant
    here.account("anna")
    calls.queued_call(here, "id-anna")
    with counted() as statements:
        assert olga.get(path).status_code == 200
    assert len(statements) <= MOST_A_PAGE, "\n".join(statements)
