"""Rate decks: imported whole, exchanged at once, asked by longest prefix."""

from pathlib import Path

import pytest
from sqlmodel import select

from callback.core.deck import FaultyDeck
from callback.core.rating import Rate, RateRole
from callback.store import rates
from callback.store.db import Store
from callback.store.models import Deck, RateRow
from tests.store.books import START_MS

HEADER = "prefix,role,connect_fee,first,next,price_per_minute"


def import_deck(
    store: Store, tmp_path: Path, deck_id: str, *lines: str, activate: bool = True, currency: str = "EUR"
) -> Deck | FaultyDeck:
    path = tmp_path / f"{deck_id}.csv"
    path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
    return rates.import_deck(
        store, path, "test", currency, deck_id=deck_id, now_ms=START_MS, activate=activate
    )


def test_a_deck_prices_calls_from_the_moment_it_is_whole(store: Store, tmp_path: Path) -> None:
    deck = import_deck(store, tmp_path, "d1", "48,both,0,60,6,0.02", "4860,B,0.01,1,1,0.095")
    assert isinstance(deck, Deck)
    assert (deck.state, deck.rows, deck.currency) == ("active", 2, "EUR")
    with store.read() as session:
        active = rates.active_deck(session, "EUR")
        assert active is not None and active.id == "d1"
        assert rates.active_deck(session, "USD") is None
        assert rates.rates_of(session, "d1") == [
            Rate("48", "both", 0, 20_000, 60, 6),
            Rate("4860", "B", 10_000, 95_000, 1, 1),
        ]
        assert [rate.prefix for rate in rates.rates_of(session, "d1", prefix="486")] == ["4860"]


def test_a_faulty_deck_leaves_no_trace(store: Store, tmp_path: Path) -> None:
    import_deck(store, tmp_path, "d1", "48,both,0,60,6,0.02")
    refused = import_deck(store, tmp_path, "d2", "48,both,0,60,6,0.03", "49,both,0,60,6,x")
    assert isinstance(refused, FaultyDeck) and refused.faults[0].row == 3
    with store.read() as session:
        assert [deck.id for deck in rates.list_decks(session)] == ["d1"]
        assert [row.deck_id for row in session.exec(select(RateRow))] == ["d1"]


def test_a_file_that_is_not_utf8_is_refused_with_its_line(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(
        f"{HEADER},name\n48,both,0,60,6,0.02,x\n4930,both,0,60,6,0.02,M\xfcnchen\n".encode("latin-1")
    )
    refused = rates.import_deck(store, path, "latin", "EUR", deck_id="d1", now_ms=START_MS)
    assert isinstance(refused, FaultyDeck)
    assert [str(fault) for fault in refused.faults] == ["row 3: not UTF-8: save the file as UTF-8"]


def test_a_missing_file_is_the_callers_to_tell(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rates.import_deck(store, tmp_path / "no.csv", "no", "EUR", deck_id="d1", now_ms=START_MS)


def test_a_new_deck_retires_the_old_one_of_its_currency_only(store: Store, tmp_path: Path) -> None:
    import_deck(store, tmp_path, "eur1", "48,both,0,60,6,0.02")
    import_deck(store, tmp_path, "usd1", "48,both,0,60,6,0.02", currency="USD")
    import_deck(store, tmp_path, "eur2", "48,both,0,60,6,0.03")
    waiting = import_deck(store, tmp_path, "eur3", "48,both,0,60,6,0.04", activate=False)
    assert isinstance(waiting, Deck) and waiting.state == "staging"
    with store.read() as session:
        states = {deck.id: deck.state for deck in rates.list_decks(session)}
        assert states == {"eur1": "retired", "usd1": "active", "eur2": "active", "eur3": "staging"}
        old = rates.find_rate(session, "eur1", "+48600316058", "A")  # calls that began with it end with it
        assert old is not None and old.minute_micro == 20_000


def test_more_rows_than_a_transaction_may_hold_arrive_whole(store: Store, tmp_path: Path) -> None:
    deck = import_deck(
        store, tmp_path, "d1", *(f"{prefix},both,0,60,6,0.02" for prefix in range(10_000, 14_500))
    )
    assert isinstance(deck, Deck) and deck.rows == 4500
    with store.read() as session:
        assert len(session.exec(select(RateRow.id)).all()) == 4500


def test_the_longest_prefix_wins_and_then_the_legs_own_price(store: Store, tmp_path: Path) -> None:
    import_deck(
        store, tmp_path, "d1",
        "48,both,0,60,6,0.01", "48,A,0,60,6,0.02", "4860,both,0,60,6,0.03", "4860,B,0,60,6,0.04",
        "1,B,0,1,1,0.05",
    )  # fmt: skip

    def price(number: str, leg: RateRole) -> int | None:
        with store.read() as session:
            rate = rates.find_rate(session, "d1", number, leg)
        return None if rate is None else rate.minute_micro

    assert price("+48221234567", "B") == 10_000
    assert price("+48221234567", "A") == 20_000
    assert price("+48600316058", "A") == 30_000  # a longer prefix for both beats a shorter one of its own
    assert price("+48600316058", "B") == 40_000
    assert price("+12025550123", "B") == 50_000
    assert price("+12025550123", "A") is None
    assert price("+4930123456", "A") is None
    with store.read() as session:
        assert rates.find_rate(session, "no deck", "+48600316058", "A") is None
