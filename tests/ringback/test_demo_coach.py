"""What the demo page advises, and what it makes of reports: pure, so every situation can be looked at."""

import subprocess
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.store.reports import SmsSeen
from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.coach import Situation, find_code, next_step, suggestions, worth_dialling
from ringback.demo.listeners import Ears
from ringback.demo.page_phone import PagePhone
from ringback.demo.victims import Victims
from smsgw.grammar import mask
from webapp.stage import Process, Sms

CODE = Sms("Text OK 123456 to confirm.", 2, False, "arrived")
SENT_BACK = Sms("OK 123456", 3, True, "delivered")


def situation(anna: str = "idle", boris: str = "idle", **known: bool) -> Situation:
    facts = {"verified": False, "asked": False, "talked": False, **known}
    return Situation(facts["verified"], anna, boris, (), facts["asked"], facts["talked"])


@pytest.mark.parametrize(
    ("now", "number", "name"),
    [
        (situation(), 1, "register"),
        (Situation(False, "idle", "idle", (CODE,), False, False), 2, "prove"),
        (Situation(False, "idle", "idle", (CODE, SENT_BACK), False, False), 1, "register"),
        (situation(verified=True), 3, "ask"),
        (situation(verified=True, asked=True), 3, "wait"),
        (situation("ringing", verified=True, asked=True), 4, "answer"),
        (situation("in-call", verified=True, asked=True), 4, "dial"),
        (situation("in-call", "ringing", verified=True, asked=True), 5, "answer-them"),
        (situation("in-call", "in-call", verified=True, asked=True), 5, "talk"),
        (situation(verified=True, talked=True), 6, "done"),
        (situation(verified=True, talked=True, asked=True), 3, "wait"),
    ],
)
def test_each_situation_has_one_next_step(now: Situation, number: int, name: str) -> None:
    step = next_step(now)
    assert (step.number, step.name) == (number, name)


def test_a_code_is_suggested_until_it_was_sent_back() -> None:
    assert find_code((CODE,)) == "123456"
    assert find_code((CODE, SENT_BACK)) is None
    assert suggestions(Situation(False, "idle", "idle", (CODE,), False, False))[0].text == "OK 123456"


def test_the_same_callback_is_never_asked_for_in_the_same_words_twice_running() -> None:
    """Within 30 s the carrier's repeat is what it would be taken for."""
    asked = Sms(cast.CALL_ME[0], 5, True, "delivered")
    now = Situation(True, "idle", "idle", (asked,), False, False)
    assert suggestions(now)[0].text == cast.CALL_ME[1]


def test_whoever_asks_often_is_offered_the_words_used_longest_ago() -> None:
    sent = [Sms(mask(text), n, True, "delivered") for n, text in enumerate(cast.CALL_ME)]
    offered = suggestions(Situation(True, "idle", "idle", (*sent[1:], sent[0]), False, False))[0].text
    assert offered == cast.CALL_ME[1]


def test_a_number_begun_by_hand_is_wiped_out_before_the_right_one() -> None:
    assert worth_dialling("in-call", "idle", "77") == f"*{cast.DIALLED}#"
    assert worth_dialling("in-call", "idle", "77#") == f"{cast.DIALLED}#"


def test_boris_is_dialled_only_while_he_is_free() -> None:
    assert worth_dialling("in-call", "idle") == f"{cast.DIALLED}#"
    assert not worth_dialling("in-call", "ringing")
    assert not worth_dialling("idle", "idle")


def test_a_phone_looks_as_its_carrier_reports() -> None:
    phone = PagePhone(cast.ANNA)
    for at_ms, kind, detail in (
        (1, "invite", cast.ACCESS_NUMBER.removeprefix("+")),
        (2, "ringing", ""),
        (3, "answered", ""),
    ):
        phone.event(Event(at_ms, kind, cast.ANNA.number, "call", detail))
    phone.pressed("12")
    phone.played("ode")
    looks = phone.look()
    assert (looks.state, looks.display, looks.since_ms, looks.typed, looks.tune) == (
        "in-call",
        "Ringback",
        3,
        "12",
        "ode",
    )
    phone.event(Event(4, "bye", cast.ANNA.number, "call"))
    looks = phone.look()
    assert (looks.state, looks.display, looks.typed, looks.tune) == ("idle", "", "", "")
    phone.pressed("3")
    assert not phone.look().typed, "a phone that is in no call has no keypad"


def test_an_sms_keeps_its_place_when_its_fate_is_known() -> None:
    phone = PagePhone(cast.ANNA)
    sms = phone.sms_sent("HELP", 1)
    phone.sms_arrived("Text U.user P.pass to be called.", 2)
    phone.sms_went(sms, "delivered")
    assert [(one.text[:4], one.state) for one in phone.look().sms] == [
        ("HELP", "delivered"),
        ("Text", "arrived"),
    ]


def test_only_the_number_being_typed_is_shown() -> None:
    phone = PagePhone(cast.ANNA)
    phone.event(Event(1, "answered", cast.ANNA.number, "call"))
    for keys, shown in (("55#", "55#"), ("7", "7"), ("7", "77"), ("*00", "*00"), ("49#", "*0049#")):
        phone.pressed(keys)
        assert phone.look().typed == shown


def test_sms_sent_before_we_came_stand_in_their_place_and_without_secrets() -> None:
    phone = PagePhone(cast.ANNA)
    phone.sms_arrived("We are calling you.", 5)
    phone.sms_recorded("U.anna P.***", 3)
    assert [(one.sent, one.at_ms, one.state) for one in phone.look().sms] == [
        (True, 3, "delivered"),
        (False, 5, "arrived"),
    ]


def test_what_the_sms_centre_had_to_keep_is_delivered_once_the_service_has_it() -> None:
    phone = PagePhone(cast.ANNA)
    phone.sms_went(phone.sms_sent(cast.CALL_ME[0], 10), "failed")
    early, late = (
        SmsSeen(1, cast.ANNA.number, cast.ACCESS_NUMBER, "done", "", mask(cast.CALL_ME[0]), at_ms, at_ms)
        for at_ms in (9, 90)
    )
    phone.look_up([early])
    assert phone.look().sms[0].state == "failed", "that was another one"
    phone.look_up([late])
    assert phone.look().sms[0].state == "delivered"


def test_a_listener_hears_from_now_on_and_loses_what_it_does_not_come_for() -> None:
    ears = Ears()
    ears.tell("anna", b"\1" * 320)
    with ears.listen("anna") as ear, ears.listen("boris") as other:
        for _ in range(100):
            ears.tell("anna", b"\2" * 320)
        heard = ear.hear(1)
        assert heard is not None and len(heard) == 16_000 and set(heard) == {2}
        assert ear.hear(0) is None
        assert other.hear(0) is None


def test_only_the_demos_own_processes_can_be_hit(tmp_path: Path) -> None:
    victims = Victims(tmp_path, Clock())
    assert victims.kill("relay") == 0, "it is away"
    assert {one.pid for one in victims.look()} == {0}
    with pytest.raises(ValueError, match="no process"):
        victims.kill("../../../init")


def test_who_is_dying_is_not_yet_back(tmp_path: Path) -> None:
    victims, pid_file = Victims(tmp_path, Clock()), tmp_path / "relay.pid"

    def relay() -> Process:
        return next(one for one in victims.look() if one.name == "relay")

    with subprocess.Popen(["sleep", "60"]) as first, subprocess.Popen(["sleep", "60"]) as second:
        pid_file.write_text(str(first.pid))
        assert relay().deaths == 0
        assert victims.kill("relay") == first.pid
        while relay().pid:  # for an instant it may still be seen
            assert relay().back_after_ms is None
        assert (relay().deaths, relay().back_after_ms) == (1, None)
        pid_file.write_text(str(second.pid))
        assert relay().pid == second.pid and relay().back_after_ms is not None
        second.kill()
