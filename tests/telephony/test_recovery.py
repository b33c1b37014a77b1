"""A dialer is killed with SIGKILL at every point of a call; the next one ends what it left on the wire."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.config import Sip
from callback.telephony import LostLeg
from callback.telephony.simulator import Carrier, Handset, Plan
from callback.telephony.simulator.plan import BY_HAND, SILENT
from callback.telephony.sip import Login, SipBackend
from tests.ports import free_port
from tests.telephony.network import CLI, KEY, TRUNK, in_loop, rtp_ports, until

LEG = "0abc-a1"
PHONE = "+48600316058"
LOGIN = ("ringback", "s3cret")


class Doomed:
    """A process that dials one leg, and the backend that follows it on the same port."""

    def __init__(self, tmp_path: Path, plan: Plan, login: tuple[str, str] | None) -> None:
        self.carrier = Carrier("127.0.0.1", 0, Clock(), login)
        self.outcomes: list[tuple[str, str]] = []
        self._plan = plan
        self._login = login
        self._row = tmp_path / "row.json"
        self._run_dir = tmp_path / "run"
        self._port = free_port()
        self._rtp = rtp_ports(20)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def phone(self) -> Handset:
        return self.carrier.handset(PHONE)

    async def dial(self, *flags: str, failpoint: str = "") -> None:
        """Start the process; it dials at once."""
        await self.carrier.start()
        self.carrier.handset(PHONE, self._plan)
        self._run_dir.mkdir()
        options = {
            "port": self._port,
            "rtp": self._rtp[0],
            "carrier": self.carrier.port,
            "run-dir": self._run_dir,
            "row": self._row,
            "leg": LEG,
            "number": PHONE,
        }
        command = [f"--{name}={value}" for name, value in options.items()]
        if self._login:
            command.append(f"--login={':'.join(self._login)}")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.telephony.doomed",
            *command,
            *flags,
            env={**os.environ, "RINGBACK_FAILPOINT": failpoint, "RINGBACK_RUN_DIR": str(self._run_dir)},
        )

    async def committed(self, answer: bool = False) -> None:
        """The row of the leg (or its answer) is in the file."""
        await until(lambda: self._row.exists() and (self._read() or not answer), 10, "the row")

    async def killed(self) -> None:
        """Kill it, or find that it killed itself."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        assert await asyncio.wait_for(self._process.wait(), 10) == -signal.SIGKILL

    async def died(self) -> None:
        """It reached its failpoint."""
        assert self._process is not None
        assert await asyncio.wait_for(self._process.wait(), 15) == -signal.SIGKILL

    @asynccontextmanager
    async def successor(
        self, remembers: bool = True, no_reply_s: float = 3.0, recovers_after: str = ""
    ) -> AsyncIterator[None]:
        """A new backend on the same port recovers the leg, if the database still has it.

        `recovers_after` an event at the phone; else at once.
        """
        logins = {TRUNK: Login(*self._login)} if self._login else {}
        config = Sip(port=self._port, rtp_ports=rtp_ports(20))
        backend = SipBackend(
            config, KEY, logins, "en", self._run_dir, Clock(), 30.0, no_reply_s=no_reply_s, settle_s=2.0
        )
        await backend.start(lambda event: None)
        next_hop = ("127.0.0.1", self.carrier.port)
        legs = [LostLeg(LEG, PHONE, CLI, next_hop, TRUNK, self._read() or None)] if remembers else []
        try:
            if recovers_after:
                await self.carrier.wait_for(recovers_after, PHONE, 8)
            await backend.recover(legs, lambda leg, outcome, at_ms: self.outcomes.append((leg, outcome)))
            yield
        finally:
            await backend.close()

    async def outcome(self, timeout_s: float = 6.0) -> str:
        """What became of the leg; said once, and nothing of it is left at the phone."""
        await until(lambda: self.outcomes, timeout_s, "an outcome")
        await until(lambda: not self.carrier.open_calls(), 5, "the phone to have no dialog")
        assert len(self.outcomes) == 1
        return self.outcomes[0][1]

    def _read(self) -> dict[str, object]:
        row: dict[str, object] = json.loads(self._row.read_text())
        return row


@asynccontextmanager
async def doomed(tmp_path: Path, plan: Plan, login: tuple[str, str] | None = None) -> AsyncIterator[Doomed]:
    scene = Doomed(tmp_path, plan, login)
    try:
        yield scene
    finally:
        await scene.carrier.stop()


@pytest.mark.parametrize("login", [None, LOGIN])
@in_loop
async def test_killed_while_ringing_the_phone_is_cancelled(
    tmp_path: Path, login: tuple[str, str] | None
) -> None:
    async with doomed(tmp_path, BY_HAND, login) as scene:
        await scene.dial()
        await scene.carrier.wait_for("ringing", PHONE, 10)
        await scene.killed()
        async with scene.successor():
            assert await scene.outcome() == "cancelled"
        assert scene.phone.invites == 1


@pytest.mark.parametrize("login", [None, LOGIN])
@in_loop
async def test_killed_while_talking_the_phone_is_hung_up(
    tmp_path: Path, login: tuple[str, str] | None
) -> None:
    async with doomed(tmp_path, Plan(), login) as scene:
        await scene.dial()
        await scene.carrier.wait_for("acked", PHONE, 10)
        await scene.killed()
        async with scene.successor():
            assert await scene.outcome() == "hung-up"


@in_loop
async def test_killed_after_the_commit_and_before_the_ack_the_phone_is_hung_up(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan()) as scene:
        await scene.dial("--no-confirm")
        await scene.committed(answer=True)
        await scene.killed()
        async with scene.successor():
            assert await scene.outcome() == "hung-up"


@in_loop
async def test_killed_before_the_commit_the_repeated_answer_is_hung_up(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan()) as scene:
        await scene.dial("--no-commit")
        await scene.carrier.wait_for("answered", PHONE, 10)
        await scene.killed()
        async with scene.successor():
            assert await scene.outcome() == "hung-up"


@in_loop
async def test_answered_while_nobody_was_there_the_phone_is_hung_up(tmp_path: Path) -> None:
    async with doomed(tmp_path, BY_HAND) as scene:
        await scene.dial()
        await scene.carrier.wait_for("ringing", PHONE, 10)
        await scene.killed()
        scene.phone.answer()
        async with scene.successor():
            assert await scene.outcome() == "hung-up"


@in_loop
async def test_an_answer_that_crosses_the_cancel_is_hung_up(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan(ring_s=None, answer_on_cancel=True)) as scene:
        await scene.dial()
        await scene.carrier.wait_for("ringing", PHONE, 10)
        await scene.killed()
        async with scene.successor():
            assert await scene.outcome() == "hung-up"
        kinds = [event.kind for event in scene.carrier.events]
        assert kinds[-4:] == ["answered", "acked", "bye", "over"]


@in_loop
async def test_with_the_database_lost_an_answer_is_still_known_as_ours(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan()) as scene:
        await scene.dial("--no-commit")
        await scene.carrier.wait_for("answered", PHONE, 10)
        await scene.killed()
        async with scene.successor(remembers=False):
            await scene.carrier.wait_for("bye", PHONE, 8)
            await until(lambda: not scene.carrier.open_calls(), 5, "the phone to have no dialog")
        assert scene.outcomes == []


@in_loop
async def test_an_answer_repeated_before_the_row_is_read_is_one_leg_hung_up(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan()) as scene:
        await scene.dial("--no-commit")
        await scene.carrier.wait_for("answered", PHONE, 10)
        await scene.killed()
        async with scene.successor(recovers_after="bye"):
            assert await scene.outcome(timeout_s=1.0) == "hung-up"


@in_loop
async def test_a_phone_that_never_replied_is_unreachable(tmp_path: Path) -> None:
    async with doomed(tmp_path, SILENT) as scene:
        await scene.dial()
        await scene.carrier.wait_for("invite", PHONE, 10)
        await scene.killed()
        async with scene.successor(no_reply_s=1.0):
            assert await scene.outcome() == "unreachable"


@in_loop
async def test_a_phone_that_never_had_the_invite_is_absent(tmp_path: Path) -> None:
    async with doomed(tmp_path, Plan()) as scene:
        await scene.dial(failpoint="dialer.invite_sending")
        await scene.died()
        async with scene.successor():
            assert await scene.outcome() == "absent"
        assert scene.phone.invites == 0


@pytest.mark.parametrize(
    ("failpoint", "expected"),
    [
        ("dialer.invite_sent", {"cancelled", "hung-up"}),  # answered meanwhile or not
        ("dialer.ringing", {"cancelled", "hung-up"}),
        ("dialer.answer_seen", {"hung-up"}),
        ("dialer.ack_sent", {"hung-up"}),
        ("dialer.bye_sent", {"hung-up", "absent"}),  # the BYE had arrived
    ],
)
@in_loop
async def test_wherever_it_dies_the_phone_ends_with_no_dialog(
    tmp_path: Path, failpoint: str, expected: set[str]
) -> None:
    async with doomed(tmp_path, Plan(ring_s=0.4)) as scene:
        await scene.dial("--hang-up-after-s", "1.2", failpoint=failpoint)
        await scene.died()
        async with scene.successor():
            assert await scene.outcome() in expected
        assert (scene.phone.invites, scene.phone.overlaps) == (1, 0)
