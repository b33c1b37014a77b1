"""What strangers, fuzzers and lost dialogs find at our SIP port, over real UDP."""

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.core.causes import Cause
from callback.telephony.names import Names
from callback.telephony.simulator.message import Message, parse
from callback.telephony.sip import SipBackend
from tests.telephony.network import KEY, Network, in_loop, network, sip_config, until

LEG = "0abc-a1"
PHONE = "+48600316058"


class Stranger:
    """A bare UDP socket that writes SIP by hand."""

    def __init__(self, net: Network) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self._port = net.sip_port

    async def __aenter__(self) -> "Stranger":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.socket.close()

    async def ask(
        self, method: str, call_id: str = "", to_tag: str = "", cseq: int = 1, body: str = ""
    ) -> Message:
        """One request and its first response."""
        self.send(self.write(method, call_id, to_tag, cseq, body))
        return await self.hear()

    def write(self, method: str, call_id: str = "", to_tag: str = "", cseq: int = 1, body: str = "") -> bytes:
        host, port = self.socket.getsockname()
        tag = f";tag={to_tag}" if to_tag else ""
        headers = [
            ("via", f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{os.urandom(8).hex()}"),
            ("max-forwards", "70"),
            ("from", f"<sip:+4871@{host}>;tag=stranger"),
            ("to", f"<sip:+4822@127.0.0.1>{tag}"),
            ("call-id", call_id or os.urandom(8).hex()),
            ("cseq", f"{cseq} {method}"),
            ("contact", f"<sip:{host}:{port};transport=UDP>"),
        ]
        return Message(f"{method} sip:+4822@127.0.0.1 SIP/2.0", headers, body).encode()

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, ("127.0.0.1", self._port))

    async def hear(self) -> Message:
        loop = asyncio.get_running_loop()
        while True:
            message = parse(await asyncio.wait_for(loop.sock_recv(self.socket, 65536), 3))
            if message is not None and message.status >= 200:
                return message


@in_loop
async def test_a_call_to_us_is_refused_before_it_is_answered(tmp_path: Path) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        assert (await stranger.ask("INVITE")).status == 486


@in_loop
async def test_an_options_ping_is_answered_with_what_we_take(tmp_path: Path) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        pong = await stranger.ask("OPTIONS")
        assert pong.status == 200
        assert "INVITE" in pong.get("allow")


@pytest.mark.parametrize("method", ["SUBSCRIBE", "MESSAGE", "REGISTER"])
@in_loop
async def test_what_we_do_not_speak_is_not_allowed(tmp_path: Path, method: str) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        assert (await stranger.ask(method)).status == 405


@pytest.mark.parametrize("method", ["BYE", "INFO", "INVITE"])
@in_loop
async def test_a_strangers_dialog_does_not_exist(tmp_path: Path, method: str) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        answer = await stranger.ask(method, call_id="0abc-a1.forged", to_tag="forged")
        assert answer.status == 481


@pytest.mark.parametrize(("method", "status"), [("BYE", 200), ("INVITE", 481), ("INFO", 481)])
@in_loop
async def test_a_dialog_of_an_earlier_process_may_only_be_ended(
    tmp_path: Path, method: str, status: int
) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, Stranger(net) as stranger:
        answer = await stranger.ask(method, names.call_id(LEG), names.tag(LEG))
        assert answer.status == status


@in_loop
async def test_a_request_out_of_order_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, Stranger(net) as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        first = await stranger.ask("OPTIONS", names.call_id(LEG), names.tag(LEG), cseq=5)
        late = await stranger.ask("BYE", names.call_id(LEG), names.tag(LEG), cseq=4)
        assert (first.status, late.status) == (200, 500)
        assert net.names(LEG)[-1] == "Answered"


@in_loop
async def test_a_re_invite_without_g711_is_not_acceptable(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, Stranger(net) as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        offer = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n"
        answer = await stranger.ask("INVITE", names.call_id(LEG), names.tag(LEG), body=offer)
        assert answer.status == 488


@in_loop
async def test_a_re_invite_without_an_offer_gets_ours(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, Stranger(net) as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        answer = await stranger.ask("INVITE", names.call_id(LEG), names.tag(LEG))
        assert answer.status == 200
        assert "a=rtpmap:8 PCMA/8000" in answer.body


@in_loop
async def test_malformed_datagrams_are_dropped_counted_and_survived(tmp_path: Path) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        dice = random.Random(7)
        whole = stranger.write("INVITE", body="v=0\r\n")
        names = Names(KEY)
        ours = f"SIP/2.0 200 OK\r\nCall-ID: {names.call_id(LEG)}\r\nCSeq: x INVITE\r\n\r\n".encode()
        for _ in range(200):
            torn = bytearray(whole[: dice.randrange(len(whole))])
            for _ in range(dice.randrange(6)):
                torn[dice.randrange(len(torn)) if torn else 0 :] = dice.randbytes(3)
            stranger.send(bytes(torn))
        for junk in (
            b"\0" * 40,
            b"\xff" * 60,
            b"SIP/2.0 200 OK\r\n\r\n" + b" " * 20,
            ours,
            b"INVITE\r\n" * 9,
        ):
            stranger.send(junk)
        await until(lambda: net.backend.malformed >= 3, 3, "some to be counted")
        answer = await net.answered(LEG, net.carrier.handset(PHONE))  # calls go on
        assert answer.leg_id == LEG


@in_loop
async def test_a_forged_answer_makes_us_send_nothing(tmp_path: Path) -> None:
    async with network(tmp_path) as net, Stranger(net) as stranger:
        host, port = stranger.socket.getsockname()
        headers = [
            ("via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bKforged"),
            ("from", "<sip:a@b>;tag=0123456789abcdef01234567"),
            ("to", "<sip:c@d>;tag=x"),
            ("call-id", "0abc-a1.0123456789abcdef01234567"),
            ("cseq", "1 INVITE"),
            ("contact", f"<sip:{host}:{port}>"),
        ]
        stranger.send(Message("SIP/2.0 200 OK", headers).encode())
        assert (await stranger.ask("OPTIONS")).get("cseq") == "1 OPTIONS"  # the first thing it hears


@in_loop
async def test_a_port_in_use_is_told_as_what_it_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        config = sip_config(taken.getsockname()[1])
        backend = SipBackend(config, KEY, {}, "en", tmp_path, Clock(), 20.0)
        with pytest.raises(OSError, match="in use"):
            await backend.start(lambda event: None)


@in_loop
async def test_both_sides_hanging_up_at_once_end_once(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        await net.answered(LEG, phone)
        net.backend.hang_up(LEG, Cause.CLEARED)
        phone.hang_up()
        await net.ended(LEG)
        await until(lambda: not net.carrier.open_calls(), 3, "the phone to be quiet")
