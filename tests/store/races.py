"""What the racing processes of the tests run: each opens the database anew and takes part once."""

from callback.store import ledger, requests
from callback.store.db import Store
from tests.store.books import START_MS


def hold_once(url: str, account_id: str, request_ids: list[str], amount_micro: int) -> int:
    """How many of these holds were won."""
    store = Store(url)
    won = 0
    for request_id in request_ids:
        with store.write() as session:
            won += ledger.open_hold(session, request_id, account_id, amount_micro, START_MS)
    store.dispose()
    return won


def claim_all(url: str, node: str, epoch: int, request_ids: list[str]) -> list[str]:
    """Which of these requests were claimed by this node."""
    store = Store(url)
    won = []
    for request_id in request_ids:
        with store.write() as session:
            if requests.claim_request(session, request_id, node, epoch, START_MS):
                won.append(request_id)
    store.dispose()
    return won
