"""`ringback rates import|show`: what a minute costs."""

from pathlib import Path
from typing import Annotated

import typer

from callback.clock import Clock
from callback.core.deck import FaultyDeck
from callback.core.money import format_money
from callback.core.numbers import parse_number
from callback.core.outcomes import Refused
from callback.core.rating import Rate, RateRole
from callback.store import rates
from ringback.opening import open_config, open_store
from ringback.terminal import (
    FAILED,
    AsJson,
    Commands,
    ConfigPath,
    complain,
    give_up,
    say,
    show_json,
    show_table,
)

app = typer.Typer(
    cls=Commands, help="Rate decks: what a minute costs.", no_args_is_help=True, add_completion=False
)

_ROLES: tuple[RateRole, ...] = ("A", "B")


@app.command(name="import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV: prefix, role, connect_fee, first, next, price_per_minute.")
    ],
    name: Annotated[str, typer.Option("--name", help="What to call the deck. (Default: the file's.)")] = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Import a deck, whole or not at all, and make it the one that prices new calls."""
    settings = open_config(config)
    store, clock = open_store(settings), Clock()
    currency = settings.service.currency
    try:
        deck = rates.import_deck(
            store, file, name or file.stem, currency, deck_id=clock.new_id(), now_ms=clock.now_ms()
        )
    except OSError as error:
        give_up(f"{file}: {error.strerror}")
    if isinstance(deck, FaultyDeck):
        _refuse(file, deck, as_json)
        raise typer.Exit(FAILED)
    if as_json:
        show_json({"deck": deck.id, "name": deck.name, "currency": deck.currency, "rows": deck.rows})
    else:
        say(f"deck {deck.name}: {deck.rows} rows, active for calls in {deck.currency}")


def _refuse(file: Path, deck: FaultyDeck, as_json: bool) -> None:
    if as_json:
        show_json({"error": f"{file}: not imported", "faults": deck.faults})
        return
    for fault in deck.faults:
        complain(f"{file}: {fault}")
    complain(f"{file}: nothing was imported; the active deck stays as it is")


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="Price this number; without it, list the deck.")] = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Show what a number costs as leg A (the customer) and leg B (the destination)."""
    settings = open_config(config)
    store = open_store(settings)
    currency = settings.service.currency
    with store.read() as session:
        deck = rates.active_deck(session, currency)
        if deck is None:
            give_up(f"no deck in {currency} is active; run `ringback rates import FILE`")
        if number:
            e164 = parse_number(number, settings.service.country)
            if isinstance(e164, Refused):
                give_up(f"{number}: {e164.reason}")
            found = {role: rates.find_rate(session, deck.id, e164, role) for role in _ROLES}
            rows = [(f"leg {role}", rate) for role, rate in found.items() if rate]
            title = f"{e164} in deck {deck.name}"
        else:
            rows = [(rate.role, rate) for rate in rates.rates_of(session, deck.id, limit=1000)]
            title = f"deck {deck.name}: {deck.rows} rows"
    if number and not rows:
        give_up(f"{number}: no rate in deck {deck.name}, so it is not called")
    if as_json:
        show_json(
            {
                "deck": deck.name,
                "currency": currency,
                "rates": [{"for": role, "rate": rate} for role, rate in rows],
            }
        )
        return
    columns = ("", "prefix", ">per minute", ">connect fee", "increment")
    show_table(title, columns, [_row(role, rate, currency) for role, rate in rows])


def _row(role: str, rate: Rate, currency: str) -> list[str]:
    return [
        role,
        f"+{rate.prefix}",
        format_money(rate.minute_micro, currency),
        format_money(rate.connect_micro, currency),
        f"{rate.first_s}/{rate.next_s}",
    ]
