"""The simulated carrier is an honest peer: it keeps RFC 3261's timers and tells everything it sees."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.telephony.simulator import Carrier, Plan, RemoteCarrier
from callback.telephony.simulator.message import Message
from callback.telephony.simulator.plan import BUSY, BY_HAND, SILENT
from tests.ports import free_port
from tests.telephony.network import in_loop, until
from tests.telephony.stranger import Stranger

PHONE = "+48600316058"
CALL = "one@test"
BRANCH = "z9hG4bKone"


@asynccontextmanager
async def _carrier(login: tuple[str, str] | None = None) -> AsyncIterator[tuple[Carrier, Stranger]]:
    carrier = Carrier("127.0.0.1", 0, Clock(), login)
    await carrier.start()
    async with Stranger(("127.0.0.1", carrier.port)) as caller:
        try:
            yield carrier, caller
        finally:
            await carrier.stop()


def _call(caller: Stranger, method: str = "INVITE", to_tag: str = "", cseq: int = 1) -> None:
    sdp = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0 101\r\n"  # its sound is discarded
    body = sdp if method == "INVITE" else ""
    caller.send(caller.write(method, CALL, to_tag, cseq, body, PHONE, BRANCH))


def _tag(message: Message) -> str:
    return message.get("to").rpartition(";tag=")[2]


@in_loop
async def test_a_phone_rings_answers_and_repeats_its_answer_until_the_ack() -> None:
    async with _carrier() as (carrier, caller):
        phone = carrier.handset(PHONE, Plan(ring_s=0.1, tune=""))
        _call(caller)
        assert [(await caller.hear()).status for _ in range(3)] == [100, 180, 200]
        loop = asyncio.get_running_loop()
        times = [loop.time()]
        for _ in range(2):
            answer = await caller.hear()
            assert answer.status == 200
            times.append(loop.time())
        assert times[1] - times[0] == pytest.approx(0.5, abs=0.15)
        assert times[2] - times[1] == pytest.approx(1.0, abs=0.15)
        caller.send(caller.write("ACK", CALL, _tag(answer), branch="z9hG4bKack"))
        await carrier.wait_for("acked", PHONE)
        assert phone.state == "up"
        with pytest.raises(TimeoutError):
            await caller.hear(0.5)


@in_loop
async def test_a_repeated_invite_is_one_call_and_gets_the_same_answer() -> None:
    async with _carrier() as (carrier, caller):
        phone = carrier.handset(PHONE, BY_HAND)
        _call(caller)
        await carrier.wait_for("ringing", PHONE)
        _call(caller)
        heard = [(await caller.hear()).status for _ in range(3)]
        assert heard == [100, 180, 180]
        assert (phone.invites, carrier.invites) == (1, 1)


@in_loop
async def test_a_cancelled_phone_stops_ringing() -> None:
    async with _carrier() as (carrier, caller):
        phone = carrier.handset(PHONE, BY_HAND)
        _call(caller)
        await carrier.wait_for("ringing", PHONE)
        _call(caller, "CANCEL")
        finals = {(m.method, m.status) for m in [await caller.hear_final(), await caller.hear_final()]}
        assert finals == {("CANCEL", 200), ("INVITE", 487)}
        assert phone.state == "refused"
        caller.send(caller.write("ACK", CALL, "x", branch=BRANCH))
        await carrier.wait_for("over", PHONE)
        assert phone.state == "idle"


@in_loop
async def test_overlapping_calls_are_counted_and_the_second_is_refused() -> None:
    async with _carrier() as (carrier, caller):
        phone = carrier.handset(PHONE, BY_HAND)
        _call(caller)
        await carrier.wait_for("ringing", PHONE)
        caller.send(caller.write("INVITE", "two@test", user=PHONE))
        assert (await caller.hear_final()).status == 486
        assert (phone.invites, phone.overlaps, phone.state) == (2, 1, "ringing")


@in_loop
async def test_verbs_answer_press_speak_and_hang_up() -> None:
    async with _carrier() as (carrier, caller):
        phone = carrier.handset(PHONE, Plan(ring_s=None, by="info-plain"))
        _call(caller)
        await carrier.wait_for("ringing", PHONE)
        phone.answer()
        answer = await caller.hear_final()
        caller.send(caller.write("ACK", CALL, _tag(answer), branch="z9hG4bKack"))
        await carrier.wait_for("acked", PHONE)
        phone.press("7")
        info = await caller.hear_request("INFO")
        assert (info.get("content-type"), info.body) == ("application/dtmf", "7")
        caller.answer(info, 200, "")
        phone.hang_up()
        bye = await caller.hear_request("BYE")
        assert bye.cseq > info.cseq
        assert [call.state for call in carrier.open_calls()] == ["leaving"]
        caller.answer(bye, 200, "")
        await until(lambda: not carrier.open_calls(), 2, "the call to be over")


@in_loop
async def test_a_busy_a_silent_and_an_unknown_number() -> None:
    async with _carrier() as (carrier, caller):
        carrier.handset(PHONE, BUSY)
        carrier.handset("+48600000000", SILENT)
        assert (await _final(caller, PHONE)).status == 486
        assert (await _final(caller, "+48999999999")).status == 404
        caller.send(caller.write("INVITE", "silent@test", user="+48600000000"))
        await carrier.wait_for("invite", "+48600000000")
        assert [call.call_id for call in carrier.open_calls()] != ["silent@test"]


async def _final(caller: Stranger, number: str) -> Message:
    caller.send(caller.write("INVITE", f"{number}@test", user=number))
    return await caller.hear_final()


@in_loop
async def test_without_the_right_password_nothing_rings() -> None:
    async with _carrier(("ringback", "s3cret")) as (carrier, caller):
        phone = carrier.handset(PHONE)
        _call(caller)
        challenge = await caller.hear_final()
        assert challenge.status == 407
        assert challenge.get("proxy-authenticate").startswith('Digest realm="carrier.simulated"')
        assert phone.invites == 0


@in_loop
async def test_a_stranger_may_ping_but_not_end_what_is_not_there() -> None:
    async with _carrier() as (_, caller):
        assert (await caller.ask("OPTIONS")).status == 200
        assert (await caller.ask("BYE", to_tag="x")).status == 481


@in_loop
async def test_junk_is_dropped() -> None:
    async with _carrier() as (_, caller):
        for junk in (
            b"",
            b"\r\n\r\n",
            b"\xff\x00" * 50,
            b"INVITE\r\n\r\n",
            b"INVITE sip:x SIP/2.0\r\nno colon\r\n\r\n",
        ):
            caller.send(junk)
        assert (await caller.ask("OPTIONS")).status == 200


@in_loop
async def test_a_carrier_in_a_process_of_its_own_obeys_the_same_verbs(tmp_path: Path) -> None:
    port, control = free_port(), tmp_path / "carrier.sock"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callback.telephony.simulator", f"--port={port}", f"--control={control}")
    )
    try:
        carrier = await RemoteCarrier.connect(control)
        phone = carrier.handset(PHONE)
        await phone.plan(Plan(ring_s=None, tune="ode", press=((0.1, "12"),)))
        async with Stranger(("127.0.0.1", port)) as caller:
            _call(caller)
            assert [(await caller.hear()).status for _ in range(2)] == [100, 180]
            assert (await phone.state())["state"] == "ringing"
            await phone.answer()
            answer = await caller.hear_final()
            assert [call["state"] for call in await carrier.open_calls()] == ["answered"]
            caller.send(caller.write("ACK", CALL, _tag(answer), branch="z9hG4bKack"))
            await until(lambda: any(event.kind == "acked" for event in carrier.events), 3, "the event")
            await phone.play_tune("star")
            with pytest.raises(ValueError, match="no tune"):
                await phone.play_tune("noise")
            with pytest.raises(ValueError, match="KeyError"):
                await carrier.ask("dance")
            assert await phone.heard() == b""
            assert await phone.hears(440) == 0.0
        await carrier.close()
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert not control.exists()
