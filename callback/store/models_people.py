"""The tables of people: callback clients and their phones, operators, who is signed in, what was done.

See `models.py` for how instants and money are kept.
"""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

# Counted ids: 64 bits on PostgreSQL; on SQLite the rowid, which must be written INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")


class Account(SQLModel, table=True):
    """A callback client. Its money is in `ledger_account` "wallet:<id>"."""

    id: str = Field(primary_key=True)
    login: str = Field(unique=True)  # lower-case
    password_hash: str
    credential_version: int = 1
    country: str  # ISO 3166 alpha-2: the country whose dialling habits its numbers are read in
    currency: str
    locale: str = "en"
    time_zone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})  # IANA name
    state: str = "active"  # active | blocked
    opted_out: bool = False
    max_calls: int = 3  # concurrent
    created_at_ms: int = Field(sa_type=BigInteger)


class Number(SQLModel, table=True):
    """A phone of an account; a verified one belongs to one account. Pending: rung to hear its code only."""

    __table_args__ = (
        UniqueConstraint("account_id", "e164"),
        Index("number_owner", "e164", unique=True, sqlite_where=text("state = 'verified'"),
              postgresql_where=text("state = 'verified'")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    e164: str = Field(index=True)
    state: str = "pending"  # pending | verified
    is_default: bool = False
    label: str = ""
    created_at_ms: int = Field(sa_type=BigInteger)
    verified_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    code_hash: str | None = None  # keyed hash of the 6-digit code while pending
    code_tries_left: int = 0
    code_expires_at_ms: int | None = Field(default=None, sa_type=BigInteger)


class CodeSent(SQLModel, table=True):
    """One row per one-time code sent: the caps against SMS pumping count them."""

    __tablename__ = "code_sent"

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    account_id: str = Field(index=True)
    e164: str = Field(index=True)
    source: str = Field(index=True)  # the ani or address that asked
    at_ms: int = Field(sa_type=BigInteger)


class Operator(SQLModel, table=True):
    """Who runs the service. The first one is made by a one-time link of `ringback init`."""

    id: str = Field(primary_key=True)
    login: str | None = Field(default=None, unique=True)
    password_hash: str | None = None
    link_hash: str | None = Field(default=None, unique=True)
    link_expires_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    credential_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    totp_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # the shared secret, under a key
    totp_step: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"}
    )  # last used
    locale: str = Field(default="en", sa_column_kwargs={"server_default": "en"})
    time_zone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    created_at_ms: int = Field(sa_type=BigInteger)


class WebSession(SQLModel, table=True):
    """Somebody signed in by web. The cookie holds 256 random bits; only their SHA-256 is here."""

    __tablename__ = "web_session"

    id: str = Field(primary_key=True)  # shown in lists; opens nothing
    token_hash: str = Field(unique=True)
    kind: str  # subscriber | operator | operator-half: password right, code still to come
    subject_id: str = Field(index=True)  # the account's or operator's id
    credential_version: int  # another password ends it
    created_at_ms: int = Field(sa_type=BigInteger)
    seen_at_ms: int = Field(sa_type=BigInteger)
    expires_at_ms: int = Field(sa_type=BigInteger, index=True)
    address: str = ""
    agent: str = ""  # User-Agent, shortened
    code_tries_left: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # of an operator-half


class Audit(SQLModel, table=True):
    """What an operator did, written in the transaction that did it; never changed."""

    id: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    at_ms: int = Field(sa_type=BigInteger)
    author: str  # the operator's login
    action: str  # "block-account", "top-up", "hang-up" …
    subject: str = Field(index=True)  # id of what it was done to
    detail: str = Field(default="{}", sa_type=Text)  # JSON, no secrets
