"""A dialer dies: what becomes of its calls, second by second of the relay's own clock."""

from dataclasses import dataclass, field

import pytest

from callback.core.rating import Rate
from callback.store import cdrs, ledger, nodes, requests
from callback.store.db import Store
from callback.store.models import Cdr, Leg, Request
from callback.store.reconcile import reconcile
from callback.takeover import Takeover
from callback.wishing import Ending, wish_end
from tests.queue.parts import ACCOUNT, HELD_MICRO, HandClock, wish

DIALER = "dialer@here:5060"
RATE = Rate("48", "both", 50_000, 600_000, 60, 6)  # 0.05 to connect, then a cent a second


@dataclass
class Scene:
    store: Store
    clock: HandClock = field(default_factory=HandClock)
    epoch: int = 0

    def __post_init__(self) -> None:
        self.takeover = Takeover(self.store, self.clock, "relay@here")
        self.come_up()

    def come_up(self) -> None:
        with self.store.write() as session:
            self.epoch = nodes.register_node(session, DIALER, "dialer", self.clock.now_ms())

    def renew(self) -> None:
        with self.store.write() as session:
            assert nodes.renew(session, DIALER, self.epoch, self.clock.now_ms())

    def claim(self, name: str) -> str:
        request_id = wish(self.store, name, self.clock.now_ms())
        with self.store.write() as session:
            assert requests.claim_request(session, request_id, DIALER, self.epoch, self.clock.now_ms())
        return request_id

    def dial(self, request_id: str, role: str = "A", attempt: int = 1) -> str:
        leg_id = f"{request_id}-{role.lower()}{attempt}"
        leg = Leg(
            id=leg_id, request_id=request_id, role=role, attempt=attempt, number="+48600316058",
            callee="48600316058", cli="+48221234567", trunk="carrier", next_hop="127.0.0.1:5061", node=DIALER,
            epoch=self.epoch, rate=RATE.to_json(), dialled_at_ms=self.clock.now_ms(),
        )  # fmt: skip
        with self.store.write() as session:
            assert requests.record_leg_dialled(session, leg)
        return leg_id

    def answer(self, leg_id: str) -> None:
        with self.store.write() as session:
            assert requests.record_answer(session, leg_id, self.epoch, self.clock.now_ms(), {"tag": "x"})

    def pass_s(self, seconds: int) -> None:
        """The relay looks every second; the dialer is silent."""
        for _ in range(seconds):
            self.takeover.look()
            self.clock.now_s += 1
        self.takeover.look()

    def request(self, request_id: str) -> Request:
        with self.store.read() as session:
            return requests.get_request(session, request_id)

    def records(self, request_id: str) -> list[Cdr]:
        with self.store.read() as session:
            return cdrs.cdrs_of(session, request_id)

    def wallet(self) -> ledger.Wallet:
        with self.store.read() as session:
            assert reconcile(session) == []
            return ledger.get_wallet(session, ACCOUNT)


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_after_twenty_silent_seconds_a_dialer_is_declared_dead(scene: Scene) -> None:
    scene.pass_s(19)
    with scene.store.read() as session:
        assert nodes.list_nodes(session, "dialer")[0].state == "up"
    scene.pass_s(1)
    with scene.store.write() as session:
        assert nodes.list_nodes(session, "dialer")[0].state == "down"
        assert not nodes.renew(session, DIALER, scene.epoch, scene.clock.now_ms())  # it fences itself


def test_a_dialer_that_renews_keeps_its_calls(scene: Scene) -> None:
    request_id = scene.claim("x")
    for _ in range(30):
        scene.pass_s(3)
        scene.renew()
    assert scene.request(request_id).state == "running"


def test_a_wish_whose_phone_was_never_answered_is_queued_again(scene: Scene) -> None:
    request_id = scene.claim("x")
    scene.dial(request_id)
    scene.pass_s(59)
    assert scene.request(request_id).state == "running"
    scene.pass_s(1)
    request = scene.request(request_id)
    assert (request.state, request.recovered) == ("queued", 1)
    (record,) = scene.records(request_id)
    assert (record.cause, record.blame, record.cost_micro) == ("lost", "us", 0)
    assert scene.wallet().held_micro == HELD_MICRO  # the hold goes on with the request


def test_a_wish_whose_phone_was_never_answered_ends_if_somebody_wanted_it_to(scene: Scene) -> None:
    request_id = scene.claim("x")
    scene.dial(request_id)
    with scene.store.write() as session:
        assert wish_end(session, request_id, "account:anna", "wish", scene.clock.now_ms()) is Ending.WISHED
    scene.pass_s(60)
    request = scene.request(request_id)
    assert (request.state, request.outcome) == ("cancelled", "cancelled")
    assert scene.wallet().held_micro == 0


def test_it_is_rung_again_once_only(scene: Scene) -> None:
    request_id = scene.claim("x")
    scene.dial(request_id)
    scene.pass_s(60)
    scene.come_up()
    with scene.store.write() as session:
        assert requests.claim_request(session, request_id, DIALER, scene.epoch, scene.clock.now_ms())
    scene.dial(request_id, attempt=2)
    scene.pass_s(60)
    request = scene.request(request_id)
    assert (request.state, request.outcome) == ("failed", "lost")
    assert scene.wallet().held_micro == 0


def test_an_answered_leg_is_charged_until_the_last_sign_of_life_and_nobody_is_rung_again(
    scene: Scene,
) -> None:
    request_id = scene.claim("x")
    leg_a = scene.dial(request_id)
    scene.answer(leg_a)
    leg_b = scene.dial(request_id, "B")
    scene.clock.now_s += 66
    scene.renew()
    scene.pass_s(60)
    request = scene.request(request_id)
    assert (request.state, request.outcome) == ("failed", "lost")
    charged = {record.leg_id: (record.billed_s, record.cost_micro) for record in scene.records(request_id)}
    assert charged == {leg_a: (66, 710_000), leg_b: (0, 0)}
    wallet = scene.wallet()
    assert (wallet.balance_micro, wallet.held_micro) == (10_000_000 - 710_000, 0)


def test_its_dialogs_are_left_for_it_to_clear_should_it_come_back(scene: Scene) -> None:
    request_id = scene.claim("x")
    leg_id = scene.dial(request_id)
    scene.pass_s(60)
    scene.come_up()
    with scene.store.read() as session:
        assert [leg.id for leg in requests.lost_legs(session, DIALER, scene.epoch)] == [leg_id]


def test_a_dialer_that_came_back_decides_itself(scene: Scene) -> None:
    request_id = scene.claim("x")
    scene.dial(request_id)
    scene.pass_s(30)
    scene.come_up()
    for _ in range(30):
        scene.pass_s(3)
        scene.renew()
    assert scene.request(request_id).state == "running"


def test_a_second_look_at_the_dead_changes_nothing(scene: Scene) -> None:
    request_id = scene.claim("x")
    scene.answer(scene.dial(request_id))
    scene.pass_s(60)
    before = scene.request(request_id).version, len(scene.records(request_id))
    scene.pass_s(30)
    assert (scene.request(request_id).version, len(scene.records(request_id))) == before
