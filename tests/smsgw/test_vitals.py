"""What operators are told of a gateway's links."""

import json
from typing import Any

from callback.store import nodes
from callback.store.db import Store
from smsgw.simulator import SimulatedSmsc
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import link
from tests.waiting import eventually


def told(store: Store) -> dict[str, Any]:
    """The gateway's row: its state and what it says of each link."""
    with store.read() as session:
        node = nodes.find_node(session, "gateway@test")
    return {"state": node.state, **json.loads(node.detail)["links"]} if node else {}


def test_a_gateway_tells_how_its_links_are_until_it_stops(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    gateway = start(link(smsc.port))
    bound = eventually(
        lambda: (now := told(store)).get("one", {}).get("state") == "bound" and now,
        10,
        "a bound link is told",
    )
    assert bound["state"] == "up"
    assert bound["one"]["bound_at_ms"] <= bound["one"]["heard_at_ms"]
    smsc.password = "changed"
    smsc.stop()
    eventually(lambda: told(store)["one"]["bound_at_ms"] is None, 10, "a lost link is told")
    gateway.stop()
    assert told(store)["state"] == "down"
