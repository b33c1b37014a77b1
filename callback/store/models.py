"""The tables. Rows do not validate: every value is checked at the door it came in by.

Instants are Unix milliseconds (`_at_ms`), money is int64 micro-units (`_micro`): both databases keep them
alike. What a row must never do twice has a unique key here, not a promise in code.
"""

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from callback.store.models_people import SERIAL
from callback.store.models_people import Account as Account
from callback.store.models_people import Audit as Audit
from callback.store.models_people import CodeSent as CodeSent
from callback.store.models_people import Number as Number
from callback.store.models_people import Operator as Operator
from callback.store.models_people import WebSession as WebSession

NEVER_REUSED = {"sqlite_autoincrement": True}  # an id that others remember must not come back after retention

LIVE = "state IN ('queued', 'running')"
PUT_ASIDE = "state IN ('repeat', 'quarantined')"  # of an SMS that came: not executed
GIVEN_UP = "state = 'failed'"  # of one that was to go
PAYMENT = "kind IN ('topup', 'adjust')"  # money that came or went otherwise than by calls


class Wish(SQLModel, table=True):
    """Something to be done to a live thing by the process that owns it, once (DESIGN 3)."""

    __table_args__ = (
        Index("wish_open", "node", "id", sqlite_where=text("done_at_ms IS NULL"),
              postgresql_where=text("done_at_ms IS NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    key: str = Field(unique=True)  # a repeat of the wish finds this row
    node: str  # whose turn it is; "" for any
    kind: str  # "hang-up" …
    subject: str = Field(index=True)  # the request's id …
    author: str  # "account:<id>" or "operator:<login>"
    created_at_ms: int = Field(sa_type=BigInteger)
    done_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = ""


class LedgerAccount(SQLModel, table=True):
    """Where money lies. The balance never falls below the floor: the UPDATE that moves it says so.

    Names: `wallet:<account>` (floor = -credit limit), `held:<account>` (floor 0), `revenue:<currency>`,
    `topup:<currency>`, `adjust:<currency>` (no floor).
    """

    __tablename__ = "ledger_account"

    id: str = Field(primary_key=True)
    currency: str
    balance_micro: int = Field(default=0, sa_type=BigInteger)
    floor_micro: int | None = Field(default=None, sa_type=BigInteger)


class Transfer(SQLModel, table=True):
    """One movement of money, never changed. Its key makes a repeat harmless."""

    __table_args__ = (
        Index("transfer_paid_in", "credit_id", "at_ms", sqlite_where=text(PAYMENT),
              postgresql_where=text(PAYMENT)),
        Index("transfer_taken_out", "debit_id", "at_ms", sqlite_where=text(PAYMENT),
              postgresql_where=text(PAYMENT)),
    )  # fmt: skip

    key: str = Field(primary_key=True)  # "hold:<request>:<n>", "settle:<leg>", "release:<request>", "topup:…"
    kind: str
    debit_id: str = Field(foreign_key="ledger_account.id", index=True)  # money leaves here
    credit_id: str = Field(foreign_key="ledger_account.id", index=True)  # and arrives there
    amount_micro: int = Field(sa_type=BigInteger)  # > 0, or 0 for the settlement of a free leg
    currency: str
    request_id: str | None = Field(default=None, index=True)
    leg_id: str | None = None
    reason: str = ""
    author: str = ""
    at_ms: int = Field(sa_type=BigInteger)


class Hold(SQLModel, table=True):
    """What a request has set aside: the sum of its hold transfers, and how it ended."""

    request_id: str = Field(primary_key=True)
    account_id: str = Field(index=True)
    held_micro: int = Field(sa_type=BigInteger)  # all quanta together
    settled_micro: int = Field(default=0, sa_type=BigInteger)
    quanta: int = 1
    state: str = "open"  # open | closed: released exactly once


class Deck(SQLModel, table=True):
    """A rate deck. Exactly one per currency is active."""

    id: str = Field(primary_key=True)
    name: str
    currency: str
    state: str = "staging"  # staging | active | retired
    rows: int = 0
    imported_at_ms: int = Field(sa_type=BigInteger)


class RateRow(SQLModel, table=True):
    """A price for a prefix and a leg role. Increments in seconds: `60/6` is first_s 60, next_s 6."""

    __tablename__ = "rate"
    __table_args__ = (UniqueConstraint("deck_id", "prefix", "role"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    deck_id: str = Field(foreign_key="deck.id")
    prefix: str  # digits without plus
    role: str  # A | B | both
    connect_micro: int = Field(sa_type=BigInteger)
    minute_micro: int = Field(sa_type=BigInteger)
    first_s: int
    next_s: int


class BindSession(SQLModel, table=True):
    """One bound session of a link.

    `acked_to`: up to this inbox id every response was written, and the session outlived it by 5 s. A copy
    above it may be sent again by the carrier, minutes later (DESIGN 5a).
    """

    __tablename__ = "bind_session"

    id: str = Field(primary_key=True)
    link: str
    started_at_ms: int = Field(sa_type=BigInteger)
    ended_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    acked_to: int = Field(default=0, sa_type=BigInteger)  # inbox id


class Inbox(SQLModel, table=True):
    """An SMS as it came. `sealed` is the raw PDU under the seal key, erased when the outcome is recorded."""

    __table_args__ = (
        Index("inbox_repeat", "dedupe_key", "received_at_ms"),
        Index("inbox_waiting", "id", sqlite_where=text("state = 'received'"),
              postgresql_where=text("state = 'received'")),
        Index("inbox_claimed", "claimed_at_ms", sqlite_where=text("state = 'claimed'"),
              postgresql_where=text("state = 'claimed'")),
        Index("inbox_sealed", "received_at_ms", sqlite_where=text("sealed IS NOT NULL"),
              postgresql_where=text("sealed IS NOT NULL")),
        Index("inbox_by_time", "received_at_ms", "id"),
        Index("inbox_by_sender", "ani", "received_at_ms"),
        Index("inbox_put_aside", "received_at_ms", sqlite_where=text(PUT_ASIDE),
              postgresql_where=text(PUT_ASIDE)),
        NEVER_REUSED,
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    link: str
    session_id: str = Field(foreign_key="bind_session.id")
    dedupe_key: bytes = Field(sa_type=LargeBinary)
    ani: str  # source address as the carrier wrote it
    dnis: str  # destination address as the carrier wrote it
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    masked: str | None = Field(default=None, sa_type=Text)  # readable text without secrets, once executed
    state: str = "received"  # received | claimed | done | repeat | quarantined
    outcome: str = ""  # "registered", "callback-requested" …, or a Reason
    tries: int = 0  # claims so far, the present one included
    not_before_ms: int = Field(default=0, sa_type=BigInteger)  # rest after a failed try
    claimed_by: str | None = None
    claimed_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    received_at_ms: int = Field(sa_type=BigInteger)
    done_at_ms: int | None = Field(default=None, sa_type=BigInteger)


class Outbox(SQLModel, table=True):
    """An SMS to be sent: kind and parameters; the words are made at sending, by the link's gateway."""

    __table_args__ = (
        UniqueConstraint("key"),
        Index("outbox_due", "link", "next_at_ms", sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
        Index("outbox_by_time", "created_at_ms", "id"),
        Index("outbox_by_recipient", "recipient", "created_at_ms"),
        Index("outbox_failed", "created_at_ms", sqlite_where=text(GIVEN_UP), postgresql_where=text(GIVEN_UP)),
        NEVER_REUSED,
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    key: str  # "inbox:<id>", "code:<number id>:<n>": one effect, one SMS
    kind: str
    params: str = Field(sa_type=Text)  # JSON; erased once sent if it held a one-time code
    locale: str
    link: str
    sender: str  # our address
    recipient: str
    state: str = "queued"  # queued | sending | submitted (no response yet) | sent | failed
    tries: int = 0
    next_at_ms: int = Field(sa_type=BigInteger)
    created_at_ms: int = Field(sa_type=BigInteger)
    sent_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    message_id: str | None = None
    error: str | None = None


class Request(SQLModel, table=True):
    """The wish for one callback. One live request per leg-A number."""

    __table_args__ = (
        UniqueConstraint("source_key"),
        Index("request_live", "number_a", unique=True, sqlite_where=text(LIVE), postgresql_where=text(LIVE)),
        Index("request_due", "due_at_ms", sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
        Index("request_node", "node", sqlite_where=text("state = 'running'"),
              postgresql_where=text("state = 'running'")),
        # what a history is filtered by is in the index, so that its calls are counted without their rows
        Index("request_of_account", "account_id", "id", "created_at_ms", "outcome", "number_a",
              "destination"),
        # a number is found among everybody's calls
        Index("request_of_number", "number_a", "id"),
        Index("request_to_number", "destination", "id"),
        Index("request_with_code", "account_id", sqlite_where=text("code_sealed IS NOT NULL"),
              postgresql_where=text("code_sealed IS NOT NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    source_key: str  # "sms:<inbox id>", "web:<key>": a repeat of the wish finds this row
    account_id: str = Field(foreign_key="account.id")
    purpose: str = Field(
        default="callback", sa_column_kwargs={"server_default": "callback"}
    )  # callback | code
    code_sealed: str | None = None  # of a call that reads a one-time code; erased when the call is over
    trigger: str  # sms | web | missed | api | cli
    ani: str
    dnis: str = ""
    number_a: str
    destination: str | None = None
    cli: str
    deck_id: str
    state: str = "queued"  # queued | running | done | failed | cancelled
    attempt: int = 0  # times leg A was dialled
    due_at_ms: int = Field(sa_type=BigInteger)
    created_at_ms: int = Field(sa_type=BigInteger, index=True)
    claimed_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    ended_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    node: str | None = None
    epoch: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = ""
    recovered: int = 0  # times a crash put it back into the queue
    version: int = 1


class Leg(SQLModel, table=True):
    """One attempt to ring one phone, committed before its INVITE leaves."""

    __table_args__ = (
        Index("leg_uncleared", "node", sqlite_where=text("cleared = 0"),
              postgresql_where=text("NOT cleared")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.id", index=True)
    role: str  # A | B
    attempt: int
    number: str
    callee: str  # user part of the Request-URI
    cli: str
    trunk: str
    next_hop: str  # "ip:port"
    node: str
    epoch: int = Field(sa_type=BigInteger)
    state: str = "dialling"  # dialling | answered | ended
    rate: str = Field(sa_type=Text)  # JSON: the price it was promised
    dialled_at_ms: int = Field(sa_type=BigInteger)
    trying_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    ringing_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    answered_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    ended_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    dialog: str | None = Field(default=None, sa_type=Text)  # JSON: what ends it after a crash
    cleared: bool = False  # nothing of it is left on the wire


class Cdr(SQLModel, table=True):
    """One leg attempt, written once, when it is over."""

    __table_args__ = (
        UniqueConstraint("request_id", "role", "attempt"),
        Index("cdr_of_number", "number", "request_id"),
        # a number is found, and the sums of an account are made, without reading the records themselves
        Index("cdr_of_account", "account_id", "number", "request_id", "role", "duration_ms", "cost_micro",
              "currency"),
    )  # fmt: skip

    leg_id: str = Field(primary_key=True)
    request_id: str  # the unique key begins with it
    account_id: str
    role: str
    attempt: int
    number: str
    cli: str
    trunk: str
    dialled_at_ms: int = Field(sa_type=BigInteger, index=True)
    ringing_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    answered_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    ended_at_ms: int = Field(sa_type=BigInteger)
    pdd_ms: int | None = None
    duration_ms: int = Field(sa_type=BigInteger)  # answer to end; 0 without an answer
    billed_s: int
    disposition: str  # answered | busy | no-answer | failed | cancelled
    cause: str
    blame: str
    sip_status: int = 0
    cost_micro: int = Field(sa_type=BigInteger)
    currency: str
    quality: str = Field(default="{}", sa_type=Text)  # JSON: lost, jitter_ms …


class Trace(SQLModel, table=True):
    """Events and effects of a session, in order: any production call replays as a test."""

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    request_id: str = Field(index=True)
    at_ms: int = Field(sa_type=BigInteger)
    state: str
    event: str = Field(sa_type=Text)
    effects: str = Field(default="[]", sa_type=Text)


class Node(SQLModel, table=True):
    """A process that owns live things. The epoch counts its lives; `renewals` proves that it lives."""

    name: str = Field(primary_key=True)  # "dialer@host:5060"
    kind: str
    epoch: int = Field(sa_type=BigInteger)
    renewals: int = Field(default=0, sa_type=BigInteger)
    renewed_at_ms: int = Field(sa_type=BigInteger)
    state: str = "up"  # up | recovering | down
    detail: str = Field(default="{}", sa_type=Text)


class Lease(SQLModel, table=True):
    """Who may do a thing of which there is one, such as being the relay; "epochs" counts lives of nodes."""

    name: str = Field(primary_key=True)
    holder: str
    renewals: int = Field(default=0, sa_type=BigInteger)
