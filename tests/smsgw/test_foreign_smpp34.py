"""A gateway bound to an SMSC that is not ours (smpp34)."""

from collections.abc import Iterator
from socket import SOCK_STREAM

import pytest

from callback.clock import Clock
from callback.core.commands import RequestCallback
from callback.store import outbox
from callback.store.db import Store
from tests.peers.smpp_smpp34 import Smpp34Smsc
from tests.ports import free_port
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import NotingExecutor, link


@pytest.fixture
def rust() -> Iterator[Smpp34Smsc]:
    smsc = Smpp34Smsc(free_port(SOCK_STREAM))
    yield smsc
    smsc.stop()


@pytest.mark.parametrize(
    ("text", "data_coding", "payload"),
    [
        (b"U.anna P.x T.48600316058", 0, False),
        ("U.anna P.ż T.48600316058".encode("utf-16-be"), 8, False),
        ("U.anna P.é T.48600316058".encode("latin-1"), 3, False),
        (b"U.anna P.x T.48600316058" + b" " * 1000, 0, True),
    ],
    ids=["gsm", "ucs2", "latin1", "payload"],
)
def test_an_sms_goes_in_and_its_reply_comes_out(
    rust: Smpp34Smsc,
    start: StartGateway,
    executor: NotingExecutor,
    text: bytes,
    data_coding: int,
    payload: bool,
) -> None:
    start(link(rust.port))
    esme = rust.binds.get(timeout=10)
    assert esme.system_id == "ringback"
    answer = rust.deliver(esme, text, data_coding=data_coding, payload=payload)
    assert answer.is_success
    reply = rust.submissions.get(timeout=10)
    assert (reply.source_addr, reply.destination_addr) == ("48221234567", "48600316058")
    assert (reply.source_addr_ton, reply.dest_addr_ton) == (1, 1)
    assert reply.short_message.startswith(b"We are calling +48600 now.")
    (command,) = executor.commands
    assert isinstance(command, RequestCallback)
    assert (command.login, command.destination) == ("anna", "48600316058")


def test_replies_leave_by_the_transmitter(rust: Smpp34Smsc, start: StartGateway, store: Store) -> None:
    # smpp34 nacks the deliver_sm_resp of a mere receiver, so nothing is delivered here: node-smpp does that
    start(link(rust.port, bind="receiver+transmitter"))
    both = [rust.binds.get(timeout=10), rust.binds.get(timeout=10)]
    (transmitter,) = [esme for esme in both if not esme.can_receive]
    with store.write() as session:
        outbox.add(session, key="web:1", kind="help", params={}, locale="en", link="one",
                   sender="+48221234567", recipient="+48600316058", now_ms=Clock().now_ms())  # fmt: skip
    reply = rust.submissions.get(timeout=10)
    assert (reply.session_id, reply.destination_addr) == (transmitter.session_id, "48600316058")


def test_the_link_comes_back_after_an_unbind(rust: Smpp34Smsc, start: StartGateway) -> None:
    start(link(rust.port))
    rust.unbind(rust.binds.get(timeout=10))
    esme = rust.binds.get(timeout=10)
    assert rust.deliver(esme, b"HELP").is_success
