"""kill -9 at every instant of an SMS: it is executed once, answered once, and acknowledged in the end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callback.store.db import Store
from smsgw import pdu
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.smsgw.scene import rows
from tests.waiting import eventually

INSTANTS = [
    "gateway.received",
    "gateway.stored",
    "gateway.acked",
    "gateway.claimed",
    "gateway.parsed",
    "gateway.executed",
    "gateway.submitting",
    "gateway.submitted",
    "gateway.sent",
]
ANNA = "+48600316058"


def begin(directory: Path, port: int, failpoint: str = "") -> subprocess.Popen[bytes]:
    environment = os.environ | {"RINGBACK_FAILPOINT": failpoint, "RINGBACK_RUN_DIR": str(directory)}
    command = [sys.executable, "-m", "tests.smsgw.doomed", str(directory), str(port)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_killed_gateway_neither_loses_nor_doubles_an_sms(
    smsc: SimulatedSmsc, store: Store, tmp_path: Path, instant: str
) -> None:
    first = begin(tmp_path, smsc.port, instant)
    assert smsc.wait_for(lambda: bool(smsc.bound), 20)
    delivery = smsc.deliver(MoMessage(ANNA, "+48221234567", "HELP"))
    assert first.wait(20) == -signal.SIGKILL
    second = begin(tmp_path, smsc.port)
    try:
        assert smsc.wait_for(lambda: delivery.accepted, 20), "acknowledged at last"
        assert smsc.await_reply(ANNA, 20), "answered"
        eventually(lambda: rows(store, "SELECT id FROM outbox WHERE state = 'sent'"), 10, "and noted as sent")
        assert smsc.wait_for(lambda: smsc.binds == 2, 20)
        smsc.deliver(MoMessage(ANNA, "+48221234567", "?"))
        assert smsc.await_reply(ANNA, 20, after=1), "the next SMS is answered too"
    finally:
        second.terminate()
        second.wait(20)
    assert len(smsc.replies) == 2, "one reply each"
    assert len(rows(store, "SELECT id FROM code_sent")) == 2, "one effect each"
    assert rows(store, "SELECT count(*) AS n FROM inbox WHERE state = 'done'") == [{"n": 2}]
    assert delivery.statuses == [pdu.ESME_ROK]
    assert second.returncode == 0
