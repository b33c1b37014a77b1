"""The first callback once more, where nobody but us is of our making: a foreign SMSC and two baresips."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any, Protocol

import pytest

from tests.e2e.product import Product, product
from tests.e2e.town import ANNA, BORIS, LINK, PHONE, TIMES
from tests.peers.baresip import Baresip
from tests.peers.smpp_node import NodeSmsc
from tests.peers.smpp_smpp34 import Smpp34Smsc
from tests.ports import free_port
from tests.telephony.sound import is_tone
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


class Centre(Protocol):
    """What the tests ask of a foreign SMSC."""

    port: int

    def deliver_text(self, text: str) -> None:
        """Anna sends an SMS; it is accepted."""

    def next_sms(self) -> tuple[str, str]:
        """The next SMS from us: recipient and text."""


class _Node(NodeSmsc):
    def deliver_text(self, text: str) -> None:
        self.deliver(1, text)
        assert self.expect("response")["status"] == 0

    def next_sms(self) -> tuple[str, str]:
        sms = self.expect("submit")
        return sms["destination"], sms["text"]


class _Rust(Smpp34Smsc):
    def __init__(self) -> None:
        super().__init__(free_port(SOCK_STREAM))
        self._esme: Any = None

    def deliver_text(self, text: str) -> None:
        self._esme = self._esme or self.binds.get(timeout=20)
        assert self.deliver(self._esme, text.encode()).is_success

    def next_sms(self) -> tuple[str, str]:
        sms = self.submissions.get(timeout=10)
        return sms.destination_addr, sms.short_message.decode()


@pytest.fixture(params=[_Node, _Rust])
def centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    made = request.param()
    yield made
    made.stop()


def test_two_foreign_phones_and_a_foreign_smsc(centre: Centre, tmp_path: Path) -> None:
    anna = Baresip(tmp_path / "anna", ANNA, 700)
    boris = Baresip(tmp_path / "boris", BORIS, 1100, "pcma")
    with anna, boris, product(_surroundings(centre, anna, boris)) as ours:
        ours.furnish()
        asyncio.run(ours.serve())
        _register(centre)
        centre.deliver_text("U.anna P.secret99")
        assert centre.next_sms()[1].startswith(f"We are calling {ANNA} now.")
        _pick_up(anna)
        eventually(lambda: len(anna.heard()) > 8000, 5, "Anna to hear the prompt")
        anna.press("221234999#")
        _pick_up(boris)
        eventually(lambda: is_tone(anna.heard()[-16000:], boris.tone_hz), 5, "Anna to hear Boris")
        eventually(lambda: is_tone(boris.heard()[-16000:], anna.tone_hz), 5, "Boris to hear Anna")
        anna.hang_up()
        eventually(lambda: anna.is_idle and boris.is_idle, 5, "both phones are idle")
        sizes = len(anna.heard()), len(boris.heard())
        (call,) = asyncio.run(ours.finished())
        assert call.outcome == "talked"
        _charge_and_trace_agree(ours, call.id)
        assert asyncio.run(ours.stop()) == 0
        assert (len(anna.heard()), len(boris.heard())) == sizes, "something was heard after hanging up"
        assert (anna.open_calls(), boris.open_calls()) == (0, 0)


def _surroundings(centre: Centre, anna: Baresip, boris: Baresip) -> str:
    """No carrier: each phone is called directly, at its own address."""
    phones = "".join(
        PHONE.format(name=name, port=phone.port, prefix=phone.number)
        for name, phone in (("anna", anna), ("boris", boris))
    )
    return LINK.format(port=centre.port, trusted="false", bind="transceiver") + phones + TIMES


def _register(centre: Centre) -> None:
    """Nobody vouches for the sender: the number proves itself by a code."""
    centre.deliver_text(f"U.anna P.secret99 R.{ANNA}")
    said = [centre.next_sms() for _ in range(2)]  # in either order
    assert {recipient for recipient, _ in said} == {ANNA[1:]}
    (code,) = {found[1] for _, text in said if (found := re.search(r"Your code is (\d{6})", text))}
    centre.deliver_text(f"OK {code}")
    assert centre.next_sms()[1].startswith(f"{ANNA} is confirmed.")


def _pick_up(phone: Baresip) -> None:
    eventually(lambda: phone.saw("CALL_INCOMING"), 10, f"{phone.number} rings")
    phone.answer()
    eventually(lambda: phone.saw("CALL_ESTABLISHED"), 5, f"{phone.number} is connected")


def _charge_and_trace_agree(ours: Product, request_id: str) -> None:
    told = ours.ask("trace", request_id)
    cdrs = {cdr["role"]: cdr for cdr in told["cdrs"]}
    assert cdrs["A"]["cost_micro"] == cdrs["A"]["billed_s"] * 10_000  # 0.60 a minute, by the second
    assert cdrs["B"]["cost_micro"] == 50_000 + 1_200_000  # 0.05 to connect, a minute begun
    assert {cdr["disposition"] for cdr in cdrs.values()} == {"answered"}
    spent = sum(cdr["cost_micro"] for cdr in cdrs.values())
    wallet = ours.ask("account", "show", "anna")
    assert (wallet["balance_micro"], wallet["held_micro"]) == (10_000_000 - spent, 0)
    states = " ".join(rung["text"] for rung in told["ladder"])
    assert re.search(r"\bring-a>menu\b.*\bring-b>talk\b", states), states
    assert ours.ask("reconcile") == {"clean": True, "faults": []}
