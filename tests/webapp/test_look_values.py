"""Money, numbers, instants and durations as people read them in their language and on their clock."""

from collections.abc import Iterator

import pytest

from tests.webapp.desk import Desk
from webapp import filters
from webapp.sample_sms import register_sms
from webapp.states import state_words

AFTERNOON = 1_795_356_309_120  # 2026-11-22 14:05:09.120 UTC


@pytest.fixture(params=["en", "pl"])
def language(desk: Desk, request: pytest.FixtureRequest) -> Iterator[str]:
    with desk.app.test_request_context("/", headers={"Accept-Language": request.param}):
        yield request.param


@pytest.fixture
def english(desk: Desk) -> Iterator[None]:
    with desk.app.test_request_context("/"):
        yield


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("micro", "currency", "shown"),
    [
        (1_050_000, "EUR", {"en": "€1.05", "pl": "1,05 €"}),
        (1_000, "EUR", {"en": "€0.001", "pl": "0,001 €"}),
        (1_234_567_890_000, "PLN", {"en": "PLN 1,234,567.89", "pl": "1 234 567,89 zł"}),
        (-500_000, "EUR", {"en": "-€0.50", "pl": "-0,50 €"}),
        (1_500_000_000, "JPY", {"en": "JP¥1,500", "pl": "1 500 JPY"}),
    ],
)
def test_a_price_is_exact_to_a_hundredth_of_a_cent(
    language: str, micro: int, currency: str, shown: dict[str, str]
) -> None:
    assert plain(filters.money(micro, currency)) == shown[language]


def test_a_balance_never_promises_a_cent_that_is_not_there(english: None) -> None:
    assert filters.balance(10_459_999, "EUR") == "€10.45"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, {"en": "0 seconds", "pl": "0 sekund"}),
        (59, {"en": "59 seconds", "pl": "59 sekund"}),
        (60, {"en": "1 minute", "pl": "1 minuta"}),
        (179, {"en": "2 minutes", "pl": "2 minuty"}),
        (7199, {"en": "119 minutes", "pl": "119 minut"}),
        (7200, {"en": "2 hours", "pl": "2 godziny"}),
    ],
)
def test_talk_time_is_never_promised_longer_than_it_is(
    language: str, seconds: int, shown: dict[str, str]
) -> None:
    assert plain(filters.talk_time(seconds)) == shown[language]


def test_countries_have_names(language: str) -> None:
    assert filters.country("PL") == {"en": "Poland", "pl": "Polska"}[language]
    assert filters.country("XX") == "XX"


def test_a_number_stays_on_one_line(english: None) -> None:
    assert filters.number("+48600316058") == "+48\u00a0600\u00a0316\u00a0058"
    assert filters.number("anonymous") == "anonymous"


def test_an_instant_is_told_on_the_clock_of_the_person(desk: Desk) -> None:
    client = desk.client()
    desk.account("ola", time_zone="Asia/Kathmandu")
    desk.sign_in(client, "ola")
    cookie = client.get_cookie("ringback")
    assert cookie is not None
    with desk.app.test_request_context("/", headers={"Cookie": f"ringback={cookie.value}"}):
        shown = [filters.when(AFTERNOON), filters.day(AFTERNOON), filters.instant(AFTERNOON)]
    assert shown == ["22 Nov 2026, 19:50", "22 Nov 2026", "19:50:09.120"]


def test_months_have_the_names_of_the_language(language: str) -> None:
    assert filters.when(AFTERNOON) == {"en": "22 Nov 2026, 14:05", "pl": "22 lis 2026, 14:05"}[language]


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(0, "0:00"), (42_999, "0:42"), (725_000, "12:05"), (3_725_000, "1:02:05"), (-5, "0:00")],
)
def test_talk_time_reads_like_a_clock(ms: int, shown: str) -> None:
    assert filters.duration(ms) == shown


def test_some_time_ago_is_told_in_words(language: str) -> None:
    said = filters.ago(AFTERNOON - 3 * 60_000, AFTERNOON)
    assert said == {"en": "3 minutes ago", "pl": "3 minuty temu"}[language]


def test_machines_read_utc() -> None:
    assert filters.iso(AFTERNOON) == "2026-11-22T14:05:09.120Z"


def test_a_state_nobody_listed_is_shown_as_it_is(english: None) -> None:
    assert state_words("talking") == ("ok", "Talking")
    assert state_words("something-new") == ("plain", "something-new")


def test_what_is_billed_is_told_as_it_was_measured(language: str) -> None:
    point = {"en": ".", "pl": ","}[language]
    assert plain(filters.exactly(76_052)) == f"1 min 16{point}052 s"
    assert plain(filters.exactly(12_500)) == f"12{point}500 s"


def test_a_sample_sms_names_its_gaps_in_the_persons_language(language: str) -> None:
    shown = {"en": "U.anna P.password R.number", "pl": "U.anna P.haslo R.numer"}[language]
    assert register_sms("anna") == shown
