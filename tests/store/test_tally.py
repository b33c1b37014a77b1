"""Everything is counted once: repeats of a carrier are no SMS, two answers of one leg are noticed."""

from callback.store import inbox, outbox
from callback.store.db import Store
from callback.store.models import Inbox, Leg, Request
from callback.store.tally import Tally, tally
from tests.store.books import START_MS, new_account, new_leg, new_wish


def counted(store: Store) -> Tally:
    with store.read() as session:
        return tally(session)


def sms(key: bytes, state: str, done_at_ms: int | None = None) -> Inbox:
    return Inbox(
        link="one", session_id="s1", dedupe_key=key, ani="+48600316058", dnis="+48221234567", state=state,
        received_at_ms=START_MS, done_at_ms=done_at_ms,
    )  # fmt: skip


def test_an_empty_book_has_nothing_to_count(store: Store) -> None:
    assert counted(store) == Tally(*[0] * 11)


def test_sms_are_counted_without_the_carriers_repeats(store: Store) -> None:
    with store.write() as session:
        inbox.open_session(session, "s1", "one", START_MS)
        session.add_all([sms(b"1", "done", START_MS), sms(b"1", "repeat", START_MS), sms(b"2", "received")])
        outbox.add(
            session, key="inbox:1", kind="help", params={}, locale="en", link="one", sender="+48221234567",
            recipient="+48600316058", now_ms=START_MS,
        )  # fmt: skip
    seen = counted(store)
    assert (seen.sms_received, seen.sms_handled, seen.replies_owed, seen.sms_answered) == (2, 1, 1, 0)
    with store.write() as session:
        (due,) = outbox.claim_due(session, "one", 5, START_MS)
        outbox.mark_submitted(session, [due.outbox_id])
        outbox.mark_sent(session, [(due.outbox_id, "m1")], START_MS)
    assert counted(store).sms_answered == 1


def test_a_reply_nobody_can_vouch_for_is_no_answer(store: Store) -> None:
    """Its gateway died between the socket and the carrier's word: it is not sent again, and not proven."""
    with store.write() as session:
        inbox.open_session(session, "s1", "one", START_MS)
        session.add_all([sms(b"1", "done", START_MS), sms(b"2", "quarantined", START_MS)])
        for number in (1, 2):
            outbox.add(
                session, key=f"inbox:{number}", kind="help", params={}, locale="en", link="one",
                sender="+48221234567", recipient="+48600316058", now_ms=START_MS,
            )  # fmt: skip
        leaving, refused = outbox.claim_due(session, "one", 5, START_MS)
        outbox.mark_submitted(session, [leaving.outbox_id])
        outbox.fail(session, [(refused.outbox_id, "0x0000000b")], START_MS)
    with store.write() as session:
        outbox.recover(session, "one", START_MS)
    seen = counted(store)
    assert (seen.replies_owed, seen.sms_answered, seen.replies_unproven, seen.replies_failed) == (2, 0, 1, 1)
    assert (seen.sms_handled, seen.sms_put_aside) == (2, 1)


def test_a_callback_answered_by_two_calls_is_noticed(store: Store) -> None:
    with store.write() as session:
        account = new_account(session)
        live, over = new_wish(account), new_wish(account, "+48600316059")
        for request in (live, over):
            request.node, request.epoch = "dialer@here", 1
        over.state = "done"
        session.add_all([live, over])
        session.flush()
        session.add_all([*_answered(live, 2), *_answered(over, 1)])
    seen = counted(store)
    assert (seen.callbacks, seen.callbacks_live, seen.answered_twice) == (2, 1, 1)


def _answered(request: Request, times: int) -> list[Leg]:
    legs = [new_leg(request, "A", attempt) for attempt in range(1, times + 1)]
    for leg in legs:
        leg.answered_at_ms = START_MS
    return [*legs, new_leg(request, "B", 1)]
