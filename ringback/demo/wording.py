"""How times, prices and commands are written, on the screen as on paper."""

import shlex
import shutil
import sys
from pathlib import Path

from callback.core.money import format_money
from ringback.demo import cast
from ringback.demo.news import Bill, LegCharge

BILL_COLUMNS = ("leg", "", "number", f"price in {cast.CURRENCY}", ">talked", ">billed", ">cost")


def milliseconds(value: int) -> str:
    """12497 as "12 497"."""
    return f"{value:,}".replace(",", " ")


def bill_rows(bill: Bill) -> list[tuple[str, ...]]:
    """One row for each leg, under `BILL_COLUMNS`."""
    return [_leg_row(leg, bill.currency) for leg in bill.legs]


def _leg_row(leg: LegCharge, currency: str) -> tuple[str, ...]:
    per_minute, connect = _amount(leg.minute_micro, currency), _amount(leg.connect_micro, currency)
    price = f"{connect} + {per_minute}/min, {leg.first_s}/{leg.next_s} s"
    if leg.cost_micro is None:
        return leg.role, leg.who, leg.number, price, "", "", "…"
    talked, billed = f"{leg.talked_ms / 1000:.1f} s", f"{leg.billed_s} s"
    return leg.role, leg.who, leg.number, price, talked, billed, format_money(leg.cost_micro, currency)


def bill_sums(bill: Bill) -> list[tuple[str, str]]:
    """What was moved, in its order: name and amount."""
    currency = bill.currency
    sums = [
        ("before", _amount(bill.before_micro, currency)),
        ("set aside", _amount(bill.held_micro, currency)),
        ("charged", _amount(bill.settled_micro, currency)),
        ("given back", _amount(bill.released_micro, currency)),
        ("balance", format_money(bill.balance_micro, currency)),
    ]
    return sums if bill.closed else [*sums[:2], sums[4]]


def _amount(micro: int, currency: str) -> str:
    return format_money(micro, currency).removesuffix(f" {currency}")


def things_to_try(request_id: str, config: str) -> list[tuple[str, str]]:
    """Commands that read the books of this demo, and what each shows."""
    ringback = command()
    return [
        (f"export RINGBACK_CONFIG={shlex.quote(config)}", "the books of this demo"),
        (f"{ringback} trace {request_id}", "every millisecond of this callback"),
        (f"{ringback} calls", "all callbacks"),
        (f"{ringback} account show {cast.LOGIN}", "her phones and her money"),
        (f"{ringback} rates show {cast.BORIS.number}", "what Boris costs"),
        (f"{ringback} reconcile", "are the books right?"),
    ]


def command() -> str:
    """How this program is called here."""
    called = Path(sys.argv[0])
    if called.name != "ringback":
        return "ringback"
    on_path = shutil.which("ringback")
    return "ringback" if on_path and Path(on_path).samefile(called) else shortest(str(called.absolute()))


def shortest(path: str) -> str:
    """Relative to where we are, if it is below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
