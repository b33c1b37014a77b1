"""What strangers, fuzzers and lost dialogs find at our SIP port, over real UDP."""

import asyncio
import random
import socket
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.core.causes import Cause
from callback.telephony import Answered, DialSpec, Ringing
from callback.telephony.names import Names
from callback.telephony.simulator.message import Message, reply
from callback.telephony.sip import SipBackend
from tests.telephony.network import CLI, KEY, TRUNK, in_loop, network, sip_config, until

LEG = "0abc-a1"
PHONE = "+48600316058"
_SDP = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n"


@in_loop
async def test_a_call_to_us_is_refused_before_it_is_answered(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as stranger:
        assert (await stranger.ask("INVITE")).status == 486


@in_loop
async def test_an_options_ping_is_answered_with_what_we_take(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as stranger:
        pong = await stranger.ask("OPTIONS")
        assert pong.status == 200
        assert "INVITE" in pong.get("allow")


@pytest.mark.parametrize("method", ["SUBSCRIBE", "MESSAGE", "REGISTER"])
@in_loop
async def test_what_we_do_not_speak_is_not_allowed(tmp_path: Path, method: str) -> None:
    async with network(tmp_path) as net, net.stranger() as stranger:
        assert (await stranger.ask(method)).status == 405


@pytest.mark.parametrize("method", ["BYE", "INFO", "INVITE"])
@in_loop
async def test_a_strangers_dialog_does_not_exist(tmp_path: Path, method: str) -> None:
    async with network(tmp_path) as net, net.stranger() as stranger:
        answer = await stranger.ask(method, call_id="0abc-a1.forged", to_tag="forged")
        assert answer.status == 481


@pytest.mark.parametrize(("method", "status"), [("BYE", 200), ("INVITE", 481), ("INFO", 481)])
@in_loop
async def test_a_dialog_of_an_earlier_process_may_only_be_ended(
    tmp_path: Path, method: str, status: int
) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, net.stranger() as stranger:
        answer = await stranger.ask(method, names.call_id(LEG), names.tag(LEG))
        assert answer.status == status


@in_loop
async def test_a_request_out_of_order_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, net.stranger() as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        first = await stranger.ask("OPTIONS", names.call_id(LEG), names.tag(LEG), cseq=5)
        late = await stranger.ask("BYE", names.call_id(LEG), names.tag(LEG), cseq=4)
        assert (first.status, late.status) == (200, 500)
        assert net.names(LEG)[-1] == "Answered"


@in_loop
async def test_a_re_invite_without_g711_is_not_acceptable(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, net.stranger() as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        offer = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n"
        answer = await stranger.ask("INVITE", names.call_id(LEG), names.tag(LEG), body=offer)
        assert answer.status == 488


@in_loop
async def test_a_re_invite_without_an_offer_gets_ours(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, net.stranger() as stranger:
        await net.answered(LEG, net.carrier.handset(PHONE))
        answer = await stranger.ask("INVITE", names.call_id(LEG), names.tag(LEG))
        assert answer.status == 200
        assert "a=rtpmap:8 PCMA/8000" in answer.body


@in_loop
async def test_the_ack_of_an_offer_of_ours_says_where_the_sound_goes(tmp_path: Path) -> None:
    names = Names(KEY)
    async with network(tmp_path) as net, net.stranger() as stranger:
        phone = net.carrier.handset(PHONE)
        await net.answered(LEG, phone)
        phone.mute()  # else the sound would follow it: symmetric RTP
        net.backend.play(LEG, 1, ["tone:ringback-us"], loop=True)
        await stranger.ask("INVITE", names.call_id(LEG), names.tag(LEG), cseq=3)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            ear.setblocking(False)
            sdp = _SDP.replace("4000", str(ear.getsockname()[1]))
            stranger.send(stranger.write("ACK", names.call_id(LEG), names.tag(LEG), cseq=3, body=sdp))
            loop = asyncio.get_running_loop()
            packet = await asyncio.wait_for(loop.sock_recv(ear, 2048), 2)
            assert packet[0] == 0x80


@in_loop
async def test_malformed_datagrams_are_dropped_counted_and_survived(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as stranger:
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
    async with network(tmp_path) as net, net.stranger() as stranger:
        host, port = stranger.address
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


@in_loop
async def test_a_second_branch_of_a_call_that_also_answers_is_hung_up(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as fork:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, fork.address, TRUNK, 30))
        invite = await fork.hear_request("INVITE")
        fork.answer(invite, 200, "first", _SDP)
        (await net.event(LEG, Answered)).confirm()
        await fork.hear_request("ACK")
        fork.answer(invite, 200, "second", _SDP)
        assert "tag=second" in (await fork.hear_request("ACK")).get("to")
        bye = await fork.hear_request("BYE")
        assert "tag=second" in bye.get("to")
        fork.answer(bye, 200, "second")
        assert net.names(LEG)[-1] == "Answered"  # the first branch talks on
        net.backend.hang_up(LEG, Cause.CLEARED)
        bye = await fork.hear_request("BYE")
        assert "tag=first" in bye.get("to")
        fork.answer(bye, 200, "first")
        assert (await net.ended(LEG)).cause is Cause.CLEARED


@in_loop
async def test_an_answer_after_we_gave_up_is_hung_up(tmp_path: Path) -> None:
    async with network(tmp_path, no_reply_s=0.3) as net, net.stranger() as slow:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, slow.address, TRUNK, 30))
        invite = await slow.hear_request("INVITE")
        assert (await net.ended(LEG)).cause is Cause.TRUNK_DOWN
        slow.answer(invite, 200, "late", _SDP)
        await slow.hear_request("ACK")
        bye = await slow.hear_request("BYE")
        slow.answer(bye, 200, "late")
        assert net.names(LEG)[-1] == "Ended"


@in_loop
async def test_a_cancel_without_a_final_answer_ends_the_leg_and_a_later_answer_is_hung_up(
    tmp_path: Path,
) -> None:
    async with network(tmp_path, no_reply_s=0.5) as net, net.stranger() as odd:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, odd.address, TRUNK, 30))
        invite = await odd.hear_request("INVITE")
        odd.answer(invite, 180, "odd")
        await net.event(LEG, Ringing)
        net.backend.hang_up(LEG, Cause.NO_ANSWER)
        odd.answer(await odd.hear_request("CANCEL"), 200, "odd")
        assert (await net.ended(LEG)).cause is Cause.NO_ANSWER
        odd.answer(invite, 200, "odd", _SDP)
        await odd.hear_request("ACK")
        odd.answer(await odd.hear_request("BYE"), 200, "odd")
        assert net.names(LEG)[-1] == "Ended"


@in_loop
async def test_an_answer_repeated_because_the_ack_was_lost_gets_it_again(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as phone:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, phone.address, TRUNK, 30))
        invite = await phone.hear_request("INVITE")
        phone.answer(invite, 200, "only", _SDP)
        (await net.event(LEG, Answered)).confirm()
        await phone.hear_request("ACK")
        for _ in range(2):
            phone.answer(invite, 200, "only", _SDP)
            await phone.hear_request("ACK")
        assert net.names(LEG).count("Answered") == 1
        net.backend.hang_up(LEG, Cause.CLEARED)
        phone.answer(await phone.hear_request("BYE"), 200, "only")
        await net.ended(LEG)


@pytest.mark.parametrize("body", ["", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "nonsense"])
@in_loop
async def test_an_answer_with_nothing_to_hear_is_hung_up_as_the_carriers_trouble(
    tmp_path: Path, body: str
) -> None:
    async with network(tmp_path) as net, net.stranger() as phone:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, phone.address, TRUNK, 30))
        phone.answer(await phone.hear_request("INVITE"), 200, "deaf", body)
        bye = await phone.hear_request("BYE")
        phone.answer(bye, 200, "deaf")
        assert (await net.ended(LEG)).cause is Cause.CONGESTION
        assert "Answered" not in net.names(LEG)


@in_loop
async def test_a_next_hop_that_is_no_address_is_a_trunk_that_is_down(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, ("no.such.host.invalid", 5060), TRUNK, 30))
        assert (await net.ended(LEG, 1)).cause is Cause.TRUNK_DOWN


@in_loop
async def test_an_answer_with_an_unreadable_contact_can_still_be_hung_up(tmp_path: Path) -> None:
    async with network(tmp_path) as net, net.stranger() as phone:
        net.backend.dial(DialSpec(LEG, PHONE, PHONE, CLI, phone.address, TRUNK, 30))
        invite = await phone.hear_request("INVITE")
        phone.send(reply(invite, 200, "odd", (("contact", "<tel:+48600316058>"),), _SDP).encode())
        (await net.event(LEG, Answered)).confirm()
        await phone.hear_request("ACK")
        net.backend.hang_up(LEG, Cause.CLEARED)
        phone.answer(await phone.hear_request("BYE"), 200, "odd")
        assert (await net.ended(LEG)).cause is Cause.CLEARED
