"""Wishes: stored once, found by whose turn it is, closed with what they are about."""

from sqlmodel import Session

from callback import settlement
from callback.store import ledger, requests, wishes
from callback.store.db import Store
from callback.store.models import Request, Wish
from callback.wishing import Ending, wish_end
from tests.store.books import START_MS, new_account, new_wish, serial


def opened(session: Session) -> Request:
    """A queued callback that holds money."""
    account = new_account(session, login=serial("login"), money_micro=1_000_000)
    request = requests.open_request(session, new_wish(account, number=f"+48600{serial('')}")).request
    assert ledger.open_hold(session, request.id, account.id, 180_000, START_MS)
    return request


def wished(session: Session, subject: str) -> list[Wish]:
    found = wishes.find_open_wish(session, subject)
    return [found] if found else []


def end(session: Session, request: Request, author: str = "account:anna") -> Ending:
    return wish_end(session, request.id, author, serial("wish"), START_MS + 5)


def test_what_still_waits_is_cancelled_at_once_and_its_money_given_back(store: Store) -> None:
    with store.write() as session:
        request = opened(session)
        assert end(session, request) is Ending.CANCELLED
        after = requests.get_request(session, request.id)
        assert (after.state, after.outcome, after.ended_at_ms) == ("cancelled", "cancelled", START_MS + 5)
        wallet = ledger.get_wallet(session, request.account_id)
        assert (wallet.balance_micro, wallet.held_micro) == (1_000_000, 0)
        assert not wished(session, request.id)


def test_what_runs_is_wished_of_its_node_and_only_once(store: Store) -> None:
    with store.write() as session:
        request = opened(session)
        requests.claim_request(session, request.id, "dialer1", 7, START_MS)
        assert end(session, request) is Ending.WISHED
        assert end(session, request, "operator:olga") is Ending.WISHED
        assert [wish.author for wish in wishes.open_wishes(session, "dialer1")] == ["account:anna"]
        assert wishes.open_wishes(session, "dialer2") == []
        assert requests.get_request(session, request.id).state == "running"


def test_a_wish_follows_its_call_to_another_node(store: Store) -> None:
    """On a database that lets a return to the queue and another claim slip in before the wish is seen."""
    with store.write() as session:
        request = opened(session)
        requests.claim_request(session, request.id, "dialer1", 7, START_MS)
        end(session, request)
        requests.requeue(session, request.id, 7, START_MS)
        requests.claim_request(session, request.id, "dialer2", 8, START_MS)
        assert [wish.subject for wish in wishes.open_wishes(session, "dialer2")] == [request.id]
        assert wishes.open_wishes(session, "dialer3") == []


def test_what_is_over_needs_no_wish(store: Store) -> None:
    with store.write() as session:
        request = opened(session)
        requests.claim_request(session, request.id, "dialer1", 7, START_MS)
        assert settlement.finish_request(session, request.id, 7, "talked", START_MS + 2)
        assert end(session, request) is Ending.OVER
        assert not wished(session, request.id)


def test_a_wish_is_closed_by_the_transaction_that_ends_what_it_is_about(store: Store) -> None:
    with store.write() as session:
        request = opened(session)
        requests.claim_request(session, request.id, "dialer1", 7, START_MS)
        end(session, request)
        assert not settlement.finish_request(session, request.id, 6, "cancelled", START_MS + 9)
        assert len(wished(session, request.id)) == 1
        assert settlement.finish_request(session, request.id, 7, "cancelled", START_MS + 9)
        assert wishes.open_wishes(session, "dialer1") == []
        assert requests.get_request(session, request.id).state == "cancelled"


def test_what_somebody_wants_to_end_is_not_rung_again(store: Store) -> None:
    with store.write() as session:
        wanted, unwanted = opened(session), opened(session)
        for request in (wanted, unwanted):
            requests.claim_request(session, request.id, "dialer1", 7, START_MS)
        end(session, unwanted)
        assert not settlement.finish_if_wished(session, wanted.id, 7, START_MS + 9)
        assert settlement.finish_if_wished(session, unwanted.id, 7, START_MS + 9)
        assert requests.get_request(session, wanted.id).state == "running"
        assert requests.get_request(session, unwanted.id).state == "cancelled"


def test_a_wish_for_nobody_in_particular_is_everybodys(store: Store) -> None:
    """PostgreSQL may let a claim slip between our look at the request and its cancelling."""
    with store.write() as session:
        wish = Wish(
            id="w", key="hang-up:r", node="", kind=wishes.HANG_UP, subject="r", author="operator:o",
            created_at_ms=START_MS,
        )  # fmt: skip
        assert wishes.add_wish(session, wish)
        assert not wishes.add_wish(session, wish)
        assert [each.id for each in wishes.open_wishes(session, "dialer9")] == ["w"]
        assert [each.id for each in wishes.wishes_about(session, ["r", "other"])] == ["w"]
        assert wishes.finish_wishes(session, "r", "cancelled", START_MS) == 1
        assert wishes.finish_wishes(session, "r", "cancelled", START_MS) == 0
