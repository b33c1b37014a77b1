"""Calls to phones that are not ours: Debian's baresip and sipp, over real SIP and RTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callback.core.causes import Cause
from callback.telephony import Answered, DialSpec, Digit, EarlyMedia, Ringing
from tests.peers.baresip import Baresip
from tests.peers.sipp import Sipp
from tests.telephony.network import CLI, TRUNK, Network, in_loop, network, until
from tests.telephony.sound import is_tone

A, B = "0abc-a1", "0abc-b1"
NUMBER_A, NUMBER_B = "+48600316058", "+442079460000"
pytestmark = pytest.mark.realtime


def _dial(net: Network, leg_id: str, number: str, port: int) -> None:
    net.backend.dial(DialSpec(leg_id, number, number, CLI, ("127.0.0.1", port), TRUNK, 30))


async def _pick_up(net: Network, leg_id: str, phone: Baresip) -> None:
    _dial(net, leg_id, phone.number, phone.port)
    await until(lambda: phone.saw("CALL_INCOMING"), 5, "the phone to ring")
    phone.answer()
    (await net.event(leg_id, Answered)).confirm()
    await until(lambda: phone.saw("CALL_ESTABLISHED"), 5, "the phone to be connected")


@asynccontextmanager
async def _two_baresips(net: Network, folder: Path, codec_b: str) -> AsyncIterator[tuple[Baresip, Baresip]]:
    with Baresip(folder / "a", NUMBER_A, 700) as a, Baresip(folder / "b", NUMBER_B, 1100, codec_b) as b:
        await _pick_up(net, A, a)
        await _pick_up(net, B, b)
        net.backend.bridge(A, B)
        yield a, b


@pytest.mark.parametrize("codec_b", ["pcmu", "pcma"])
@in_loop
async def test_two_baresips_talk_and_hear_nothing_after_the_end(tmp_path: Path, codec_b: str) -> None:
    async with network(tmp_path) as net, _two_baresips(net, tmp_path, codec_b) as (a, b):
        await until(lambda: is_tone(a.heard()[-4000:], b.tone_hz), 4, "A to hear B")
        await until(lambda: is_tone(b.heard()[-4000:], a.tone_hz), 4, "B to hear A")
        b.hang_up()
        assert (await net.ended(B)).cause is Cause.HANGUP
        net.backend.hang_up(A, Cause.CLEARED)
        end = await net.ended(A)
        assert end.cause is Cause.CLEARED
        assert end.quality["rx"] > 10
        await until(lambda: a.is_idle and b.is_idle, 3, "both phones to be idle")
        sizes = len(a.heard()), len(b.heard())
        await asyncio.sleep(0.4)  # silence takes time to show
        assert (len(a.heard()), len(b.heard())) == sizes


@in_loop
async def test_keys_of_a_baresip_arrive_once_and_in_order(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Baresip(tmp_path / "a", NUMBER_A, 700) as a:
            await _pick_up(net, A, a)
            a.press("0049#")

            def pressed() -> str:
                return "".join(event.digit for event in net.of(A) if isinstance(event, Digit))

            await until(lambda: len(pressed()) >= 5, 5, "five keys")
            assert pressed() == "0049#"


@in_loop
async def test_a_ringing_baresip_is_cancelled(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Baresip(tmp_path / "a", NUMBER_A, 700) as a:
            _dial(net, A, NUMBER_A, a.port)
            await net.event(A, Ringing)
            net.backend.hang_up(A, Cause.NO_ANSWER)
            assert (await net.ended(A)).cause is Cause.NO_ANSWER
            await until(lambda: a.saw("CALL_CLOSED"), 3, "the phone to be quiet")


@in_loop
async def test_a_baresip_that_declines_is_told_by_its_cause(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Baresip(tmp_path / "a", NUMBER_A, 700) as a:
            _dial(net, A, NUMBER_A, a.port)
            await until(lambda: a.saw("CALL_INCOMING"), 5, "the phone to ring")
            a.hang_up()
            assert (await net.ended(A)).cause is Cause.BUSY


async def _followed(phone: Sipp) -> None:
    await until(lambda: phone.is_over, 5, "sipp to end its script")
    assert phone.verdict == ""


@in_loop
async def test_sipp_answers_and_hears_its_own_voice_echoed_to_us(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a = net.carrier.handset(NUMBER_A)
        await net.answered(A, a)
        a.play_tune("own")
        with Sipp("answers", tmp_path / "sipp", echo=True) as phone:
            _dial(net, B, NUMBER_B, phone.port)
            (await net.event(B, Answered)).confirm()
            net.backend.bridge(A, B)
            await until(lambda: is_tone(a.recording.last_ms(300), a.own_hz), 3, "A to hear its own tone")
            net.backend.hang_up(B, Cause.CLEARED)
            assert (await net.ended(B)).cause is Cause.CLEARED
            await _followed(phone)


@in_loop
async def test_sipp_is_busy(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Sipp("is_busy", tmp_path / "sipp") as phone:
            _dial(net, B, NUMBER_B, phone.port)
            assert (await net.ended(B)).cause is Cause.BUSY
            await _followed(phone)


@in_loop
async def test_sipp_sends_early_media_before_it_answers(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Sipp("early_media", tmp_path / "sipp") as phone:
            _dial(net, B, NUMBER_B, phone.port)
            early = await net.event(B, EarlyMedia)
            answer = await net.event(B, Answered)
            assert answer.at_ms - early.at_ms > 900
            answer.confirm()
            net.backend.hang_up(B, Cause.CLEARED)
            await net.ended(B)
            await _followed(phone)


@in_loop
async def test_sipp_is_cancelled(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Sipp("is_cancelled", tmp_path / "sipp") as phone:
            _dial(net, B, NUMBER_B, phone.port)
            await net.event(B, Ringing)
            net.backend.hang_up(B, Cause.NO_ANSWER)
            assert (await net.ended(B)).cause is Cause.NO_ANSWER
            await _followed(phone)


@in_loop
async def test_sipp_presses_keys_by_info_and_hangs_up(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        with Sipp("presses_and_leaves", tmp_path / "sipp") as phone:
            _dial(net, A, NUMBER_A, phone.port)
            (await net.event(A, Answered)).confirm()
            assert (await net.ended(A)).cause is Cause.HANGUP
            assert [event.digit for event in net.of(A) if isinstance(event, Digit)] == ["4", "2", "#"]
            await _followed(phone)
