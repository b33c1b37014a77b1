"""People and their past, for pages that have something to show: a week of calls, SMS, payments, deeds.

All of it is stored as the product would have left it.
"""

import json
import os
from dataclasses import dataclass

from callback.config import Link, Trunk
from callback.core.causes import Cause
from callback.core.ids import ENTROPY_BYTES, leg_id, new_id
from callback.core.rating import Rate
from callback.settlement import finish_request, record_leg_end
from callback.store import accounts, audit, inbox, ledger, nodes, requests
from callback.store.models import Leg, Request
from tests.browser.site import Site
from tests.webapp.calls import talked_call
from tests.webapp.desk import ANNA, BORIS, Desk
from tests.webapp.test_console_sms import came, went

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
MOTHER, OFFICE, BERLIN = "+48221234999", "+48126170000", "+493012345678"
LINKS = (Link(name="carrier", host="smsc.example", system_id="ringback"),)
TRUNKS = (
    Trunk(name="carrier", host="127.0.0.1", prefixes=("+48",)),
    Trunk(name="germany", host="sip.example", prefixes=("+49",)),
)
_RATE = Rate("48", "both", connect_micro=0, minute_micro=60_000, first_s=1, next_s=1)


@dataclass(frozen=True, slots=True)
class Lives:
    """Ids of what pages are about."""

    anna: str
    boris: str
    secret: str  # of Olga's code generator
    call: str  # a talked call of Anna's
    talk: str  # one that goes on
    phone: str  # a confirmed number of Anna's
    pending: str  # one that waits for its code


def furnish(site: Site, *, talker: str = "anna") -> Lives:
    """A service that has run for a week; the site should have `LINKS` and `TRUNKS`. One of the two talks."""
    desk = site.desk
    anna, boris = (_client(desk, *one) for one in (("anna", 10_000_000), ("boris", 25_000_000)))
    for one in (("celina", 12_500_000), ("dawid.k", 0), ("ewa_nowak", 140_000), ("firma-abc", 250_000_000)):
        _client(desk, *one)
    desk.phone(anna, ANNA)
    desk.phone(anna, "+48221110022")
    desk.phone(boris, BORIS)
    secret = desk.operator()
    pending = _numbers(desk, anna)
    call = _past(desk, anna, boris)
    _plant(desk)
    _texts(desk)
    _deeds(desk, anna)
    number = {"anna": ANNA, "boris": BORIS}[talker]
    talk = talking(desk, f"id-{talker}", MOTHER, 42_000, number)
    with desk.store.read() as session:
        phone = next(n.id for n in accounts.numbers_of(session, anna) if n.e164 == ANNA)
    return Lives(anna, boris, secret, call, talk, phone, pending)


def _client(desk: Desk, login: str, credit_micro: int) -> str:
    account_id, at_ms = desk.account(login, 0), desk.clock.now_ms() - 7 * DAY_MS
    with desk.store.write() as session:
        session.merge(accounts.get_account(session, account_id)).created_at_ms = at_ms
        if credit_micro:
            ledger.top_up(
                session, f"first-{login}", account_id, credit_micro, author="operator:olga", at_ms=at_ms,
                reason="first credit",
            )  # fmt: skip
    return account_id


def talking(desk: Desk, account_id: str, destination: str, since_ms: int, number: str = ANNA) -> str:
    """A callback under way: both have answered, and talk since so long."""
    id_ = begun(desk, account_id, number, destination, since_ms + 14_000)
    rung(desk, id_, "A", number, since_ms + 13_000, since_ms + 8_000)
    rung(desk, id_, "B", destination, since_ms + 6_000, since_ms)
    return id_


def begun(desk: Desk, account_id: str, number: str, destination: str | None, ago_ms: int) -> str:
    """A callback asked for so long ago, and claimed by a dialer."""
    born_ms = desk.clock.now_ms() - ago_ms
    id_ = new_id(born_ms, os.urandom(ENTROPY_BYTES))
    wish = Request(
        id=id_, source_key=f"web:{id_}", account_id=account_id, trigger="web", ani="", number_a=number,
        destination=destination, cli="+48221234567", deck_id="deck", due_at_ms=born_ms, created_at_ms=born_ms,
    )  # fmt: skip
    with desk.store.write() as session:
        requests.open_request(session, wish)
        assert ledger.open_hold(session, id_, account_id, 300_000, born_ms)
        assert requests.claim_request(session, id_, "dialer@box:5060", 1, born_ms + 12)
    return id_


def rung(
    desk: Desk, id_: str, role: str, number: str, ago_ms: int, answered_ago_ms: int | None = None
) -> None:
    """A leg of it, dialled so long ago; perhaps answered."""
    now_ms, leg = desk.clock.now_ms(), leg_id(id_, role, 1)
    with desk.store.write() as session:
        dialled = Leg(
            id=leg, request_id=id_, role=role, attempt=1, number=number, callee=number[1:],
            cli="+48221234567", trunk="carrier", next_hop="127.0.0.1:5060", node="dialer@box:5060", epoch=1,
            rate=_RATE.to_json(), dialled_at_ms=now_ms - ago_ms,
        )  # fmt: skip
        assert requests.record_leg_dialled(session, dialled)
        requests.record_ringing(session, leg, 1, now_ms - ago_ms + 700)
        if answered_ago_ms is not None:
            requests.record_answer(session, leg, 1, now_ms - answered_ago_ms, {})


def _talked(desk: Desk, account_id: str, number: str, destination: str, ago_ms: int, talked_ms: int) -> None:
    """A callback that both ended well, begun so long ago."""
    id_ = begun(desk, account_id, number, destination, ago_ms)
    rung(desk, id_, "A", number, ago_ms - 30, ago_ms - 5_200)
    rung(desk, id_, "B", destination, ago_ms - 5_900, ago_ms - 12_400)
    ended_ms = desk.clock.now_ms() - ago_ms + 12_400 + talked_ms
    quality = {"rx": talked_ms / 20, "tx": talked_ms / 20, "lost": 2.0, "jitter_ms": 1.1}
    with desk.store.write() as session:
        for role, ends_ms in (("B", ended_ms), ("A", ended_ms + 40)):
            leg = leg_id(id_, role, 1)
            assert record_leg_end(session, leg, 1, ended_at_ms=ends_ms, cause=Cause.HANGUP, quality=quality)
        assert finish_request(session, id_, 1, "talked", ended_ms + 50)


def _failed(desk: Desk, account_id: str, number: str, ago_ms: int, cause: Cause, outcome: str) -> None:
    id_ = begun(desk, account_id, number, MOTHER, ago_ms)
    rung(desk, id_, "A", number, ago_ms - 100)
    ended_ms = desk.clock.now_ms() - ago_ms + 21_000
    with desk.store.write() as session:
        assert record_leg_end(session, leg_id(id_, "A", 1), 1, ended_at_ms=ended_ms, cause=cause, quality={})
        assert finish_request(session, id_, 1, outcome, ended_ms)


def _past(desk: Desk, anna: str, boris: str) -> str:
    now_ms = desk.clock.now_ms()
    for ago_ms, destination, talked_ms in (
        (6 * DAY_MS + 2 * HOUR_MS, BERLIN, 11 * MINUTE_MS + 4_200),
        (4 * DAY_MS + 3 * HOUR_MS, MOTHER, 3 * MINUTE_MS + 41_700),
        (3 * DAY_MS + 90 * MINUTE_MS, OFFICE, 52_300),
        (2 * DAY_MS - 17 * MINUTE_MS, MOTHER, 24 * MINUTE_MS + 9_100),
    ):
        _talked(desk, anna, ANNA, destination, ago_ms, talked_ms)
    _failed(desk, anna, ANNA, DAY_MS + HOUR_MS, Cause.NO_ANSWER, "a-no-answer")
    _failed(desk, boris, BORIS, 9 * HOUR_MS, Cause.BUSY, "a-busy")
    for hours, times in (
        (22, 1),
        (20, 2),
        (18, 4),
        (16, 3),
        (15, 2),
        (13, 1),
        (8, 1),
        (6, 2),
        (5, 3),
        (2, 1),
    ):
        for turn in range(times):
            ago_ms = hours * HOUR_MS - turn * 11 * MINUTE_MS
            _talked(desk, boris, BORIS, OFFICE, ago_ms, 2 * MINUTE_MS + 5_900)
    return talked_call(desk, anna, ANNA, BERLIN, now_ms - 3 * HOUR_MS)


def _numbers(desk: Desk, anna: str) -> str:
    pending = desk.clock.new_id()
    with desk.store.write() as session:
        for number, label in ((ANNA, "Mobile"), ("+48221110022", "Home")):
            found = accounts.find_number(session, anna, number)
            assert found is not None
            session.merge(found).label = label
        accounts.register_pending(
            session, anna, "+48512000321", number_id=pending, code="123456", source=ANNA,
            key=desk.keys.pepper, now_ms=desk.clock.now_ms(),
        )  # fmt: skip
    return pending


def _plant(desk: Desk) -> None:
    link = {
        "state": "bound",
        "bound_at_ms": desk.clock.now_ms() - 5 * HOUR_MS,
        "heard_at_ms": desk.clock.now_ms(),
    }
    trunks = {
        "carrier": {"state": "resolved", "address": "192.0.2.10"},
        "germany": {"state": "unresolved", "address": "192.0.2.44"},
    }
    told: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("dialer@box:5060", "dialer", {"trunks": trunks}),
        ("gateway@box", "gateway", {"links": {"carrier": link}}),
        ("relay@box", "relay", {}),
    )
    with desk.store.write() as session:
        nodes.say_goodbye(session, "dialer@here")  # the one that made the calls of the past
        for name, kind, detail in told:
            nodes.register_node(session, name, kind, desk.clock.now_ms(), json.dumps(detail))


def _texts(desk: Desk) -> None:
    with desk.store.write() as session:
        inbox.open_session(session, "s", "carrier", 0)
    of_link = {"link": "carrier"}
    came(desk, 3 * HOUR_MS, outcome="callback", masked="U.anna P.*** T.+493012345678", **of_link)
    came(desk, 2 * HOUR_MS, ani=BORIS, outcome="balance", masked="U.boris P.*** B", **of_link)
    went(desk, "a", 2 * HOUR_MS - 300, recipient=BORIS, params='{"balance": "5.00 EUR"}', **of_link)
    came(desk, HOUR_MS, ani="+48790100200", outcome="bad-credentials", masked="U.ewa P.***", **of_link)
    came(desk, 40 * MINUTE_MS, outcome="malformed", masked="when do you open?", **of_link)
    came(desk, 39 * MINUTE_MS, state="repeat", outcome="repeat", masked=None, **of_link)
    went(desk, "c", 5 * MINUTE_MS, kind="no-rate", params='{"number": "+37212345678"}', state="failed",
         error="command_status 0xb", **of_link)  # fmt: skip


def _deeds(desk: Desk, anna: str) -> None:
    at_ms = desk.clock.now_ms() - 26 * HOUR_MS
    with desk.store.write() as session:
        ledger.top_up(
            session, "olga-1", anna, 10_000_000, author="operator:olga", at_ms=at_ms, reason="bank transfer"
        )
        audit.record(session, at_ms=at_ms, author="olga", action="top-up", subject=anna, login="anna",
                     amount="€10.00", reason="bank transfer")  # fmt: skip
