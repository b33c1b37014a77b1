"""What went through lately, counted for operators: calls and SMS of a day, links, trunks, and who lives.

Everything is counted from an instant on, by an index on time, so that an old database costs no more than a
young one. How a link or trunk is *now* the processes tell themselves, in the rows they renew
(`smsgw/vitals.py`, `callback/dialer.py`); by the age of such a row people see what it is worth.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from callback.core.hours import HOUR_MS, HOURS, CallHour, by_hour
from callback.core.outcomes import Reason
from callback.core.results import Result, result_of
from callback.store import nodes
from callback.store.models import Cdr, Inbox, Node, Outbox, Request

SILENT_MS = 20_000  # a row not renewed for that long tells of the past
_REASONS = frozenset(reason.value for reason in Reason)


@dataclass(frozen=True, slots=True)
class SmsCount:
    """SMS of some time. `refused` by `Reason`, the most frequent first."""

    received: int = 0
    repeats: int = 0
    put_aside: int = 0
    sent: int = 0
    failed: int = 0
    refused: tuple[tuple[Reason, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCount:
    """SMS of one link; `waiting` now, the rest of some time."""

    received: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class TrunkCount:
    """Legs of one trunk in some time; `at_fault` ended by the carrier's trouble."""

    legs: int = 0
    answered: int = 0
    at_fault: int = 0


@dataclass(frozen=True, slots=True)
class LinkNow:
    """What a gateway last told of a link."""

    gateway: str
    told_at_ms: int
    state: str  # bound | connecting | down | refused | stopped
    bound_at_ms: int | None
    heard_at_ms: int | None


@dataclass(frozen=True, slots=True)
class TrunkNow:
    """What a dialer last told of a trunk."""

    dialer: str
    state: str  # resolved | unresolved | unasked
    address: str


def count_calls(session: Session, since_ms: int) -> Mapping[Result, int]:
    """Callbacks asked for since then, by what came of them; live ones too."""
    counted = (
        select(col(Request.outcome), func.count())
        .where(col(Request.created_at_ms) >= since_ms, col(Request.purpose) == "callback")
        .group_by(col(Request.outcome))
    )
    results: dict[Result, int] = {}
    for outcome, count in session.connection().execute(counted):
        result = result_of(outcome)
        results[result] = results.get(result, 0) + count
    return results


def calls_by_hour(session: Session, first_ms: int) -> tuple[CallHour, ...]:
    """Callbacks asked for in each of the hours from `first_ms` on, by what came of them. One statement."""
    asked_at_ms = col(Request.created_at_ms)
    hour = ((asked_at_ms - first_ms) // HOUR_MS).label("hour")
    counted = (
        select(hour, col(Request.outcome), func.count())
        .where(asked_at_ms >= first_ms, asked_at_ms < first_ms + HOURS * HOUR_MS)
        .where(col(Request.purpose) == "callback")
        .group_by(hour, col(Request.outcome))
    )
    return by_hour(
        first_ms, ((at, outcome, count) for at, outcome, count in session.connection().execute(counted))
    )


def count_sms(session: Session, since_ms: int) -> SmsCount:
    """SMS since then. Two statements."""
    came = (
        select(col(Inbox.state), col(Inbox.outcome), func.count())
        .where(col(Inbox.received_at_ms) >= since_ms)
        .group_by(col(Inbox.state), col(Inbox.outcome))
    )
    received = repeats = put_aside = 0
    refused: dict[Reason, int] = {}
    for state, outcome, count in session.connection().execute(came):
        received += count
        repeats += count if state == "repeat" else 0
        put_aside += count if state == "quarantined" else 0
        if state == "done" and outcome in _REASONS:
            refused[Reason(outcome)] = count
    went = (
        select(col(Outbox.state), func.count())
        .where(col(Outbox.created_at_ms) >= since_ms)
        .group_by(col(Outbox.state))
    )
    states = {row[0]: row[1] for row in session.connection().execute(went)}
    by_count = sorted(refused.items(), key=lambda each: (-each[1], each[0]))
    return SmsCount(
        received, repeats, put_aside, states.get("sent", 0), states.get("failed", 0), tuple(by_count)
    )


def count_by_link(session: Session, since_ms: int) -> Mapping[str, LinkCount]:
    """SMS of each link since then, and what waits. Three statements."""
    came = (
        select(col(Inbox.link), func.count())
        .where(col(Inbox.received_at_ms) >= since_ms)
        .group_by(col(Inbox.link))
    )
    went = (
        select(col(Outbox.link), col(Outbox.state), func.count())
        .where(col(Outbox.created_at_ms) >= since_ms)
        .group_by(col(Outbox.link), col(Outbox.state))
    )
    waits = select(col(Outbox.link), func.count()).where(text("state = 'queued'")).group_by(col(Outbox.link))
    connection = session.connection()
    received = {row[0]: row[1] for row in connection.execute(came)}
    ended = {(link, state): count for link, state, count in connection.execute(went)}
    waiting = {row[0]: row[1] for row in connection.execute(waits)}
    links = {*received, *waiting, *(link for link, _ in ended)}
    return {
        link: LinkCount(
            received.get(link, 0),
            ended.get((link, "sent"), 0),
            ended.get((link, "failed"), 0),
            waiting.get(link, 0),
        )
        for link in links
    }


def count_by_trunk(session: Session, since_ms: int) -> Mapping[str, TrunkCount]:
    """Legs dialled since then by each trunk, as far as they are over."""
    dialled = (
        select(
            col(Cdr.trunk),
            func.count(),
            func.count(col(Cdr.answered_at_ms)),
            func.count().filter(col(Cdr.blame) == "carrier"),
        )
        .where(col(Cdr.dialled_at_ms) >= since_ms)
        .group_by(col(Cdr.trunk))
    )
    return {trunk: TrunkCount(*counts) for trunk, *counts in session.connection().execute(dialled)}


def living_nodes(session: Session, forgotten_before_ms: int) -> list[Node]:
    """Every process that gave a sign of life since then, by kind and name."""
    seen = [node for node in nodes.list_nodes(session) if node.renewed_at_ms >= forgotten_before_ms]
    return sorted(seen, key=lambda node: (node.kind, node.name))


def links_told(found: list[Node]) -> Mapping[str, LinkNow]:
    """What gateways tell of their links; of two that tell of one, the later word counts."""
    told: dict[str, LinkNow] = {}
    for node in sorted(found, key=lambda node: node.renewed_at_ms):
        for link, now in json.loads(node.detail).get("links", {}).items():
            told[link] = LinkNow(
                node.name, node.renewed_at_ms, now["state"], now["bound_at_ms"], now["heard_at_ms"]
            )
    return told


def trunks_told(found: list[Node], now_ms: int) -> Mapping[str, tuple[TrunkNow, ...]]:
    """What the dialers that live tell of each trunk."""
    told: dict[str, tuple[TrunkNow, ...]] = {}
    for node in found:
        if node.state != "up" or now_ms - node.renewed_at_ms > SILENT_MS:
            continue
        for trunk, now in json.loads(node.detail).get("trunks", {}).items():
            told[trunk] = (*told.get(trunk, ()), TrunkNow(node.name, now["state"], now["address"]))
    return told
