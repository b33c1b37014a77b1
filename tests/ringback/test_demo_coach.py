"""What the demo page advises, and what it makes of reports: pure, so every situation can be looked at."""

from pathlib import Path

import pytest

from callback.clock import Clock
from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.coach import Situation, find_code, next_step, suggestions, worth_dialling
from ringback.demo.listeners import Ears
from ringback.demo.page_phone import PagePhone
from ringback.demo.victims import Victims
from webapp.stage import Sms

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
