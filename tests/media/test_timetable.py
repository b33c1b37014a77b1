"""Appointments are kept in order, once, and not after they were called off."""

from callback.media.timetable import Timetable


def test_what_is_due_happens_in_order_and_once() -> None:
    timetable, done = Timetable(), list[str]()
    timetable.at(2.0, lambda _: done.append("late"))
    timetable.at(1.0, lambda _: done.append("first"))
    timetable.at(1.0, lambda _: done.append("second"))
    timetable.keep(0.9)
    assert done == []
    timetable.keep(1.0)
    timetable.keep(1.1)
    assert done == ["first", "second"]
    assert timetable.next_s() == 2.0


def test_what_is_called_off_does_not_happen() -> None:
    timetable, done = Timetable(), list[float]()
    timetable.at(1.0, done.append).call_off()
    assert timetable.next_s() is None
    kept = timetable.at(1.0, done.append)
    off = timetable.at(1.0, done.append)
    off.call_off()
    timetable.keep(5.0)
    kept.call_off()
    assert done == [5.0]
