"""One leg over real UDP: every way it can begin and end."""

from pathlib import Path

import pytest

from callback.core.causes import Cause
from callback.telephony import Answered, DialSpec, Ended, Ringing, Trying
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import (
    BUSY,
    BY_HAND,
    CONGESTION,
    NO_ANSWER,
    REJECTS,
    SILENT,
    UNREACHABLE,
    WRONG_NUMBER,
)
from callback.telephony.sip import Login
from tests.telephony.network import CLI, TRUNK, in_loop, network, until

LEG = "0abc-a1"
PHONE = "+48600316058"


@in_loop
async def test_a_phone_rings_answers_and_hangs_up(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        answer = await net.answered(LEG, phone)
        phone.hang_up()
        end = await net.ended(LEG)
        assert net.names(LEG) == ["Trying", "Ringing", "Answered", "Ended"]
        assert (end.cause, end.sip_status) == (Cause.HANGUP, 200)
        assert end.at_ms >= answer.at_ms
        await net.carrier.wait_for("over", PHONE)
        assert net.carrier.open_calls() == []


@in_loop
async def test_the_phone_sees_our_cli_in_from_and_in_the_asserted_identity(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        await net.answered(LEG, phone)
        assert phone.call is not None
        assert (phone.call.caller.user, phone.call.caller.asserted) == (CLI, CLI)


@in_loop
async def test_the_far_end_gets_its_ack_only_when_the_answer_is_confirmed(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        net.dial(LEG, phone)
        answer = await net.event(LEG, Answered)
        await until(lambda: phone.state == "answered", 1, "the phone to be up without ACK")
        with pytest.raises(TimeoutError):
            await net.carrier.wait_for("acked", PHONE, timeout_s=0.7)  # its 200 was repeated once meanwhile
        answer.confirm()
        await net.carrier.wait_for("acked", PHONE, timeout_s=0.5)
        assert net.names(LEG).count("Answered") == 1


@in_loop
async def test_what_a_restarted_process_needs_is_in_the_answer(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        answer = await net.answered(LEG, net.carrier.handset(PHONE))
        assert set(answer.dialog) == {"remote_tag", "contact", "routes"}
        assert answer.dialog["contact"] == f"sip:127.0.0.1:{net.carrier.port}"


@in_loop
async def test_we_hang_up_and_the_end_comes_when_the_phone_has_confirmed_it(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        await net.answered(LEG, phone)
        asked_at_ms = net.clock.now_ms()
        net.backend.hang_up(LEG, Cause.CLEARED)
        end = await net.ended(LEG)
        assert end.cause is Cause.CLEARED
        assert 0 <= end.at_ms - asked_at_ms < 100
        assert net.carrier.open_calls() == []


@pytest.mark.parametrize(
    ("plan", "cause", "status"),
    [
        (BUSY, Cause.BUSY, 486),
        (REJECTS, Cause.REJECTED, 603),
        (WRONG_NUMBER, Cause.WRONG_NUMBER, 404),
        (UNREACHABLE, Cause.UNREACHABLE, 480),
        (CONGESTION, Cause.CONGESTION, 503),
    ],
)
@in_loop
async def test_a_refusal_is_told_by_its_cause(tmp_path: Path, plan: Plan, cause: Cause, status: int) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE, plan))
        end = await net.ended(LEG)
        assert (end.cause, end.sip_status) == (cause, status)
        assert net.names(LEG)[0] == "Trying"
        await until(lambda: not net.carrier.open_calls(), 2, "the refusal to be acknowledged")


@in_loop
async def test_a_number_nobody_has_is_a_wrong_number(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        next_hop = ("127.0.0.1", net.carrier.port)
        net.backend.dial(DialSpec(LEG, "+4899", "4899", CLI, next_hop, TRUNK, 30))
        assert (await net.ended(LEG)).cause is Cause.WRONG_NUMBER


@in_loop
async def test_no_answer_is_cancelled_and_ends_with_the_cause_we_gave(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE, NO_ANSWER))
        await net.event(LEG, Ringing)
        net.backend.hang_up(LEG, Cause.NO_ANSWER)
        end = await net.ended(LEG)
        assert (end.cause, end.sip_status) == (Cause.NO_ANSWER, 487)
        await net.carrier.wait_for("cancelled", PHONE)
        await until(lambda: not net.carrier.open_calls(), 2, "the phone to be quiet")


@in_loop
async def test_a_session_that_forgets_its_ring_timer_is_backed_up_after_five_seconds(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE, NO_ANSWER), ring_s=-4)  # the backstop is at ring_s + 5
        assert (await net.ended(LEG)).cause is Cause.NO_ANSWER
        await until(lambda: not net.carrier.open_calls(), 2, "the phone to be quiet")


@in_loop
async def test_a_trunk_that_says_nothing_is_down(tmp_path: Path) -> None:
    async with network(tmp_path, no_reply_s=1.0) as net:
        net.carrier.silent = True
        net.dial(LEG, net.carrier.handset(PHONE))
        end = await net.ended(LEG)
        assert (end.cause, end.sip_status) == (Cause.TRUNK_DOWN, 0)
        assert net.names(LEG) == ["Trying", "Ended"]


@in_loop
async def test_a_phone_that_says_nothing_is_hung_up_with_the_cause_we_gave(tmp_path: Path) -> None:
    async with network(tmp_path, no_reply_s=1.0) as net:
        net.dial(LEG, net.carrier.handset(PHONE, SILENT))
        await net.event(LEG, Trying)
        net.backend.hang_up(LEG, Cause.CANCELLED)
        assert (await net.ended(LEG)).cause is Cause.CANCELLED


@in_loop
async def test_no_answer_of_a_trunk_that_never_said_a_word_is_the_trunks_fault(tmp_path: Path) -> None:
    async with network(tmp_path, no_reply_s=1.0) as net:
        net.carrier.silent = True
        net.dial(LEG, net.carrier.handset(PHONE))
        await net.event(LEG, Trying)
        net.backend.hang_up(LEG, Cause.NO_ANSWER)
        assert (await net.ended(LEG)).cause is Cause.TRUNK_DOWN


@in_loop
async def test_an_answer_that_crosses_our_cancel_is_hung_up_and_never_told(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE, Plan(ring_s=None, answer_on_cancel=True))
        net.dial(LEG, phone)
        await net.event(LEG, Ringing)
        net.backend.hang_up(LEG, Cause.NO_ANSWER)
        end = await net.ended(LEG)
        assert (end.cause, end.sip_status) == (Cause.NO_ANSWER, 200)
        assert "Answered" not in net.names(LEG)
        kinds = [event.kind for event in net.carrier.events]
        assert kinds[-4:] == ["answered", "acked", "bye", "over"]


@in_loop
async def test_a_bye_nobody_confirms_ends_the_leg_at_its_own_time(tmp_path: Path) -> None:
    async with network(tmp_path, no_reply_s=1.0) as net:
        phone = net.carrier.handset(PHONE, Plan(acknowledge_bye=False))
        await net.answered(LEG, phone)
        asked_at_ms = net.clock.now_ms()
        net.backend.hang_up(LEG, Cause.CLEARED)
        end = await net.ended(LEG)
        assert net.clock.now_ms() - asked_at_ms >= 900
        assert end.at_ms - asked_at_ms < 100  # the bill ends where the BYE left


@in_loop
async def test_a_leg_hung_up_at_once_ends_without_ringing_for_long(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE, BY_HAND))
        net.backend.hang_up(LEG, Cause.CANCELLED)
        assert (await net.ended(LEG)).cause is Cause.CANCELLED
        await until(lambda: not net.carrier.open_calls(), 2, "the phone to be quiet")


@in_loop
async def test_hanging_up_an_unconfirmed_answer_acknowledges_it_first(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE))
        await net.event(LEG, Answered)
        net.backend.hang_up(LEG, Cause.FENCED)
        assert (await net.ended(LEG)).cause is Cause.FENCED
        kinds = [event.kind for event in net.carrier.events]
        assert kinds[-3:] == ["acked", "bye", "over"]


@in_loop
async def test_late_and_repeated_commands_change_nothing(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        phone = net.carrier.handset(PHONE)
        answer = await net.answered(LEG, phone)
        phone.hang_up()
        await net.ended(LEG)
        answer.confirm()
        net.backend.hang_up(LEG, Cause.CLEARED)
        net.backend.play(LEG, 1, ["tone:beep"])
        net.backend.stop(LEG)
        net.backend.bridge(LEG, "nobody")
        net.backend.unbridge(LEG)
        net.backend.limit(LEG, 0, Cause.MONEY_ENDED)
        assert net.names(LEG)[-1] == "Ended"


@in_loop
async def test_a_trunk_that_asks_for_a_password_gets_it_for_invite_and_bye(tmp_path: Path) -> None:
    login = Login("ringback", 's3cret, with "quotes"')
    async with network(tmp_path, login=(login.username, login.password), logins={TRUNK: login}) as net:
        phone = net.carrier.handset(PHONE)
        await net.answered(LEG, phone)
        net.backend.hang_up(LEG, Cause.CLEARED)
        assert (await net.ended(LEG)).cause is Cause.CLEARED
        challenged = [event.detail for event in net.carrier.events if event.kind == "challenged"]
        assert challenged == ["INVITE", "BYE"]
        assert (phone.invites, net.names(LEG).count("Trying")) == (1, 1)
        assert net.carrier.open_calls() == []


@in_loop
async def test_a_trunk_that_refuses_our_password_is_the_carriers_trouble(tmp_path: Path) -> None:
    logins = {TRUNK: Login("ringback", "wrong")}
    async with network(tmp_path, login=("ringback", "right"), logins=logins) as net:
        net.dial(LEG, net.carrier.handset(PHONE))
        end = await net.ended(LEG)
        assert (end.cause, end.sip_status) == (Cause.CONGESTION, 407)


@in_loop
async def test_closing_hangs_up_whatever_stands(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        await net.answered(LEG, net.carrier.handset(PHONE))
        net.dial("0abc-b1", net.carrier.handset("+48600316059", BY_HAND))
        await net.event("0abc-b1", Ringing)
        await net.backend.close()
        assert {net.names(leg)[-1] for leg in (LEG, "0abc-b1")} == {"Ended"}
        assert net.carrier.open_calls() == []


@in_loop
async def test_a_leg_is_dialled_once(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        net.dial(LEG, net.carrier.handset(PHONE))
        with pytest.raises(AssertionError, match="dialled already"):
            net.dial(LEG, net.carrier.handset(PHONE))


@in_loop
async def test_a_hundred_phones_ring_at_once_and_every_leg_ends_once(tmp_path: Path) -> None:
    async with network(tmp_path) as net:
        legs = {f"leg{n}-a1": net.carrier.handset(f"+4860031{n:04}", BUSY) for n in range(100)}
        for leg_id, phone in legs.items():
            net.dial(leg_id, phone)
        await until(lambda: sum(isinstance(e, Ended) for e in net.events) == 100, 20, "all to end")
        causes = [event.cause for event in net.events if isinstance(event, Ended)]
        assert causes.count(Cause.BUSY) + causes.count(Cause.SYSTEM_TROUBLE) == 100
        assert causes.count(Cause.BUSY) >= 20  # the range has thirty port pairs, used again after a rest


@in_loop
async def test_every_leg_ends_once_though_every_sixth_message_is_lost(tmp_path: Path) -> None:
    plans = [Plan(ring_s=0.2), NO_ANSWER, Plan(ring_s=0.2, reject=486), Plan(ring_s=0.2, hang_up_after_s=0.4)]
    async with network(tmp_path, no_reply_s=32.0) as net:
        net.carrier.loss = 0.16
        legs = [f"leg{n}-a1" for n in range(8)]
        for n, leg_id in enumerate(legs):
            net.dial(leg_id, net.carrier.handset(f"+4860031{n:04}", plans[n % 4]))
        told = 0

        def confirm_and_count() -> bool:
            nonlocal told
            for event in net.events[told:]:
                if isinstance(event, Answered):
                    event.confirm()
            told = len(net.events)
            return net.clock.now_ms() > begun_at_ms + 1500

        begun_at_ms = net.clock.now_ms()
        await until(confirm_and_count, 3, "calls to stand")
        for leg_id in legs[0::4] + legs[1::4] + legs[3::4]:
            net.backend.hang_up(leg_id, Cause.CLEARED)
        ends = [await net.ended(leg_id, 20) for leg_id in legs]
        assert {end.cause for end in ends[2::4]} == {Cause.BUSY}
        assert all(phone.invites == 1 for phone in net.carrier.handsets)
        await until(lambda: not net.carrier.open_calls(), 20, "every phone to be quiet")
