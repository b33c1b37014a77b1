"""A timetable of enquire_link."""

from smsgw.keepalive import Action, Keepalive


def test_a_silent_link_is_asked_twice_and_closed() -> None:
    link = Keepalive(interval_ms=30_000, due_at_ms=30_000)
    timetable = []
    for now_ms in (0, 29_999, 30_000, 39_999, 40_000, 49_999, 50_000):
        link, action = link.tick(now_ms)
        timetable.append((now_ms, action))
    assert timetable == [
        (0, Action.NOTHING),
        (29_999, Action.NOTHING),
        (30_000, Action.ENQUIRE),
        (39_999, Action.NOTHING),
        (40_000, Action.ENQUIRE),
        (49_999, Action.NOTHING),
        (50_000, Action.CLOSE),
    ]


def test_anything_heard_starts_the_interval_again() -> None:
    link, _ = Keepalive(30_000, 30_000).tick(30_000)
    link = link.heard(31_000)
    assert link.tick(60_999) == (link, Action.NOTHING)
    assert link.tick(61_000)[1] is Action.ENQUIRE


def test_a_short_interval_shortens_the_wait_for_the_answer() -> None:
    link, _ = Keepalive(2_000, 2_000).tick(2_000)
    assert link.due_at_ms == 4_000
