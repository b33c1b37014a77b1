"""Claiming a request together with all that its call needs to begin: one transaction, one look."""

from dataclasses import dataclass, field

from sqlalchemy import bindparam
from sqlmodel import Session, select

from callback.core.rating import FREE, Rate
from callback.store import accounts, rates, requests
from callback.store.models import Account, Hold, Request
from callback.store.rows import figures

_ACCOUNT_AND_HOLD = select(Account.country, Account.state, Hold.held_micro).where(
    Account.id == Hold.account_id, Hold.request_id == bindparam("its_id")
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A running request that is ours, and what its account brings along."""

    request_id: str
    account_id: str
    country: str
    number_a: str
    destination: str | None
    cli: str
    deck_id: str
    rate_a: Rate
    held_micro: int
    attempt: int  # times leg A was dialled before
    node: str
    epoch: int
    reads_code: bool = False  # and calls nobody else
    code_sealed: str | None = field(default=None, repr=False)
    may_ring: bool = (
        True  # the phone is still theirs, or still waits for its code; the account is not blocked
    )


def claim(session: Session, request_id: str, node: str, epoch: int, now_ms: int) -> Claimed | None:
    """The request, running and ours; None if somebody else has it, or had it."""
    request = requests.claim_request(session, request_id, node, epoch, now_ms)
    if request is None:
        return None
    brought = figures(session, _ACCOUNT_AND_HOLD, its_id=request_id)
    reads_code = request.purpose == requests.CODE
    may_ring = brought is not None and brought.state == "active" and _is_theirs(session, request, now_ms)
    rate_a = FREE if reads_code else rates.find_rate(session, request.deck_id, request.number_a, "A")
    assert brought and rate_a, f"request {request_id} was opened without account, hold or rate"
    return Claimed(
        request_id,
        request.account_id,
        brought.country,
        request.number_a,
        request.destination,
        request.cli,
        request.deck_id,
        rate_a,
        brought.held_micro,
        request.attempt,
        node,
        epoch,
        reads_code,
        request.code_sealed if may_ring else None,
        may_ring,
    )


def _is_theirs(session: Session, request: Request, now_ms: int) -> bool:
    """What was so when the call was asked for may have changed while it waited, or over a crash."""
    if request.purpose == requests.CODE:
        return request.code_sealed is not None and accounts.awaits_code(
            session, request.account_id, request.number_a, now_ms
        )
    number = accounts.find_number(session, request.account_id, request.number_a)
    return number is not None and number.state == "verified"
