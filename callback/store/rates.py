"""Rate decks: imported whole or not at all, exchanged in one instant, asked by longest prefix."""

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import String, bindparam, case, func, update
from sqlmodel import Session, col, select

from callback.core.deck import DeckFault, FaultyDeck, parse_deck
from callback.core.rating import Rate, RateRole
from callback.store.db import Store
from callback.store.models import Deck, RateRow
from callback.store.rows import changed, every, first, insert_once, insert_values

_ROLES: dict[str, RateRole] = {"A": "A", "B": "B", "both": "both"}
_BATCH = 2000  # rows a transaction: SQLite lets nobody else write meanwhile
_LONGEST = 15  # digits: ITU-T E.164 §6

_ACTIVE = select(Deck).where(Deck.currency == bindparam("currency"), Deck.state == "active")
_PREFIXES = [func.substr(bindparam("digits", type_=String), 1, length) for length in range(1, _LONGEST + 1)]
_RATE = (
    select(RateRow)
    .where(
        RateRow.deck_id == bindparam("deck_id"),
        col(RateRow.prefix).in_(_PREFIXES),
        col(RateRow.role).in_((bindparam("role"), "both")),
    )
    .order_by(func.length(RateRow.prefix).desc(), col(RateRow.role))  # "A", "B" < "both"
    .limit(1)
)


def import_deck(
    store: Store,
    path: Path,
    name: str,
    currency: str,
    *,
    deck_id: str,
    now_ms: int,
    activate: bool = True,
) -> Deck | FaultyDeck:
    """Read a CSV file (UTF-8, see `core/deck.py`) into a new deck; OSError if it cannot be read.

    Calls see the old deck until the last row is in, and the whole new one after.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            parsed = parse_deck(lines)
    except UnicodeDecodeError as error:
        return FaultyDeck((DeckFault(_line_of(path, error), "", "not UTF-8: save the file as UTF-8"),))
    if isinstance(parsed, FaultyDeck):
        return parsed
    deck = Deck(id=deck_id, name=name, currency=currency, rows=len(parsed), imported_at_ms=now_ms)
    with store.write() as session:
        assert insert_once(session, deck)
    for start in range(0, len(parsed), _BATCH):
        with store.write() as session:
            insert_values(
                session, RateRow, [_values(deck_id, rate) for rate in parsed[start : start + _BATCH]]
            )
    with store.write() as session:
        if activate:
            activate_deck(session, deck_id, currency)
        return get_deck(session, deck_id)


def activate_deck(session: Session, deck_id: str, currency: str) -> None:
    """Make this the deck of its currency and retire the one before, in one UPDATE."""
    exchange = (
        update(Deck)
        .where(col(Deck.currency) == currency, (col(Deck.state) == "active") | (col(Deck.id) == deck_id))
        .values(state=case((col(Deck.id) == deck_id, "active"), else_="retired"))
    )
    assert changed(session, exchange) >= 1, f"no deck {deck_id} in {currency}"


def active_deck(session: Session, currency: str) -> Deck | None:
    """The deck that prices new calls in this currency."""
    return first(session, _ACTIVE, currency=currency)


def get_deck(session: Session, deck_id: str) -> Deck:
    deck = first(session, select(Deck).where(Deck.id == deck_id))
    assert deck is not None, f"no deck {deck_id}"
    return deck


def list_decks(session: Session) -> list[Deck]:
    """All decks, the newest first."""
    return every(session, select(Deck).order_by(col(Deck.imported_at_ms).desc(), col(Deck.id).desc()))


def find_rate(session: Session, deck_id: str, number: str, role: RateRole) -> Rate | None:
    """The price of this E.164 number for leg "A" or "B": longest prefix, then the leg's own before `both`."""
    found = first(session, _RATE, deck_id=deck_id, digits=number.removeprefix("+"), role=role)
    return None if found is None else _rate(found)


def rates_of(session: Session, deck_id: str, *, prefix: str = "", limit: int = 100) -> list[Rate]:
    """Rates of a deck whose prefix begins so, in order of prefix."""
    query = select(RateRow).where(RateRow.deck_id == deck_id, col(RateRow.prefix).startswith(prefix))
    return [_rate(row) for row in every(session, query.order_by(RateRow.prefix, RateRow.role).limit(limit))]


def _rate(row: RateRow) -> Rate:
    return Rate(row.prefix, _ROLES[row.role], row.connect_micro, row.minute_micro, row.first_s, row.next_s)


def _values(deck_id: str, rate: Rate) -> dict[str, object]:
    return {"deck_id": deck_id, **asdict(rate)}


def _line_of(path: Path, error: UnicodeDecodeError) -> int:
    """The line of the first byte that is not UTF-8 (the decoder's own offset counts from its last block)."""
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return number
    raise error
