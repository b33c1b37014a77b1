"""A callback as its caller lived it: each script of a session becomes the moments of its story."""

import json
from typing import Any

import pytest

from callback.core.causes import Cause
from callback.core.events import (
    Authorise,
    CallRefused,
    DigitPressed,
    Effect,
    Event,
    LegAnswered,
    LegName,
    Play,
    PlayEnded,
)
from callback.core.outcomes import Reason
from callback.core.rating import Rate, billed_s, cost
from callback.core.replay import encode
from callback.store.models import Cdr, Leg, Request
from callback.store.trace import Line
from callback.timeline import Kind, Moment, charges, sounds, timeline

BORN_MS = 1_790_000_000_000
ME, THEM = "+48600316058", "+48221234567"
RATE = Rate("48", "both", connect_micro=50_000, minute_micro=600_000, first_s=60, next_s=6)
A, B = LegName("A", 1), LegName("B", 1)


def request(**values: Any) -> Request:
    wish = {
        "id": "r1", "source_key": "web:1", "account_id": "a1", "trigger": "web", "ani": "", "number_a": ME,
        "destination": None, "cli": THEM, "deck_id": "d", "due_at_ms": BORN_MS, "created_at_ms": BORN_MS,
        "outcome": "", "ended_at_ms": None,
    }  # fmt: skip
    return Request(**{**wish, **values})


def leg(
    role: str,
    dialled: int,
    ringing: int | None = None,
    answered: int | None = None,
    ended: int | None = None,
    cause: Cause = Cause.HANGUP,
    **values: Any,
) -> tuple[Leg, Cdr]:
    """A leg and its record; instants in ms since the wish."""

    def at(ms: int | None) -> int | None:
        return None if ms is None else BORN_MS + ms

    number, id_ = (ME if role == "A" else THEM), f"r1-{role.lower()}1"
    lasted_ms = (ended or dialled) - answered if answered is not None else 0
    made = Leg(
        id=id_, request_id="r1", role=role, attempt=1, number=number, callee=number[1:], cli=THEM,
        trunk="main", next_hop="127.0.0.1:5060", node="n", epoch=1, rate=RATE.to_json(),
        dialled_at_ms=BORN_MS + dialled, ringing_at_ms=at(ringing), answered_at_ms=at(answered),
    )  # fmt: skip
    record = {
        "leg_id": id_, "request_id": "r1", "account_id": "a1", "role": role, "attempt": 1, "number": number,
        "cli": THEM, "trunk": "main", "dialled_at_ms": BORN_MS + dialled, "answered_at_ms": at(answered),
        "ended_at_ms": at(ended) or 0, "duration_ms": lasted_ms, "billed_s": billed_s(RATE, lasted_ms),
        "disposition": "answered", "cause": cause.value, "blame": "customer", "quality": "{}",
        "cost_micro": cost(RATE, lasted_ms), "currency": "EUR", **values,
    }  # fmt: skip
    return made, Cdr(**record)


def step(at_ms: int, event: Event, *effects: Effect) -> Line:
    return Line("r1", BORN_MS + at_ms, "x>y", encode(event), f"[{','.join(map(encode, effects))}]")


def told(moments: list[Moment]) -> list[tuple[int, str]]:
    return [(moment.since_ms, moment.kind.value) for moment in moments]


def test_a_call_to_a_number_wished_for() -> None:
    a, cdr_a = leg("A", 30, 900, 4_000, 70_000, Cause.CLEARED)
    b, cdr_b = leg("B", 4_100, 5_000, 9_000, 69_900)
    whole = request(destination=THEM, outcome="talked", ended_at_ms=BORN_MS + 70_010)
    connecting = step(4_001, LegAnswered(A), Authorise(THEM, 1), Play(1, ("connecting",)))
    moments = timeline(whole, [a, b], [connecting], [cdr_a, cdr_b])
    assert told(moments) == [
        (0, "asked"),
        (30, "calling-you"),
        (900, "your-phone-rings"),
        (4_000, "you-answered"),
        (4_100, "calling-them"),
        (5_000, "their-phone-rings"),
        (9_000, "they-answered"),
        (69_900, "they-left"),
        (70_000, "you-left"),
        (70_010, "over"),
    ]
    assert (moments[0].number, moments[0].detail) == (THEM, "web")
    assert (moments[-3].detail, moments[-3].lasted_ms) == ("hangup", 60_900)


def test_what_ended_both_phones_is_told_once() -> None:
    a, cdr_a = leg("A", 30, 900, 4_000, 70_001, Cause.CUSTOMER_WISH)
    b, cdr_b = leg("B", 4_100, 5_000, 9_000, 70_000, Cause.CUSTOMER_WISH)
    moments = timeline(request(destination=THEM), [a, b], [], [cdr_a, cdr_b])
    assert [(moment.kind, moment.detail) for moment in moments[-2:]] == [
        (Kind.THEY_LEFT, Cause.CUSTOMER_WISH),
        (Kind.YOU_LEFT, Cause.CLEARED),
    ]


def test_a_number_dialled_by_keypad_is_told_with_what_was_asked_and_refused() -> None:
    a, cdr_a = leg("A", 30, None, 4_000, 40_000)
    steps = [
        step(4_001, LegAnswered(A), Play(1, ("enter_number",))),
        step(9_000, DigitPressed(A, "#"), Authorise("0900123", 1)),
        step(9_050, CallRefused(Reason.PREMIUM_NUMBER, 1), Play(2, ("not_allowed", "another_number"))),
        step(12_000, PlayEnded(9), Play(3, ("tone:warning",))),
    ]
    moments = timeline(request(), [a], steps, [cdr_a])
    assert told(moments)[2:] == [
        (4_000, "you-answered"),
        (4_001, "asked-for-number"),
        (9_000, "you-dialled"),
        (9_050, "refused"),
        (9_050, "asked-for-number"),
        (12_000, "warned"),
        (40_000, "you-left"),
    ]
    dialled, refused = (
        next(m for m in moments if m.kind is kind) for kind in (Kind.YOU_DIALLED, Kind.REFUSED)
    )
    assert (dialled.number, refused.detail) == ("0900123", "premium-number")


def test_a_code_call_is_told_without_the_code() -> None:
    a, cdr_a = leg("A", 30, None, 4_000, 20_000, Cause.CLEARED)
    steps = [
        step(4_001, LegAnswered(A), Play(1, ("confirm_code",))),
        step(6_000, DigitPressed(A, "1"), Play(2, ("your_code_is", "code:1", "code:2"))),
    ]
    moments = timeline(request(purpose="code"), [a], steps, [cdr_a])
    assert told(moments)[3:5] == [(4_001, "asked-for-key"), (6_000, "code-read")]


def test_a_phone_that_does_not_answer_is_told_by_its_cause() -> None:
    a, cdr_a = leg("A", 30, 900, None, 45_030, Cause.NO_ANSWER)
    assert told(timeline(request(), [a], [], [cdr_a]))[-1] == (45_030, "you-did-not")
    b, cdr_b = leg("B", 5_000, None, None, 6_000, Cause.BUSY)
    (*_, last) = timeline(request(), [b], [], [cdr_b])
    assert (last.kind, last.detail) == (Kind.THEY_DID_NOT, "busy")


def test_a_call_under_way_has_no_end_yet() -> None:
    a, _ = leg("A", 30, 900, 4_000)
    assert told(timeline(request(), [a], [], []))[-1] == (4_000, "you-answered")
    assert charges([a], []) == []


@pytest.mark.parametrize(
    ("lasted_ms", "billed", "further", "time_micro"),
    [(1, 60, 0, 600_000), (60_000, 60, 0, 600_000), (60_001, 66, 1, 660_000), (125_000, 126, 11, 1_260_000)],
)
def test_a_charge_is_its_fee_and_its_increments(
    lasted_ms: int, billed: int, further: int, time_micro: int
) -> None:
    a, cdr = leg("A", 0, None, 1_000, 1_000 + lasted_ms)
    (charge,) = charges([a], [cdr])
    assert (charge.billed_s, charge.further, charge.time_micro) == (billed, further, time_micro)
    assert charge.rate.first_s + charge.further * charge.rate.next_s == charge.billed_s
    assert charge.connect_micro + charge.time_micro == charge.cost_micro
    assert charge.spared_micro == 0


def test_a_charge_says_what_was_not_charged() -> None:
    a, cdr = leg("A", 0, None, 0, 60_000, cost_micro=400_000)
    (charge,) = charges([a], [cdr])
    assert charge.spared_micro == 250_000


def test_an_answer_without_time_costs_nothing() -> None:
    a, cdr = leg("A", 0, None, 1_000, 1_000)
    (charge,) = charges([a], [cdr])
    assert (charge.connect_micro, charge.time_micro, charge.further, charge.spared_micro) == (0, 0, 0, 0)


def test_an_unanswered_leg_is_no_charge() -> None:
    a, cdr = leg("A", 0, 1, None, 60_000, Cause.BUSY)
    assert charges([a], [cdr]) == []
    assert sounds([cdr]) == []


@pytest.mark.parametrize(
    ("counted", "grade"),
    [
        ({"rx": 3000.0, "lost": 0.0, "jitter_ms": 1.0}, "good"),
        ({"rx": 970.0, "lost": 30.0, "jitter_ms": 1.0}, "fair"),
        ({"rx": 3000.0, "lost": -2.0, "jitter_ms": 50.0}, "fair"),  # repeated packets count below zero
        ({"rx": 900.0, "lost": 100.0, "jitter_ms": 1.0}, "poor"),
        ({"rx": 900.0}, "good"),
    ],
)
def test_sound_is_graded_as_ears_find_it(counted: dict[str, float], grade: str) -> None:
    _, cdr = leg("A", 0, None, 1, 2, quality=json.dumps(counted))
    (sound,) = sounds([cdr])
    assert sound.grade == grade


def test_no_packets_are_no_sound_to_grade() -> None:
    _, cdr = leg("A", 0, None, 1, 2, quality='{"rx": 0.0, "lost": 0.0}')
    assert sounds([cdr]) == []
