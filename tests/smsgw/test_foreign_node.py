"""A gateway bound to an SMSC that is not ours (node-smpp)."""

from collections.abc import Iterator
from typing import Literal

import pytest

from callback.core.commands import Register, RequestCallback
from callback.store.db import Store
from smsgw.link import LinkState
from tests.peers.smpp_node import NodeSmsc
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import NotingExecutor, link, rows
from tests.waiting import eventually

WISH = "U.callback P.pass R.48600316058"


@pytest.fixture
def node() -> Iterator[NodeSmsc]:
    node = NodeSmsc()
    yield node
    node.stop()


@pytest.mark.parametrize("bind", ["transceiver", "receiver+transmitter"])
def test_an_sms_is_stored_acknowledged_executed_and_answered(
    node: NodeSmsc,
    start: StartGateway,
    executor: NotingExecutor,
    store: Store,
    bind: Literal["transceiver", "receiver+transmitter"],
) -> None:
    gateway = start(link(node.port, bind=bind))
    modes = {node.expect("bound")["mode"] for _ in bind.split("+")}
    assert modes == set(bind.split("+"))
    eventually(lambda: gateway.states() == {"one": LinkState.BOUND}, 5, "every bind is up")
    node.deliver(1, WISH)
    assert node.expect("response") == {"event": "response", "id": 1, "status": 0}
    reply = node.expect("submit")
    assert (reply["source"], reply["destination"]) == ("48221234567", "48600316058")
    assert reply["text"] == "48600316058 is registered. Text U.user P.pass to be called back on it."
    assert executor.commands == [Register("callback", "pass", "48600316058")]
    assert executor.done[0].sms.ani == "+48600316058"
    assert [row["masked"] for row in rows(store, "SELECT masked FROM inbox")] == [
        "U.callback P.*** R.48600316058"
    ]


@pytest.mark.parametrize(
    ("text", "data_coding", "payload", "destination"),
    [
        ("U.anna P.a€[b] T.48600316058", 0, False, "48600316058"),
        ("U.anna P.ż🐢 T.48600316058", 8, False, "48600316058"),
        ("U.anna P.pässé T.48600316058", 3, False, "48600316058"),
        ("U.anna P.x T.48600316058" + " " * 300, 0, True, "48600316058"),
        ("U.anna P.x T.٤٨٦٠٠٣١٦٠٥٨", 8, True, "48600316058"),
    ],
    ids=["gsm", "ucs2", "latin1", "payload", "ucs2-payload"],
)
def test_a_text_is_read_in_whatever_alphabet_it_comes(
    node: NodeSmsc,
    start: StartGateway,
    executor: NotingExecutor,
    text: str,
    data_coding: int,
    payload: bool,
    destination: str,
) -> None:
    start(link(node.port))
    node.expect("bound")
    node.deliver(1, text, data_coding=data_coding, payload=payload)
    assert node.expect("response")["status"] == 0
    password = text.partition("P.")[2].partition(" ")[0]
    node.expect("submit")
    assert executor.commands == [RequestCallback("anna", password, destination)]


def test_an_unbind_of_the_smsc_is_answered_and_the_link_comes_back(
    node: NodeSmsc, start: StartGateway
) -> None:
    start(link(node.port))
    node.expect("bound")
    node.do("unbind")
    node.expect("closed")
    node.expect("bound")
    node.deliver(1, WISH)
    assert node.expect("submit")["destination"] == "48600316058"


def test_a_cut_in_the_middle_of_a_pdu_loses_nothing_else(
    node: NodeSmsc, start: StartGateway, executor: NotingExecutor
) -> None:
    start(link(node.port))
    node.expect("bound")
    node.do("half")
    node.expect("closed")
    node.expect("bound")
    node.deliver(1, WISH)
    assert node.expect("submit")["destination"] == "48600316058"
    assert len(executor.done) == 1


def test_a_throttled_reply_is_sent_later(node: NodeSmsc, start: StartGateway, store: Store) -> None:
    start(link(node.port))
    node.expect("bound")
    node.do("refuse", status=0x58)
    node.deliver(1, WISH)
    assert node.expect("submit")["destination"] == "48600316058"
    eventually(
        lambda: rows(store, "SELECT * FROM outbox WHERE state = 'sent' AND tries = 2"),
        5,
        "sent at the second try",
    )


def test_the_gateway_unbinds_when_it_stops(node: NodeSmsc, start: StartGateway) -> None:
    gateway = start(link(node.port))
    node.expect("bound")
    gateway.stop()
    node.expect("unbound")
    assert gateway.states() == {"one": LinkState.STOPPED}
