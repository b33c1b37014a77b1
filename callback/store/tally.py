"""What became of everything, counted: the proof that a crash lost nothing and doubled nothing."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from callback.store.models import Cdr, Inbox, Leg, Outbox, Request

_REPEAT = "repeat"
_OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over the whole database."""

    sms_received: int  # copies a carrier sent again are not counted
    sms_handled: int  # of them: their command was executed
    sms_put_aside: int  # of them: given up after several tries, an operator must look
    replies_owed: int  # to them; who sends nonsense again and again is owed none
    sms_answered: int  # of those: the carrier took it
    replies_unproven: int  # were leaving as their process died: not sent again, lest they come twice
    replies_failed: int  # given up
    callbacks: int
    callbacks_live: int
    answered_twice: int  # callbacks whose leg A was answered by more than one call
    records: int


def tally(session: Session) -> Tally:
    """Count it all: for small databases, such as a demo's."""
    received = select(func.count()).select_from(Inbox).where(Inbox.state != _REPEAT)
    handled = received.where(col(Inbox.done_at_ms).is_not(None))
    owed = select(func.count()).select_from(Outbox).where(col(Outbox.key).startswith("inbox:"))
    sent = owed.where(Outbox.state == "sent")
    unproven = func.coalesce(Outbox.message_id, "") == ""
    requests = select(func.count()).select_from(Request)
    twice = (
        select(Leg.request_id)
        .where(Leg.role == "A", col(Leg.answered_at_ms).is_not(None))
        .group_by(Leg.request_id)
        .having(func.count() > 1)
    )
    return Tally(
        session.exec(received).one(),
        session.exec(handled).one(),
        session.exec(received.where(Inbox.state == "quarantined")).one(),
        session.exec(owed).one(),
        session.exec(sent.where(~unproven)).one(),
        session.exec(sent.where(unproven)).one(),
        session.exec(owed.where(Outbox.state == "failed")).one(),
        session.exec(requests).one(),
        session.exec(requests.where(col(Request.state).in_(_OPEN))).one(),
        len(session.exec(twice).all()),
        session.exec(select(func.count()).select_from(Cdr)).one(),
    )
