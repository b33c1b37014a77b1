"""Anna's page as the desk of numbers sees it: she wants a code, and types it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlmodel import Session

from callback.config import Link
from callback.core.outcomes import Refused
from callback.core.sms import ReplyKind
from callback.intake import Accepted
from callback.store import accounts, ledger, requests
from callback.store.accounts import Pending, Verified
from callback.store.models import Account
from tests.intake.desk import Desk
from tests.intake.desk import desk as plain_desk

PHONE = "+48600316059"
BERLIN = "+493012345678"
HOME = "192.0.2.7"
T = TypeVar("T")


@contextmanager
def desk(links: bool = True, **furniture: bool | str) -> Iterator[Desk]:
    one = Link(name="carrier", host="127.0.0.1", system_id="us", sender="+48221111111")
    other = Link(name="other", host="127.0.0.1", system_id="us")
    with plain_desk(links=(one, other) if links else (), **furniture) as here:  # type: ignore[arg-type]  # as named
        here.account()
        yield here


def at(here: Desk, login: str, do: Callable[[Session, Account], T]) -> T:
    with here.store.write() as session:
        return do(session, accounts.get_account(session, f"id-{login}"))


def send(
    here: Desk, number: str = PHONE, key: str = "k1", login: str = "anna"
) -> Pending | Verified | Refused:
    return at(here, login, lambda s, account: here.numbers.send_code_sms(s, account, number, HOME, key))


def call(
    here: Desk, number: str = PHONE, key: str = "k1", login: str = "anna"
) -> Accepted | Verified | Refused:
    return at(here, login, lambda s, account: here.numbers.call_with_code(s, account, number, HOME, key))


def confirm(here: Desk, code: str, number: str = PHONE, login: str = "anna") -> Verified | Refused:
    return at(here, login, lambda s, account: here.numbers.confirm(s, account, number, code))


def code_sent(here: Desk) -> str:
    *_, last = [sms for sms in here.outbox() if sms.kind == ReplyKind.CODE_SMS]
    return here.seal.reveal(json.loads(last.params)["code"])


def code_read(here: Desk) -> str:
    (request,) = here.requests()
    assert request.code_sealed is not None
    return here.seal.reveal(request.code_sealed)


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def end(here: Desk, request_id: str) -> None:
    """As if its call was over."""
    with here.store.write() as session:
        assert requests.cancel_queued(session, request_id, "cancelled", "cancelled", 0)
        ledger.release(session, request_id, 0)
