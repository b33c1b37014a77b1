"""What the service has written down: read from its database while it works. Changes nothing."""

from dataclasses import dataclass

from callback.store import accounts, cdrs, ledger, nodes, reports, requests, trace
from callback.store.db import Store
from callback.store.models import Cdr, Leg, Request, Transfer
from callback.store.reconcile import reconcile
from callback.store.reports import SmsSeen
from callback.store.tally import Tally, tally
from callback.store.trace import Line
from ringback.demo import cast


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is written about one callback, at one instant."""

    request: Request
    legs: tuple[Leg, ...]
    records: tuple[Cdr, ...]
    transfers: tuple[Transfer, ...]
    lines: tuple[Line, ...]
    balance_micro: int

    def moved_micro(self, kind: str) -> int:
        """The sum of its transfers of one kind: hold, settle or release."""
        return sum(transfer.amount_micro for transfer in self.transfers if transfer.kind == kind)


class Witness:
    def __init__(self, store: Store) -> None:
        self._store = store

    def dialer_is_up(self) -> bool:
        with self._store.read() as session:
            return any(node.state == "up" for node in nodes.list_nodes(session, "dialer"))

    def sms_after(self, inbox_id: int) -> list[SmsSeen]:
        with self._store.read() as session:
            return reports.sms_after(session, inbox_id)

    def is_verified(self, number: str) -> bool:
        with self._store.read() as session:
            owner = accounts.find_account_of_number(session, number)
        return owner is not None and owner.login == cast.LOGIN

    def balance_micro(self) -> int:
        """What Anna has, without what is set aside for calls."""
        with self._store.read() as session:
            account = accounts.find_account(session, cast.LOGIN)
            assert account is not None
            return ledger.get_wallet(session, account.id).balance_micro

    def newest_request(self) -> str | None:
        with self._store.read() as session:
            found = requests.list_requests(session, limit=1)
        return found[0].id if found else None

    def newest_requests(self, count: int) -> list[str]:
        """The newest first."""
        with self._store.read() as session:
            return [request.id for request in requests.list_requests(session, limit=count)]

    def tally(self) -> Tally:
        with self._store.read() as session:
            return tally(session)

    def look(self, request_id: str) -> Seen:
        with self._store.read() as session:
            request = requests.get_request(session, request_id)
            return Seen(
                request,
                tuple(requests.legs_of(session, request_id)),
                tuple(cdrs.cdrs_of(session, request_id)),
                tuple(reports.transfers_of(session, request_id)),
                tuple(trace.lines_of(session, request_id)),
                ledger.get_wallet(session, request.account_id).balance_micro,
            )

    def faults(self) -> tuple[str, ...]:
        """What `ringback reconcile` finds."""
        with self._store.read() as session:
            return tuple(str(fault) for fault in reconcile(session))
