"""Links, trunks and the processes behind them: as configured, as they last told, and what went through."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from callback.config import Link, Trunk
from callback.store import traffic
from callback.store.models import Node
from callback.store.traffic import SILENT_MS, LinkCount, LinkNow, TrunkCount, TrunkNow
from webapp.auth import operator_only
from webapp.console.days import midnight_ms
from webapp.parts import the_parts

blueprint = Blueprint("console_links", __name__, url_prefix="/operator/links")

_FORGOTTEN_MS = 24 * 3_600_000  # a process silent for a day is no news any more


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A configured link. `now` is None when no gateway ever told of it."""

    link: Link
    now: LinkNow | None
    state: str  # bound | … | silent: its gateway does not tell any more | unknown
    today: LinkCount


@dataclass(frozen=True, slots=True)
class TrunkSeen:
    trunk: Trunk
    state: str  # resolved | unresolved | unasked | unknown: no dialer tells
    addresses: tuple[str, ...]
    told: tuple[TrunkNow, ...]
    today: TrunkCount


@dataclass(frozen=True, slots=True)
class NodeSeen:
    node: Node
    state: str  # up | recovering | down | silent


@dataclass(frozen=True, slots=True)
class Plant:
    """All of it, read at one instant."""

    links: tuple[LinkSeen, ...]
    trunks: tuple[TrunkSeen, ...]
    nodes: tuple[NodeSeen, ...]


@blueprint.get("")
@operator_only
def links() -> ResponseReturnValue:
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        plant = read_plant(session, now_ms)
    return render_template("console/links.html", plant=plant, service=the_parts().config.service)


def read_plant(session: Session, now_ms: int) -> Plant:
    """How everything is that calls and SMS go by. Five statements."""
    config, since_ms = the_parts().config, midnight_ms(now_ms)
    found = traffic.living_nodes(session, now_ms - _FORGOTTEN_MS)
    links_now, trunks_now = traffic.links_told(found), traffic.trunks_told(found, now_ms)
    by_link, by_trunk = traffic.count_by_link(session, since_ms), traffic.count_by_trunk(session, since_ms)
    states = {node.name: node_state(node, now_ms) for node in found}
    return Plant(
        tuple(
            LinkSeen(
                link,
                now := links_now.get(link.name),
                _link_state(now, states),
                by_link.get(link.name, LinkCount()),
            )
            for link in config.links
        ),
        tuple(
            _trunk_seen(trunk, trunks_now.get(trunk.name, ()), by_trunk.get(trunk.name, TrunkCount()))
            for trunk in config.trunks
        ),
        tuple(NodeSeen(node, states[node.name]) for node in found),
    )


def node_state(node: Node, now_ms: int) -> str:
    """As it says itself, as long as it says anything."""
    if node.state != "down" and now_ms - node.renewed_at_ms > SILENT_MS:
        return "silent"
    return node.state


def _link_state(now: LinkNow | None, nodes: dict[str, str]) -> str:
    if now is None:
        return "unknown"
    return now.state if nodes[now.gateway] == "up" else "silent"


def _trunk_seen(trunk: Trunk, told: tuple[TrunkNow, ...], today: TrunkCount) -> TrunkSeen:
    worst_first = ("unresolved", "resolved", "unasked")
    state = next((state for state in worst_first if any(now.state == state for now in told)), "unknown")
    addresses = tuple(dict.fromkeys(now.address for now in told if now.address))
    return TrunkSeen(trunk, state, addresses, told, today)
