"""`ringback calls`, `trace` and `reconcile`: one callback, from the wish to the charge."""

import sqlite3
from contextlib import closing

import pytest

from callback.core.causes import Cause
from callback.core.events import ArmLimit, Bridge, Covered, LegAnswered, LegName, Play, Started
from callback.core.rating import Rate
from callback.core.replay import encode
from callback.settlement import finish_request, record_leg_end
from callback.store import accounts, nodes, requests, trace
from callback.store.db import Store
from callback.store.models import Leg
from tests.queue.parts import ACCOUNT, furnish, wish
from tests.ringback.house import House

BORN_MS = 1_790_000_000_000
RATE = Rate("48", "both", 50_000, 600_000, 60, 6)


@pytest.fixture
def request_id(house: House) -> str:
    """A finished callback: A answered after 1 s and talked 66 s; B was busy."""
    store = Store(house.config.database_url)
    furnish(store)
    id_ = wish(store, "call", BORN_MS)
    with store.write() as session:
        epoch = nodes.register_node(session, "dialer@here", "dialer", BORN_MS)
        requests.claim_request(session, id_, "dialer@here", epoch, BORN_MS + 20)
        for role, at_ms in (("A", BORN_MS + 30), ("B", BORN_MS + 9_000)):
            assert requests.record_leg_dialled(session, _leg(id_, role, epoch, at_ms))
            requests.record_trying(session, f"{id_}-{role.lower()}1", epoch, at_ms + 5)
        requests.record_ringing(session, f"{id_}-a1", epoch, BORN_MS + 535)
        requests.record_answer(session, f"{id_}-a1", epoch, BORN_MS + 1_000, {})
        assert record_leg_end(
            session, f"{id_}-b1", epoch, ended_at_ms=BORN_MS + 9_500, cause=Cause.BUSY, sip_status=486
        )
        assert record_leg_end(session, f"{id_}-a1", epoch, ended_at_ms=BORN_MS + 67_000, cause=Cause.HANGUP)
        assert finish_request(session, id_, epoch, "not-connected", BORN_MS + 67_010)
        play, answered = encode(Play(1, ("enter_number",))), encode(LegAnswered(LegName("A", 1)))
        trace.add_lines(
            session,
            [
                trace.Line(id_, BORN_MS + 25, "ring-a>ring-a", encode(Started()), "[]"),
                trace.Line(
                    id_,
                    BORN_MS + 1_001,
                    "ring-a>menu",
                    answered,
                    f"[{play},{encode(Bridge(LegName('B', 1)))}]",
                ),
                trace.Line(
                    id_,
                    BORN_MS + 1_002,
                    "menu>menu",
                    encode(Covered(BORN_MS + 181_000, final=True)),
                    f"[{encode(ArmLimit(BORN_MS + 181_000))}]",
                ),
            ],
        )
    return id_


def _leg(request_id: str, role: str, epoch: int, at_ms: int) -> Leg:
    return Leg(
        id=f"{request_id}-{role.lower()}1", request_id=request_id, role=role, attempt=1,
        number="+48600316058", callee="48600316058", cli="+48221234567", trunk="carrier",
        next_hop="127.0.0.1:5061", node="dialer@here", epoch=epoch, rate=RATE.to_json(), dialled_at_ms=at_ms,
    )  # fmt: skip


def test_calls_lists_what_became_of_it_and_what_it_cost(house: House, request_id: str) -> None:
    (row,) = house.json("calls")
    assert (row["request"], row["account"], row["outcome"]) == (request_id, ACCOUNT, "not-connected")
    assert (row["cost_micro"], row["currency"]) == (710_000, "EUR")
    assert house.json("calls", "--live") == []
    assert house.json("calls", "--account", ACCOUNT) == [row]
    assert "there is no such account" in house.run("calls", "--account", "nobody").stderr


def test_a_live_call_is_among_the_live(house: House, request_id: str) -> None:
    live = wish(Store(house.config.database_url), "live", BORN_MS + 100_000)
    assert [row["request"] for row in house.json("calls", "--live")] == [live]
    assert len(house.json("calls", "--limit", "1")) == 1


def test_trace_is_a_ladder_in_milliseconds(house: House, request_id: str) -> None:
    told = [
        (rung["at_ms"], rung["source"], rung["text"]) for rung in house.json("trace", request_id)["ladder"]
    ]
    assert [at_ms for at_ms, _, _ in told] == sorted(at_ms for at_ms, _, _ in told)
    assert told[0] == (0, "request", f"wished by sms from +48600000000: ring {_number(house, request_id)}")
    assert (20, "request", "claimed by dialer@here") in told
    assert (30, "A1", "dial +48600316058 by carrier (127.0.0.1:5061) as +48221234567") in told
    assert (535, "A1", "rings") in told
    assert (1_001, "session", "ring-a>menu: LegAnswered(A1) → Play(enter_number), Bridge(B1)") in told
    covered = "menu>menu: Covered(until 181,000, final) → ArmLimit(until 181,000, money-ended)"
    assert (1_002, "session", covered) in told
    assert (9_500, "B1", "ended: busy (destination), SIP 486") in told
    assert told[-2][2].endswith("PDD 500 ms, talked 66.0 s, billed 66 s, charged 0.71 EUR")
    assert told[-1] == (67_010, "request", "done: not-connected")


def _number(house: House, request_id: str) -> str:
    number: str = house.json("trace", request_id)["request"]["number_a"]
    return number


def test_the_first_letters_of_a_request_will_do(house: House, request_id: str) -> None:
    result = house.run("trace", request_id[:17])
    assert result.exit_code == 0
    assert "charged 0.71 EUR in all" in result.stdout
    assert "there is no such request" in house.run("trace", "zzz").stderr
    wish(Store(house.config.database_url), "coll", BORN_MS)
    assert "2 requests begin so" in house.run("trace", request_id[:17]).stderr


def test_reconcile_finds_a_cent_that_moved_by_itself(house: House, request_id: str) -> None:
    assert house.json("reconcile") == {"clean": True, "faults": []}
    with closing(sqlite3.connect(house.config.data_dir / "ringback.db")) as thief, thief:
        thief.execute("UPDATE ledger_account SET balance_micro = balance_micro + 1 WHERE id = 'wallet:anna'")
    result = house.run("reconcile")
    assert result.exit_code == 1
    assert "wallet:anna" in result.stderr
    assert not house.json("reconcile")["clean"]


def test_the_charge_is_in_the_account(house: House, request_id: str) -> None:
    with Store(house.config.database_url).read() as session:
        assert accounts.find_account(session, ACCOUNT)
    assert house.json("account", "show", ACCOUNT)["balance_micro"] == 10_000_000 - 710_000
