"""Rows that the store's tests begin with: an account with money, a request, its legs."""

from itertools import count

from sqlmodel import Session

from callback.core.ids import leg_id
from callback.core.rating import Rate
from callback.store import accounts, ledger
from callback.store.models import Account, Cdr, Leg, Request

START_MS = 1_780_000_000_000
PHONE = "+48600316058"
FRIEND = "+48221234567"
RATE = Rate("48", "both", connect_micro=0, minute_micro=60_000, first_s=60, next_s=6)

_serial = count(1)


def serial(kind: str) -> str:
    return f"{kind}{next(_serial):06d}"


def new_account(
    session: Session, login: str = "alice", money_micro: int = 0, credit_micro: int = 0
) -> Account:
    account = Account(
        id=serial("account"), login=login, password_hash="", country="PL", currency="EUR",
        created_at_ms=START_MS,
    )  # fmt: skip
    assert accounts.add_account(session, account, credit_limit_micro=credit_micro)
    if money_micro:
        assert ledger.top_up(session, serial("t"), account.id, money_micro, author="test", at_ms=START_MS)
    return account


def new_wish(
    account: Account, number: str = PHONE, destination: str | None = None, source: str = ""
) -> Request:
    request_id = serial("request")
    return Request(
        id=request_id, source_key=source or f"sms:{request_id}", account_id=account.id, trigger="sms",
        ani=number, number_a=number, destination=destination, cli=FRIEND, deck_id="deck1",
        due_at_ms=START_MS, created_at_ms=START_MS,
    )  # fmt: skip


def new_leg(request: Request, role: str = "A", attempt: int = 1) -> Leg:
    assert request.node is not None and request.epoch is not None
    return Leg(
        id=leg_id(request.id, role, attempt), request_id=request.id, role=role, attempt=attempt,
        number=request.number_a, callee="48600316058", cli=request.cli, trunk="main",
        next_hop="127.0.0.1:5060", node=request.node, epoch=request.epoch, rate=RATE.to_json(),
        dialled_at_ms=START_MS,
    )  # fmt: skip


def new_cdr(leg: Leg, account: Account, cost_micro: int, answered_at_ms: int | None) -> Cdr:
    return Cdr(
        leg_id=leg.id, request_id=leg.request_id, account_id=account.id, role=leg.role, attempt=leg.attempt,
        number=leg.number, cli=leg.cli, trunk=leg.trunk, dialled_at_ms=leg.dialled_at_ms,
        answered_at_ms=answered_at_ms, ended_at_ms=START_MS + 60_000, duration_ms=60_000, billed_s=60,
        disposition="answered" if answered_at_ms else "busy", cause="hangup", blame="customer",
        cost_micro=cost_micro, currency=account.currency,
    )  # fmt: skip
