"""A database as it is after years: many accounts, many calls, made fast and alike each time.

Every call has a leg A and a leg B with their records; one account, the first, makes a fifth of all calls.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from callback.core.ids import leg_id, new_id
from callback.core.rating import Rate, billed_s, cost
from callback.store import accounts, ledger
from callback.store.db import Store
from callback.store.models import Account, Cdr, Leg, Request
from callback.store.rows import insert_values

BORN_MS = 1_780_000_000_000
APART_MS = 600_000  # between two calls: 50,000 of them are a year
RATE = Rate("48", "both", connect_micro=20_000, minute_micro=60_000, first_s=60, next_s=6)
_GROUP = 2000


def fill(store: Store, calls: int, clients: int = 200, born_ms: int = BORN_MS) -> list[str]:
    """Store so many calls of so many accounts; the accounts' ids, the busiest first."""
    with store.write() as session:
        ids = [_client(session, number) for number in range(clients)]
    add_calls(store, ids, calls, born_ms)
    return ids


def add_calls(store: Store, ids: Sequence[str], calls: int, born_ms: int, first: int = 0) -> None:
    """Store calls of these accounts, beginning with the `first` after (or before) the start of time."""
    luck = random.Random(first)
    made = (_call(luck, number, ids, born_ms) for number in range(first, first + calls))
    while group := list(islice(made, _GROUP)):
        with store.write() as session:
            insert_values(session, Request, [request for request, _, _ in group])
            insert_values(session, Leg, [leg for _, legs, _ in group for leg in legs])
            insert_values(session, Cdr, [cdr for _, _, cdrs in group for cdr in cdrs])


def phone_of(client: int) -> str:
    return f"+4860{client:07}"


def _client(session: Any, number: int) -> str:
    account = Account(
        id=f"client{number:05}", login=f"client{number}", password_hash="", country="PL", currency="EUR",
        created_at_ms=BORN_MS,
    )  # fmt: skip
    assert accounts.add_account(session, account, credit_limit_micro=0)
    assert ledger.top_up(session, f"t{number}", account.id, 10**9, author="test", at_ms=BORN_MS)
    return account.id


def _call(
    luck: random.Random, number: int, ids: Sequence[str], born_ms: int
) -> tuple[dict[str, Any], list[Any], list[Any]]:
    client = 0 if number % 5 == 0 else luck.randrange(len(ids))
    at_ms = born_ms + number * APART_MS
    id_ = new_id(at_ms, luck.randbytes(7))
    phone, friend = phone_of(client), f"+4822{luck.randrange(3000):07}"
    talked_ms = luck.choice((0, 0, 4_321, 65_000, 120_500, 611_000))
    ended_at_ms = at_ms + 20_000 + talked_ms
    request = {
        "id": id_, "source_key": f"web:{number}", "account_id": ids[client], "purpose": "callback",
        "trigger": "web" if number % 3 else "sms", "ani": "", "dnis": "", "number_a": phone,
        "destination": friend, "cli": "+48221234567", "deck_id": "deck1", "state": "done", "attempt": 1,
        "due_at_ms": at_ms, "created_at_ms": at_ms, "claimed_at_ms": at_ms + 9, "ended_at_ms": ended_at_ms,
        "node": "dialer@here", "epoch": 1, "outcome": "talked" if talked_ms else "not-connected",
        "recovered": 0, "version": 5,
    }  # fmt: skip
    a = list(_leg(request, "A", phone, at_ms + 20, 4_000, ended_at_ms))
    b = list(_leg(request, "B", friend, at_ms + 9_000, 11_000, ended_at_ms - 5, talked_ms > 0))
    return request, [a[0], b[0]], [a[1], b[1]]


def _leg(
    request: dict[str, Any],
    role: str,
    number: str,
    dialled_at_ms: int,
    rings_ms: int,
    ended_at_ms: int,
    answered: bool = True,
) -> Iterator[dict[str, Any]]:
    answered_at_ms = dialled_at_ms + rings_ms if answered else None
    lasted_ms = ended_at_ms - answered_at_ms if answered_at_ms is not None else 0
    instants = {
        "dialled_at_ms": dialled_at_ms, "ringing_at_ms": dialled_at_ms + 800,
        "answered_at_ms": answered_at_ms, "ended_at_ms": ended_at_ms,
    }  # fmt: skip
    of_both = {
        "request_id": request["id"], "role": role, "attempt": 1, "number": number, "cli": request["cli"],
        "trunk": "carrier", **instants,
    }  # fmt: skip
    id_ = leg_id(request["id"], role, 1)
    yield {
        "id": id_, **of_both, "callee": number[1:], "next_hop": "127.0.0.1:5060", "node": "dialer@here",
        "epoch": 1, "state": "ended", "rate": RATE.to_json(), "trying_at_ms": dialled_at_ms + 5,
        "dialog": None, "cleared": True,
    }  # fmt: skip
    yield {
        "leg_id": id_, "account_id": request["account_id"], **of_both, "pdd_ms": 795,
        "duration_ms": lasted_ms, "billed_s": billed_s(RATE, lasted_ms),
        "disposition": "answered" if answered else "busy", "cause": "hangup" if answered else "busy",
        "blame": "customer" if answered else "destination",
        "sip_status": 0 if answered else 486, "cost_micro": cost(RATE, lasted_ms), "currency": "EUR",
        "quality": '{"jitter_ms": 1.5, "lost": 3, "rx": 3000}',
    }  # fmt: skip
