"""The history page: what was asked stands in the address, and a call is told as its caller lived it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from callback.store import ledger
from tests.store.test_indexes import watched
from tests.webapp import desk as desks
from tests.webapp.calls import queued_call, talked_call
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS, Desk

NOON_MS = 1_795_348_800_000  # 2026-11-22 12:00 UTC
DAY_MS = 86_400_000


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    """What is read on the page, without its tags."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main))).replace("\u00a0", " ")


def calls(client: FlaskClient, address: str) -> list[str]:
    """The ids of the calls it lists."""
    return re.findall(r'href="/history/([0-9a-z]{20})"', client.get(address).text)


def test_who_never_called_is_told_how_to(town: Town) -> None:
    page = town.as_anna().get("/history").text
    assert "You have not asked for a call yet." in page
    assert "U.anna P." in page
    assert "export.csv" not in page


def test_a_call_is_listed_with_its_time_and_cost(town: Town) -> None:
    call = talked_call(town.desk, town.anna)
    anna = town.as_anna()
    assert calls(anna, "/history") == [call]
    page = text(anna, "/history")
    assert "+49 30 12345678 +48 600 316 058" in page
    assert "Talked 1:05" in page
    assert "€1.54" in page


def test_calls_of_another_account_do_not_exist(town: Town) -> None:
    his = talked_call(town.desk, town.boris, BORIS)
    anna = town.as_anna()
    assert calls(anna, "/history") == []
    assert anna.get(f"/history/{his}").status_code == 404
    assert anna.get("/history/0000").status_code == 404
    assert town.as_operator().get("/history").status_code == 404
    assert (
        town.stranger()
        .get("/history?from=2026-01-01")
        .headers["Location"]
        .endswith("/sign-in?next=/history?from%3D2026-01-01")
    )


@pytest.fixture
def warsaw() -> Iterator[Desk]:
    with desks.desk() as here:
        account = here.account("anna", time_zone="Europe/Warsaw", locale="pl")
        here.phone(account, ANNA)
        yield here


def test_a_day_is_a_day_of_the_reader(warsaw: Desk) -> None:
    """23:30 UTC is half past midnight of the next day in Warsaw."""
    late = talked_call(warsaw, "id-anna", at_ms=NOON_MS + 41_400_000)
    client = warsaw.client()
    warsaw.sign_in(client, "anna")
    assert calls(client, "/history?from=2026-11-23") == [late]
    assert calls(client, "/history?to=2026-11-22") == []
    assert calls(client, "/history?from=2026-11-23&to=2026-11-23") == [late]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("number=600316058", True),
        ("number=%2B4930", True),
        ("number=0049 30", True),
        ("number=601", False),
        ("result=talked", True),
        ("result=failed", False),
        ("from=&to=&number=&result=", True),
        ("before=%27;drop", True),
        ("unknown=1", True),
    ],
)
def test_the_address_says_which_calls(town: Town, query: str, is_found: bool) -> None:
    call = talked_call(town.desk, town.anna)
    anna = town.as_anna()
    assert calls(anna, f"/history?{query}") == ([call] if is_found else [])
    if not is_found:
        assert "No call matches." in text(anna, f"/history?{query}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "Write the day like 2026-11-22."),
        ("from=2026-02-30", "There is no such day."),
        ("to=0001-01-01", "Write the day like 2026-11-22."),
        ("to=9999-12-31", "Write the day like 2026-11-22."),
        ("to=٢٠٢٦-11-22", "Write the day like 2026-11-22."),
        ("from=2026-11-22&to=2026-11-21", "This day is before the first one."),
        ("number=anna", "Write digits, such as 600 316 058 or +48 600."),
        ("number=" + "1" * 5000, "Write digits, such as 600 316 058 or +48 600."),
        ("number=%00", "Write digits, such as 600 316 058 or +48 600."),
        ("number=%ED%A0%80", "Write digits, such as 600 316 058 or +48 600."),
        ("result=fine", "There is no such result. Choose one from the list."),
    ],
)
def test_a_filter_not_understood_is_named_and_shows_nothing(town: Town, query: str, words: str) -> None:
    talked_call(town.desk, town.anna)
    anna = town.as_anna()
    page = text(anna, f"/history?{query}", 400)
    assert words in page
    assert "Talked 1:05" not in page
    assert anna.get(f"/history/export.csv?{query}").status_code == 303
    assert anna.get(f"/history/export.xlsx?{query}", follow_redirects=True).status_code == 400


def test_what_was_typed_is_kept_harmlessly(town: Town) -> None:
    page = town.as_anna().get('/history?number="><script>alert(1)</script>').text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_pages_lead_to_the_oldest_call_and_back(town: Town) -> None:
    with town.desk.store.write() as session:
        ledger.top_up(session, "more", town.anna, 100_000_000, author="test", at_ms=0)
    made = [talked_call(town.desk, town.anna, at_ms=NOON_MS + nth * 1000) for nth in range(27)][::-1]
    anna = town.as_anna()
    first = anna.get("/history?result=talked").text
    assert calls(anna, "/history?result=talked") == made[:25]
    older = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])  # type: ignore[index]  # it is there
    assert "result=talked" in older
    assert calls(anna, older) == made[25:]
    newer = unescape(re.search(r'rel="prev" href="([^"]+)"', anna.get(older).text)[1])  # type: ignore[index]
    assert calls(anna, newer) == made[:25]
    assert "Calls 27" in text(anna, older)


def test_beyond_either_end_there_is_the_newest_page(town: Town) -> None:
    call = talked_call(town.desk, town.anna)
    anna = town.as_anna()
    for end in ("before", "after"):
        answer = anna.get(f"/history?{end}={call}&result=talked")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/history?result=talked")


def test_a_call_is_told_from_the_wish_to_the_charge(town: Town) -> None:
    call = talked_call(town.desk, town.anna)
    page = text(town.as_anna(), f"/history/{call}")
    story = [
        "0 ms You asked for a call on this site",
        "900 ms Your phone rings",
        "4,000 ms You answered",
        "4,001 ms We asked whom to call",
        "4,900 ms You dialled",
        "6,000 ms It rings there",
        "9,000 ms They answered",
        "74,000 ms They hung up 1:05 with +49 30 12345678",
        "80,000 ms You hung up 1:16 in all",
    ]
    places = [page.find(words) for words in story]
    assert -1 not in places, page
    assert places == sorted(places)
    assert "Connection fee €0.05 78 s (60 + 3 × 6 s) × €0.60 a minute €0.78" in page
    assert "The first 60 seconds are billed whole, then every started 6 seconds." in page
    assert "In all €1.54" in page
    assert "good 3 of 3,003 packets lost, jitter 1.2 ms" in page
    assert "127.0.0.1" not in page, "where carriers are is for operators"


def test_a_call_not_over_leads_to_its_live_page(town: Town) -> None:
    call = queued_call(town.desk, town.anna)
    page = town.as_anna().get(f"/history/{call}").text
    assert f'href="/calls/{call}"' in page
    assert "The call is not over yet." in page


def test_a_page_asks_the_database_little(town: Town) -> None:
    call = talked_call(town.desk, town.anna)
    anna = town.as_anna()
    for address in ("/history", "/history?number=600&result=talked", f"/history/{call}"):
        with watched() as seen:
            assert anna.get(address).status_code == 200
        assert len(seen) <= 10, address


def test_the_filter_is_folded_unless_it_is_set_or_faulty(town: Town) -> None:
    talked_call(town.desk, town.anna)
    anna, opened = town.as_anna(), '<details class="filter-fold" open>'
    assert '<details class="filter-fold">' in anna.get("/history").text
    for asked in ("?result=talked", "?from=yesterday"):
        assert opened in anna.get(f"/history{asked}").text
