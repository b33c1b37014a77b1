"""The overview's calls by the hour: every figure stands in the page, by the clock of who looks."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from callback.config import Service
from callback.core.hours import HOUR_MS
from tests.webapp import calls
from tests.webapp import desk as desks
from tests.webapp.conftest import Town
from tests.webapp.statements import MOST_A_PAGE, counted
from webapp.console.hours import DayShown, read_hours

_ROW = re.compile(
    r'<tr data-hour="([^"]+)" data-talked="(\d+)" data-other="(\d+)"><th scope="row">([^<]+)</th>'
)


def test_a_day_without_calls_is_a_sentence(town: Town) -> None:
    page = town.as_operator().get("/operator/").text
    assert "No calls ended in the last 24 hours." in page
    assert "hours-chart" not in page.replace("hours.css", "")
    assert not _ROW.findall(page)


def test_the_figures_of_the_chart_stand_in_the_page(town: Town) -> None:
    now_ms = town.desk.clock.now_ms()
    for hours_ago in (1, 1, 1, 5):
        calls.talked_call(town.desk, town.anna, at_ms=now_ms - hours_ago * HOUR_MS)
    calls.talked_call(town.desk, town.anna, at_ms=now_ms - 25 * HOUR_MS)  # too long ago
    calls.queued_call(town.desk, town.boris, "+48600316059", at_ms=now_ms)  # not over
    olga = town.as_operator()
    page = olga.get("/operator/").text
    rows = _ROW.findall(page)
    assert len(rows) == 24
    assert [(int(talked), int(other)) for _, talked, other, _ in rows if talked != "0" or other != "0"] == [
        (1, 0), (3, 0),
    ]  # fmt: skip
    busiest = f"{datetime.fromtimestamp(now_ms / 1000 - 3600, ZoneInfo('UTC')):%H}:00"
    assert f"4 calls in the last 24 hours, most at {busiest}." in page
    assert _ROW.findall(olga.get("/operator/hours").text) == rows


def test_the_part_that_changes_with_each_call_leaves_the_chart_alone(town: Town) -> None:
    olga = town.as_operator()
    with counted() as seen:
        part = olga.get("/operator/now").text
    assert '<div id="hours" data-live-keep></div>' in part
    assert not [statement for statement in seen if "AS hour" in statement]
    with counted() as seen:
        olga.get("/operator/")
    assert len([statement for statement in seen if "AS hour" in statement]) == 1
    assert len(seen) <= MOST_A_PAGE


def test_the_chart_is_drawn_on_the_overview_alone(town: Town) -> None:
    olga = town.as_operator()
    assert "vendor/uplot.js" in olga.get("/operator/").text
    assert not [
        page for page in ("calls", "clients", "links", "sms") if "uplot" in olga.get(f"/operator/{page}").text
    ]


def test_the_chart_is_an_operators(town: Town) -> None:
    assert town.as_anna().get("/operator/hours").status_code == 404
    assert town.stranger().get("/operator/hours").status_code in {303, 401}


def told(zone: str, year: int, month: int, day: int, hour: int) -> DayShown:
    """What somebody of this zone is shown a little after that hour struck."""
    now = datetime(year, month, day, hour, 47, 12, tzinfo=ZoneInfo(zone))
    with (
        desks.desk(service=Service(country="PL", time_zone=zone)) as here,
        here.app.test_request_context(),
        here.store.read() as session,
    ):
        return read_hours(session, int(now.timestamp()) * 1000)


def test_the_night_that_summer_time_ends_has_an_hour_twice() -> None:
    shown = told("Europe/Warsaw", 2026, 10, 25, 12)
    names = [hour.clock for hour in shown.hours]
    assert names[10:15] == ["00:00", "01:00", "02:00 CEST", "02:00 CET", "03:00"]
    assert (names[0], names[-1], len(set(names))) == ("14:00", "12:00", 24)
    assert [hour.day for hour in shown.hours if hour.day] == ["24 Oct 2026", "25 Oct 2026"]


def test_the_night_that_summer_time_begins_lacks_an_hour() -> None:
    names = [hour.clock for hour in told("Europe/Warsaw", 2026, 3, 29, 12).hours]
    assert (names[0], names[-1], len(set(names))) == ("12:00 CET", "12:00 CEST", 24)
    assert "01:00" in names
    assert "02:00" not in names


def test_hours_begin_by_a_clock_that_is_half_an_hour_apart() -> None:
    shown = told("Asia/Kolkata", 2026, 11, 22, 18)
    assert {hour.clock[2:] for hour in shown.hours} == {":00"}
    assert shown.hours[-1].clock == "18:00"
