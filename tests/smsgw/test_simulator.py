"""The simulated SMSC keeps its promises: they are what the gateway's tests stand on."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smsgw import pdu
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage, Reply, ReplyJoiner, mo_pdu
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import link
from tests.waiting import eventually

MESSAGE = MoMessage("+48600316058", "+48221234567", "HELP")


class Esme:
    """The other end, by hand: a socket and a buffer."""

    def __init__(self, port: int, mode: int = pdu.BIND_TRANSCEIVER, password: bytes = b"secret") -> None:
        self.plug = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._buffer = bytearray()
        self._frames: list[pdu.Frame] = []
        self.send(pdu.pdu(mode, 0, 1, b"ringback\0" + password + b"\0\0\x34\0\0\0"))
        self.answer = self.receive()

    def send(self, octets: bytes) -> None:
        self.plug.sendall(octets)

    def receive(self) -> pdu.Frame:
        while not self._frames:
            octets = self.plug.recv(65_536)
            assert octets, "closed by the SMSC"
            self._buffer += octets
            self._frames = pdu.cut_frames(self._buffer)
        return self._frames.pop(0)

    def respond(self, frame: pdu.Frame, status: int = 0) -> None:
        self.send(pdu.mo_response(frame.command, status, frame.sequence))


@pytest.fixture
def esme(smsc: SimulatedSmsc) -> Iterator[Esme]:
    esme = Esme(smsc.port)
    yield esme
    esme.plug.close()


def test_only_the_right_password_binds(smsc: SimulatedSmsc, esme: Esme) -> None:
    wrong = Esme(smsc.port, password=b"wrong")
    assert (esme.answer.status, wrong.answer.status) == (pdu.ESME_ROK, pdu.ESME_RINVPASWD)
    assert (smsc.bound, smsc.refused_binds) == (("transceiver",), 1)
    wrong.plug.close()


def test_no_more_is_pushed_than_the_window_allows(smsc: SimulatedSmsc, esme: Esme) -> None:
    smsc.window = 2
    for _ in range(3):
        smsc.deliver(MESSAGE)
    first, second = esme.receive(), esme.receive()
    assert smsc.waiting == 3
    esme.plug.settimeout(0.1)
    with pytest.raises(TimeoutError):
        esme.receive()
    esme.plug.settimeout(5)
    esme.respond(first)
    assert esme.receive().sequence not in {first.sequence, second.sequence}


def test_a_refused_message_comes_again(smsc: SimulatedSmsc, esme: Esme) -> None:
    delivery = smsc.deliver(MESSAGE)
    esme.respond(esme.receive(), pdu.ESME_RX_T_APPN)
    esme.respond(esme.receive())
    assert smsc.wait_for(lambda: delivery.accepted, 5)
    assert (delivery.statuses, delivery.sent) == ([pdu.ESME_RX_T_APPN, pdu.ESME_ROK], 2)


def test_what_was_not_answered_comes_again_after_a_cut(smsc: SimulatedSmsc, esme: Esme) -> None:
    delivery = smsc.deliver(MESSAGE)
    esme.receive()
    smsc.cut()
    again = Esme(smsc.port)
    again.respond(again.receive())
    assert smsc.wait_for(lambda: delivery.accepted, 5)
    assert delivery.sent == 2
    again.plug.close()


def test_a_transmitter_is_pushed_nothing(smsc: SimulatedSmsc) -> None:
    transmitter = Esme(smsc.port, pdu.BIND_TRANSMITTER)
    smsc.deliver(MESSAGE)
    receiver = Esme(smsc.port, pdu.BIND_RECEIVER)
    assert receiver.receive().command == pdu.DELIVER_SM
    assert smsc.bound == ("receiver", "transmitter")
    for each in (transmitter, receiver):
        each.plug.close()


def test_submissions_are_recorded_refused_and_numbered(smsc: SimulatedSmsc, esme: Esme) -> None:
    smsc.refuse(pdu.ESME_RTHROTTLED)
    submit = pdu.SUBMIT_SM.to_bytes(4, "big")
    raw = mo_pdu(MoMessage("+48221234567", "+48600316058", "Hi"), 7)
    for _ in range(2):
        esme.send(raw[:4] + submit + raw[8:])
    refused, taken = esme.receive(), esme.receive()
    assert (refused.status, taken.status) == (pdu.ESME_RTHROTTLED, pdu.ESME_ROK)
    assert pdu.message_id(taken.raw) == "sim-1"
    assert smsc.await_reply("+48600316058", 5) == Reply("+48221234567", "+48600316058", "Hi", 1)
    assert smsc.await_reply("+48600316058", 0.05, after=1) is None


def test_parts_are_joined_in_any_order() -> None:
    joiner = ReplyJoiner()
    parts = [
        mo_pdu(MoMessage("+1", "+2", text, esm_class=0x40, header=bytes([5, 0, 3, 9, 2, number])), 1)
        for number, text in ((2, "world"), (1, "hello "))
    ]
    assert joiner.add(parts[0]) is None
    assert joiner.add(parts[1]) == Reply("+1", "+2", "hello world", 2)


def test_stalled_it_pushes_nothing_and_muted_it_answers_nothing(smsc: SimulatedSmsc, esme: Esme) -> None:
    smsc.stall(True)
    smsc.deliver(MESSAGE)
    esme.send(pdu.pdu(pdu.ENQUIRE_LINK, 0, 5))
    assert esme.receive().command == pdu.ENQUIRE_LINK | pdu.RESPONSE, "and no message before it"
    smsc.mute()
    smsc.stall(False)
    assert esme.receive().command == pdu.DELIVER_SM
    esme.send(pdu.pdu(pdu.ENQUIRE_LINK, 0, 6))
    eventually(lambda: smsc.enquiries == 2, 5, "heard")
    esme.plug.settimeout(0.1)
    with pytest.raises(TimeoutError):
        esme.receive()


def test_a_text_the_alphabet_lacks_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="GSM alphabet"):
        mo_pdu(MoMessage("+1", "+2", "ż"), 1)


# --- as a process


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Any]:
    """A simulator process: its port, and a function that speaks its control language."""
    path = tmp_path / "control"
    command = [sys.executable, "-m", "smsgw.simulator", "--port", "0", "--control", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    plug = socket.socket(socket.AF_UNIX)
    plug.connect(str(path))
    lines = plug.makefile("rw")

    def do(**wish: Any) -> dict[str, Any]:
        lines.write(json.dumps(wish) + "\n")
        lines.flush()
        answer: dict[str, Any] = json.loads(lines.readline())
        return answer

    do.port = port  # type: ignore[attr-defined]  # one fixture, two facts
    yield do
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    lines.close()
    plug.close()
    process.stdout.close()


def test_it_is_steered_from_outside(control: Any, start: StartGateway) -> None:
    start(link(control.port))
    wish = {"from": "+48600316058", "to": "+48221234567", "text": "HELP"}
    answer = control(do="deliver", **wish)
    assert (answer["ok"], answer["status"]) == (True, 0)
    assert answer["sent_at_ms"] <= answer["answered_at_ms"]
    reply = control(do="await_reply", to="+48600316058")
    assert reply["text"].startswith("Call me:")
    assert reply["from"] == "+48221234567"
    assert control(do="state") == {"ok": True, "bound": ["transceiver"], "replies": 1, "waiting": 0}
    for verb in ("unbind", "cut", "mute"):
        assert control(do=verb) == {"ok": True}
    assert control(do="stall", on=True) == {"ok": True}
    assert control(do="refuse", status=88) == {"ok": True}
    assert control(do="deliver", timeout_s=0.1, **wish)["status"] is None
    assert control(do="await_reply", to="+1", timeout_s=0.1) == {"ok": True, "text": None, "from": None}


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"do": "dance"}, "unknown: dance"),
        ({}, "missing: 'do'"),
        ({"do": "deliver", "from": "+1"}, "missing: 'to'"),
    ],
)
def test_what_it_does_not_understand_it_says(control: Any, wish: dict[str, str], error: str) -> None:
    assert control(**wish) == {"ok": False, "error": error}


def test_a_text_that_no_pdu_can_carry_is_refused_and_hurts_nothing(smsc: SimulatedSmsc, esme: Esme) -> None:
    for spoilt in (
        replace(MESSAGE, text="Привет"),
        replace(MESSAGE, text="\ud83d", coding="ucs2"),
        replace(MESSAGE, text="x" * 300),
    ):
        with pytest.raises(ValueError, match=r"alphabet|surrogates|range"):
            smsc.deliver(spoilt)
    smsc.deliver(MESSAGE)
    assert esme.receive().command == pdu.DELIVER_SM
