"""The demo page over HTTP, a town behind it: a callback is pressed together, heard, killed and charged."""

import json
import signal
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.error import HTTPError

import pytest

from callback.core.spoken import ENTER_NUMBER
from callback.media.codecs import decode
from callback.media.rtp import PCMU
from callback.media.tones import sine
from callback.prompts.catalogue import find_prompt
from ringback.demo import cast, ears
from ringback.demo.news import Opened
from ringback.demo.paper import PaperPage
from tests.ringback.demos import demo
from tests.ringback.visitors import Picture, Visitor
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

PIECE = 1600  # bytes of PCM in 100 ms
HALF_A_SECOND = 8000


@pytest.fixture(scope="module")
def town() -> Iterator[Visitor]:
    """One for all stories; Anna registers as the coach leads. Each story leaves both phones idle."""
    with tempfile.TemporaryDirectory(prefix="rb-") as here, demo(Path(here), "--page", "--json") as running:
        opened = running.await_news("Opened")
        visitor = Visitor(opened["web"], opened["directory"])
        _register(visitor)
        yield visitor
        running.send(signal.SIGINT)
        assert running.process.wait(60) == 130
        running.await_nobody()


@pytest.fixture
def visitor(town: Visitor) -> Visitor:
    """Somebody who finds the phones idle and everything done."""
    town.await_step_of("ask", "done")
    town.await_picture(_is_settled, "nothing is left over of the story before")
    return town


def _is_settled(seen: Picture) -> bool:
    facts = seen["facts"]
    replied = facts["sms_answered"] + facts["replies_unproven"]
    is_read = facts["sms_received"] == facts["sms_handled"] and facts["replies_owed"] == replied
    on_its_way = any(sms["state"] == "sending" for phone in seen["phones"] for sms in phone["sms"])
    return is_read and not facts["callbacks_live"] and not on_its_way


def test_a_whole_callback_is_pressed_together_and_heard(visitor: Visitor) -> None:
    before = visitor.picture()
    visitor.ask_for_a_callback()
    assert visitor.phone("anna")["display"] == "Ringback"

    prompt = ears.prompt_pcm(find_prompt("en", ENTER_NUMBER))
    with visitor.hearing("anna") as heard:
        visitor.press("/phones/anna/answer")
        visitor.await_picture(_caption("anna", "prompt"), "the prompt's words as caption")
        eventually(
            lambda: ears.likeness(bytes(_even(heard)), prompt) > ears.SPEECH_LIKENESS,
            15,
            "the prompt in the ear",
        )
    assert visitor.picture()["step"]["name"] == "dial"
    visitor.press("/phones/anna/press", keys=visitor.phone("anna")["dials"])
    visitor.await_step("answer-them")
    visitor.press("/phones/boris/answer")
    visitor.await_step("talk")
    visitor.await_picture(_caption("anna", "joined"), "the caption of a talk")

    _boris_plays_and_speaks(visitor)

    visitor.press("/phones/anna/hang-up")
    done = visitor.await_picture(
        lambda seen: seen["charge"]["closed"] and seen["step"]["number"] == 6, "the end"
    )
    charge = done["charge"]
    assert [leg["role"] for leg in charge["legs"]] == ["A", "B"]
    assert charge["before"] == (before["charge"]["balance"] if before["charge"] else "10.00 EUR")
    boris = charge["legs"][1]
    assert (boris["first_s"], boris["increments"], boris["cost"]) == (30, 0, "0.065 EUR")
    assert_told_in_order(done)
    assert _gained(before, done, "sms_received", "sms_handled", "callbacks", "records") == (1, 1, 1, 2)
    assert done["facts"]["answered_twice"] == 0 and done["facts"]["faults"] == []


def _gained(before: Picture, after: Picture, *counts: str) -> tuple[int, ...]:
    return tuple(after["facts"][count] - before["facts"][count] for count in counts)


def _register(visitor: Visitor) -> None:
    assert visitor.picture()["step"] == {"name": "register", "number": 1, "phone": "anna"}
    assert visitor.send_what_the_coach_suggests() == cast.REGISTER
    visitor.await_step("prove")
    assert visitor.send_what_the_coach_suggests().startswith("OK ")
    visitor.await_step("ask")


def _boris_plays_and_speaks(visitor: Visitor) -> None:
    with visitor.hearing("anna") as heard:
        visitor.press("/phones/boris/play", tune="440")
        eventually(lambda: _share(heard, 440) > ears.TUNE_SHARE, 10, "his tune in her ear")
        visitor.await_picture(_caption("anna", "tune"), "the caption of a tune")
        visitor.press("/phones/boris/mute", on=True)
        eventually(
            lambda: len(heard) > HALF_A_SECOND and not any(heard[-4000:]), 10, "silence of who is muted"
        )
        visitor.press("/phones/boris/mute", on=False)
        visitor.press("/phones/boris/play", tune="")
        spoken = decode(PCMU, sine((700,), 1000))

        def speak_on() -> bool:
            for at in range(0, len(spoken), PIECE):
                visitor.speak("boris", spoken[at : at + PIECE])
                if _share(heard, 700) > ears.TUNE_SHARE:
                    return True
            return False

        eventually(speak_on, 10, "his voice in her ear")
        visitor.await_picture(_caption("anna", "voice"), "the caption of a voice")


def _caption(phone: str, name: str) -> Callable[[Picture], bool]:
    return lambda seen: any(one["id"] == phone and one["caption"]["name"] == name for one in seen["phones"])


def _even(heard: bytearray) -> bytearray:
    return heard[: len(heard) // 2 * 2]


def _share(heard: bytearray, hz: int) -> float:
    """Of the last quarter of a second."""
    last = bytes(_even(heard)[-4000:])
    return ears.tune_share(last, hz) if len(last) == 4000 else 0.0


def assert_told_in_order(seen: Picture) -> None:
    """The moments of the callback come in the order of the trade."""
    moments = {one["say"]["name"]: one["since_ms"] for one in reversed(seen["chapters"][-1]["moments"])}
    order = ["sent", "received", "claimed", "dialled", "invite", "ringing", "answered", "rtp", "digits"]
    order += ["talk", "bye-sent", "release"]
    slack_ms = 2  # clocks that began apart
    assert all(moments[late] >= moments[early] - slack_ms for early, late in pairwise(order)), moments


def test_whatever_is_killed_comes_back_and_nothing_is_lost(visitor: Visitor) -> None:
    before = visitor.picture()
    for name in ("valkey", "relay", "worker", "gateway"):
        pid = visitor.press("/kill", process=name)["pid"]
        assert pid > 0
        seen = visitor.await_picture(_has_risen(name, pid), f"{name} has a new life")
        victim = next(one for one in seen["processes"] if one["name"] == name)
        assert victim["deaths"] >= 1 and victim["back_after_ms"] is not None
    assert visitor.refused("/kill", process="init") == 404
    visitor.ask_for_a_callback()
    visitor.press("/phones/anna/answer")
    visitor.await_step("dial")
    pid = visitor.press("/kill", process="media")["pid"]
    visitor.await_picture(_has_risen("media", pid), "the media process has a new life")
    visitor.press("/phones/anna/hang-up")
    seen = visitor.await_picture(
        lambda one: one["charge"] and one["charge"]["closed"], "the end of the callback"
    )
    assert _gained(before, seen, "sms_received", "sms_handled", "sms_answered", "callbacks") == (1, 1, 1, 1)
    assert (seen["facts"]["callbacks_live"], seen["facts"]["answered_twice"]) == (0, 0)
    visitor.await_picture(lambda one: one["facts"]["faults"] == [], "the books agree")


def _has_risen(name: str, old: int) -> Callable[[Picture], bool]:
    return lambda seen: any(
        one["name"] == name and one["pid"] not in (0, old) and one["deaths"] for one in seen["processes"]
    )


def test_pictures_come_live_and_only_what_is_new(visitor: Visitor) -> None:
    stream = visitor.events(30)
    first = next(stream)
    assert {"phones", "step", "chapters", "charge", "processes", "facts"} <= first.keys()
    visitor.press("/phones/boris/sms", text="HELP")
    second = next(one for one in stream if len(one) > 1)  # what says nothing but the time is a heartbeat
    assert "processes" not in second and "now_ms" in second
    stream.close()
    visitor.await_picture(
        lambda seen: any(sms["state"] == "arrived" for sms in seen["phones"][1]["sms"]), "an answer for Boris"
    )


def test_a_phone_may_decline_and_odd_wishes_are_refused(visitor: Visitor) -> None:
    visitor.ask_for_a_callback()
    visitor.press("/phones/anna/hang-up")
    seen = visitor.await_picture(lambda one: one["charge"]["closed"], "the callback is over")
    assert seen["phones"][0]["state"] == "idle"
    assert visitor.refused("/phones/anna/press", keys="5x") == 400
    assert visitor.refused("/phones/anna/press", keys=[]) == 400
    assert visitor.refused("/phones/anna/play", tune="../../etc/passwd") == 400
    assert visitor.refused("/phones/anna/sms", text="") == 400
    assert visitor.refused("/phones/anna/sms", text="x" * 460) == 400
    assert visitor.refused("/phones/anna/sms", text="a\0b") == 400
    assert visitor.refused("/phones/zoe/sms", text="HELP") == 404
    assert visitor.refused("/phones/anna/explode") == 404
    with pytest.raises(HTTPError, match="400"):
        visitor.speak("anna", b"odd")
    visitor.press("/phones/anna/answer")  # nothing rings: nothing happens
    visitor.press("/phones/anna/sms", text="Zażółć gęślą jaźń 🙂")
    visitor.await_picture(
        lambda one: one["phones"][0]["sms"][-1]["state"] == "arrived", "an answer all the same"
    )


def test_a_killed_web_face_comes_back_with_all_it_showed(visitor: Visitor) -> None:
    visitor.ask_for_a_callback()
    visitor.press("/phones/anna/answer")
    visitor.await_step("dial")
    visitor.press("/phones/anna/play", tune="ode")
    visitor.press("/phones/boris/sms", text="🙂" * 100)  # more than one SMS holds
    visitor.await_picture(
        lambda seen: seen["phones"][1]["sms"] and seen["phones"][1]["sms"][-1]["state"] == "arrived",
        "an answer for Boris",
    )
    before = visitor.phone("anna")
    visitor.kill_the_web_face()
    after = visitor.await_picture(
        lambda seen: len(seen["phones"][0]["sms"]) == len(before["sms"]), "every SMS is there again"
    )["phones"][0]
    assert (after["state"], after["since_ms"], after["tune"]) == ("in-call", before["since_ms"], "ode")
    assert [(sms["sent"], sms["at_ms"]) for sms in after["sms"] if not sms["sent"]] == [
        (sms["sent"], sms["at_ms"]) for sms in before["sms"] if not sms["sent"]
    ]
    assert not any(cast.PASSWORD in sms["text"] for sms in after["sms"])
    visitor.press("/phones/anna/hang-up")


def test_the_demos_people_sign_in_without_typing(visitor: Visitor) -> None:
    visitor = visitor.another()  # signing in makes the tokens of before worthless
    token = json.loads(visitor.get("/token"))["token"]
    with visitor.open("/sign-in/subscriber", f"csrf_token={token}".encode()) as answer:
        assert answer.url == visitor.page.removesuffix("/demo") + "/"
        assert cast.LOGIN in answer.read().decode()
    token = json.loads(visitor.get("/token"))["token"]
    with visitor.open("/sign-in/operator", f"csrf_token={token}".encode()) as answer:
        assert answer.url.endswith("/operator/")
    code = json.loads(visitor.get("/operator"))
    assert len(code["code"]) == 6 and 0 < code["code_left_s"] <= 30


def test_no_other_name_of_this_machine_opens_the_page(visitor: Visitor) -> None:
    """A page of a foreign site whose name leads here (DNS rebinding) gets nothing."""
    page = visitor.page
    for name in ("demo.example.net", "127.0.0.1.example.net", "[::ffff:127.0.0.1]"):
        request = urllib.request.Request(f"{page}/picture", headers={"Host": name})
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code in (400, 404)
        refused.value.close()


def test_the_address_of_the_page_is_the_first_thing_said(capsys: pytest.CaptureFixture[str]) -> None:
    show = PaperPage()
    with show:
        show.tell(
            Opened(
                directory="/d", config="/d/r.toml", log="/d/demo.log", smsc="127.0.0.1:29999",
                carrier="127.0.0.1:29998", sip="127.0.0.1:29997", pids={}, took_ms=1,
                web="http://127.0.0.1:8080/demo",
            )
        )  # fmt: skip
    title, first, *rest = capsys.readouterr().out.splitlines()
    assert "a simulation" in title.lower()
    assert first.strip() == "the page: http://127.0.0.1:8080/demo"
    assert max(map(len, (title, first, *rest))) < 80, "a small terminal breaks no address"
