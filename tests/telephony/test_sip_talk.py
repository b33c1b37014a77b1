"""Two legs over real SIP and RTP: prompts, digits, early media, talk, and the silence afterwards."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from callback.core.causes import Cause
from callback.telephony import Answered, Digit, EarlyMedia, Ended, PlaybackDone
from callback.telephony.simulator import Handset, Plan
from tests.telephony.network import Network, in_loop, network, until
from tests.telephony.sound import is_tone, level, strongest_hz

A, B = "0abc-a1", "0abc-b1"
NUMBER_A, NUMBER_B = "+48600316058", "+442079460000"
pytestmark = pytest.mark.realtime
SETTLE_MS = 100  # what is in flight when we look


async def _two_phones(net: Network, codec_b: str = "PCMU") -> tuple[Handset, Handset]:
    a = net.carrier.handset(NUMBER_A, Plan(tune="own"))
    b = net.carrier.handset(NUMBER_B, Plan.from_json({"tune": "own", "codec": codec_b}))
    await net.answered(A, a)
    await net.answered(B, b)
    return a, b


async def _hears(phone: Handset, hz: float, timeout_s: float = 2.0) -> None:
    """The phone hears this tone, and nothing else, for a fifth of a second."""
    await until(lambda: is_tone(phone.recording.last_ms(300), hz), timeout_s, f"{phone.number} to hear {hz}")


async def _hears_nothing(net: Network, phone: Handset, for_s: float = 0.4) -> None:
    """After what is in flight has landed, no packet comes."""
    await asyncio.sleep(SETTLE_MS / 1000)  # what is in flight may still land
    from_ms = net.clock.now_ms()
    await asyncio.sleep(for_s)  # silence takes time to show
    assert phone.heard(from_ms) == b""


@pytest.mark.parametrize("codec_b", ["PCMU", "PCMA"])
@in_loop
async def test_both_hear_each_other_and_nothing_after_the_end(tmp_path: Path, codec_b: str) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net, codec_b)
        net.backend.bridge(A, B)
        await _hears(a, b.own_hz)
        await _hears(b, a.own_hz)
        net.backend.hang_up(B, Cause.CLEARED)
        net.backend.hang_up(A, Cause.CLEARED)
        ends = [await net.ended(A), await net.ended(B)]
        assert all(end.quality["rx"] > 5 and end.quality["tx"] > 5 for end in ends), ends
        await _hears_nothing(net, a)
        await _hears_nothing(net, b)


@in_loop
async def test_the_first_prompt_is_heard_within_60_ms_of_the_answer(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a = net.carrier.handset(NUMBER_A)
        net.dial(A, a)
        await net.event(A, Answered)
        net.backend.play(A, 1, ["enter_number"])  # the ACK waits for the commit, the sound does not
        answered = await net.carrier.wait_for("answered", NUMBER_A)
        first = await net.carrier.wait_for("rtp", NUMBER_A)
        assert first.at_ms - answered.at_ms <= 60


@in_loop
async def test_a_prompt_ends_with_news_and_a_stopped_one_does_not(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        await net.answered(A, net.carrier.handset(NUMBER_A))
        net.backend.play(A, 7, ["tone:beep"])
        assert (await net.event(A, PlaybackDone)).playback_id == 7
        net.backend.play(A, 8, ["enter_number"])
        net.backend.stop(A)
        net.backend.play(A, 9, ["tone:beep", "tone:pause"])
        assert (await net.event(A, PlaybackDone, nth=1)).playback_id == 9


@in_loop
async def test_a_missing_prompt_is_skipped_and_nobody_waits_for_it(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        await net.answered(A, net.carrier.handset(NUMBER_A))
        net.backend.play(A, 3, ["no_such_prompt"])
        assert (await net.event(A, PlaybackDone)).playback_id == 3


@pytest.mark.parametrize("by", ["rtp", "info", "info-plain"])
@in_loop
async def test_keys_arrive_once_and_in_order_however_they_are_sent(tmp_path: Path, by: str) -> None:
    async with network(tmp_path) as net:
        a = net.carrier.handset(NUMBER_A)
        await net.answered(A, a)
        a.press("0044#*", by)

        def pressed() -> str:
            return "".join(event.digit for event in net.of(A) if isinstance(event, Digit))

        await until(lambda: len(pressed()) >= 6, 4, "six keys")
        assert pressed() == "0044#*"


@pytest.mark.parametrize("by", ["rtp", "info"])
@in_loop
async def test_keys_pressed_while_talking_reach_the_other_phone_too(tmp_path: Path, by: str) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net)
        net.backend.bridge(A, B)
        await _hears(b, a.own_hz)
        a.press("5#", by)
        await until(lambda: b.digits_heard == "5#", 3, "B to hear the keys")
        assert [event.digit for event in net.of(A) if isinstance(event, Digit)] == ["5", "#"]


@pytest.mark.parametrize("with_180", [False, True])
@in_loop
async def test_a_hears_early_media_of_b_but_is_not_heard(tmp_path: Path, with_180: bool) -> None:
    async with network(tmp_path) as net:
        a = net.carrier.handset(NUMBER_A, Plan(tune="own"))
        b = net.carrier.handset(NUMBER_B, Plan(early_s=1.2, ring_with_sdp=with_180, tune="own"))
        await net.answered(A, a)
        net.dial(B, b)
        early = await net.event(B, EarlyMedia)
        net.backend.bridge(A, B)
        await _hears(a, b.own_hz)
        assert level(b.heard()) < 50
        answer = await net.event(B, Answered)
        assert answer.at_ms > early.at_ms
        answer.confirm()
        await _hears(b, a.own_hz)  # from the answer on both ways, without another word from the session
        assert net.names(B).count("EarlyMedia") == 1


@in_loop
async def test_b_hangs_up_and_a_hears_the_menu_again(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net)
        net.backend.bridge(A, B)
        await _hears(a, b.own_hz)
        b.hang_up()
        assert (await net.ended(B)).cause is Cause.HANGUP
        net.backend.play(A, 1, ["tone:ringback"], loop=True)
        await _hears(a, 425)
        net.backend.stop(A)
        await _hears_nothing(net, a)


@in_loop
async def test_parted_legs_hear_each_other_no_more(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net)
        net.backend.bridge(A, B)
        await _hears(a, b.own_hz)
        net.backend.unbridge(A)
        await asyncio.sleep(SETTLE_MS / 1000)  # what is in flight may still land
        from_ms = net.clock.now_ms()
        await asyncio.sleep(0.3)  # silence takes time to show
        assert level(a.heard(from_ms)) < 50
        assert level(b.heard(from_ms)) < 50


@in_loop
async def test_a_phone_on_hold_is_sent_nothing_until_it_resumes(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net)
        net.backend.bridge(A, B)
        await _hears(b, a.own_hz)
        b.hold()
        await net.carrier.wait_for("renegotiated", NUMBER_B)
        await _hears_nothing(net, b)
        resumed_ms = net.clock.now_ms()
        b.resume()
        await net.carrier.wait_for("renegotiated", NUMBER_B, from_ms=resumed_ms)
        await until(lambda: is_tone(b.heard(resumed_ms + SETTLE_MS), a.own_hz), 2, "B to hear A again")


@in_loop
async def test_a_phone_whose_network_is_gone_is_hung_up(tmp_path: Path) -> None:
    async with network(tmp_path, rtp_timeout_s=1.0) as net:
        a = net.carrier.handset(NUMBER_A)
        await net.answered(A, a)
        a.mute()
        assert (await net.ended(A, 4)).cause is Cause.MEDIA_TIMEOUT
        assert net.carrier.open_calls() == []


@in_loop
async def test_the_limit_ends_the_leg_at_its_instant_for_its_own_cause(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a = net.carrier.handset(NUMBER_A)
        await net.answered(A, a)
        net.backend.play(A, 1, ["tone:ringback-us"], loop=True)
        until_ms = net.clock.now_ms() + 600
        net.backend.limit(A, until_ms, Cause.TIME_ENDED)
        end = await net.ended(A)
        assert end.cause is Cause.TIME_ENDED
        assert 0 <= end.at_ms - until_ms < 150
        assert a.heard(until_ms + SETTLE_MS) == b""


@in_loop
async def test_a_conversation_outlives_the_media_process(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        a, b = await _two_phones(net)
        net.backend.bridge(A, B)
        await _hears(a, b.own_hz)
        assert net.backend.media_pid is not None
        os.kill(net.backend.media_pid, signal.SIGKILL)
        killed_ms = net.clock.now_ms()
        await until(lambda: is_tone(a.heard(killed_ms + 500)[-4800:], b.own_hz), 4, "A to hear B again")
        await until(lambda: is_tone(b.heard(killed_ms + 500)[-4800:], a.own_hz), 4, "B to hear A again")
        assert not any(isinstance(event, Ended) for event in net.events)
        assert abs(strongest_hz(a.recording.last_ms(300)) - b.own_hz) < 10
