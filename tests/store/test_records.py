"""CDRs and traces: written once or in order, read as they were written."""

from callback.store import cdrs, requests, trace
from callback.store.db import Store
from callback.store.trace import Line
from tests.store.books import START_MS, new_account, new_cdr, new_leg, new_wish


def test_a_leg_has_one_record(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        opened = requests.open_request(session, new_wish(account))
        request = requests.claim_request(session, opened.request.id, "dialer1", 7, START_MS)
        assert request is not None
        for attempt in (1, 2):
            leg = new_leg(request, attempt=attempt)
            assert cdrs.record_cdr(session, new_cdr(leg, account, 60_000, START_MS))
            assert not cdrs.record_cdr(session, new_cdr(leg, account, 99_000, START_MS))
        of_request = cdrs.cdrs_of(session, request.id)
        assert [(cdr.attempt, cdr.cost_micro) for cdr in of_request] == [(1, 60_000), (2, 60_000)]
        listed = [cdr.attempt for cdr in cdrs.list_cdrs(session, account_id=account.id)]
        assert listed == [2, 1]
        older = cdrs.list_cdrs(session, before_leg_id=of_request[1].leg_id)
        assert [cdr.attempt for cdr in older] == [1]
        assert cdrs.list_cdrs(session, account_id="nobody") == []


def test_a_trace_is_read_in_the_order_it_was_written(store: Store) -> None:
    lines = [Line("r1", START_MS, "RING_A", f'{{"n": {number}}}') for number in range(50)]
    with store.write() as session:
        trace.add_lines(session, lines[:30])
        trace.add_lines(session, [Line("r2", START_MS, "MENU", "{}", '["x"]')])
        trace.add_lines(session, [])
        trace.add_lines(session, lines[30:])
    with store.read() as session:
        assert trace.lines_of(session, "r1") == lines
        assert trace.lines_of(session, "r2") == [Line("r2", START_MS, "MENU", "{}", '["x"]')]
