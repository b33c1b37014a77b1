"""`ringback calls`, `trace` and `reconcile`: what happened, and whether the books are right."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from sqlmodel import Session

from callback.core.money import format_money
from callback.ladder import ladder
from callback.store import accounts, cdrs, requests
from callback.store import trace as traces
from callback.store.models import Cdr, Request
from callback.store.reconcile import reconcile as faults_of
from ringback.opening import open_config, open_store
from ringback.terminal import (
    FAILED,
    AsJson,
    ConfigPath,
    complain,
    give_up,
    say,
    show_json,
    show_table,
)

_LIVE = {"queued", "running"}
_MANY = 1000  # live ones are among the newest

Limit = Annotated[int, typer.Option("--limit", min=1, max=_MANY, help="How many, the newest first.")]


def calls(
    live: Annotated[bool, typer.Option("--live", help="Only what is queued or running now.")] = False,
    account: Annotated[str, typer.Option("--account", help="Only of this login.")] = "",
    limit: Limit = 50,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """List callbacks, the newest first."""
    store = open_store(open_config(config))
    with store.read() as session:
        owner = _account_id(session, account) if account else None
        found = requests.list_requests(session, account_id=owner, limit=_MANY if live else limit)
        rows = [_row(session, one) for one in found if not live or one.state in _LIVE][:limit]
    if as_json:
        show_json(rows)
        return
    columns = (
        "request",
        "at (UTC)",
        "account",
        "leg A",
        "destination",
        "state",
        "outcome",
        ">talked",
        ">cost",
    )
    show_table("", columns, [_cells(row) for row in rows])


def trace(
    request: Annotated[str, typer.Argument(help="As `ringback calls` shows it; its first letters may do.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Show everything that happened in one callback, with milliseconds."""
    store = open_store(open_config(config))
    with store.read() as session:
        found = _find(session, request)
        legs, records = requests.legs_of(session, found.id), cdrs.cdrs_of(session, found.id)
        rungs = ladder(found, legs, traces.lines_of(session, found.id), records)
    if as_json:
        show_json(
            {"request": found.model_dump(), "ladder": rungs, "cdrs": [cdr.model_dump() for cdr in records]}
        )
        return
    rows = [(f"{rung.at_ms:,}", rung.source, rung.text) for rung in rungs]
    show_table(f"request {found.id}, {_when(found.created_at_ms)}", (">ms", "", ""), rows)
    if records:
        say(f"charged {_cost(records)} in all")


def reconcile(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Prove that transfers, balances, holds and CDRs agree; exit code 1 if one does not."""
    store = open_store(open_config(config))
    with store.read() as session:
        faults = faults_of(session)
    if as_json:
        show_json({"clean": not faults, "faults": faults})
    elif not faults:
        say("the books are right: transfers, balances, holds and call records agree")
    for fault in () if as_json else faults:
        complain(str(fault))
    if faults:
        raise typer.Exit(FAILED)


def _account_id(session: Session, login: str) -> str:
    account = accounts.find_account(session, login)
    if account is None:
        give_up(f"{login}: there is no such account")
    return account.id


def _find(session: Session, name: str) -> Request:
    exact = requests.find_request(session, name)
    if exact:
        return exact
    near = [one for one in requests.list_requests(session, limit=_MANY) if one.id.startswith(name)]
    if len(near) > 1:
        give_up(f"{name}: {len(near)} requests begin so; give more letters")
    if not near:
        give_up(f"{name}: there is no such request; `ringback calls` lists them")
    return near[0]


def _row(session: Session, request: Request) -> dict[str, Any]:
    """One callback for machines; a destination dialled by keypad is the last one dialled."""
    records = cdrs.cdrs_of(session, request.id)
    legs_b = [cdr for cdr in records if cdr.role == "B"]
    return {
        "request": request.id,
        "created_at_ms": request.created_at_ms,
        "account": accounts.get_account(session, request.account_id).login,
        "number_a": request.number_a,
        "destination": request.destination or (legs_b[-1].number if legs_b else None),
        "state": request.state,
        "outcome": request.outcome,
        "talked_ms": sum(cdr.duration_ms for cdr in legs_b),
        "cost_micro": sum(cdr.cost_micro for cdr in records),
        "currency": records[0].currency if records else None,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    """The same for people."""
    return [
        row["request"],
        _when(row["created_at_ms"]),
        row["account"],
        row["number_a"],
        row["destination"] or "",
        row["state"],
        row["outcome"],
        f"{row['talked_ms'] / 1000:.0f} s" if row["talked_ms"] else "",
        format_money(row["cost_micro"], row["currency"]) if row["currency"] else "",
    ]


def _cost(records: list[Cdr]) -> str:
    return format_money(sum(cdr.cost_micro for cdr in records), records[0].currency)


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
