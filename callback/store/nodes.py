"""Processes that own live things, and the leases that say whether they live.

Nobody compares wall clocks: a node proves its life by counting `renewals` up, and an observer decides by its
own monotonic clock how long it has seen the same count (DESIGN section 3). Epochs come from one counter for
all nodes: a newer life has a higher number, and no two lives ever share one.
"""

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from callback.store.models import Lease, Node
from callback.store.rows import changed, every, first, insert_once

_EPOCHS = "epochs"  # the lease row whose count is the last epoch given out; nobody holds it


def register_node(session: Session, name: str, kind: str, now_ms: int, detail: str = "{}") -> int:
    """A new life of this node; its epoch, higher than any given out before. `detail` is JSON for people."""
    insert_once(session, Lease(name=_EPOCHS, holder=""))
    changed(session, update(Lease).where(col(Lease.name) == _EPOCHS).values(renewals=Lease.renewals + 1))
    counter = read_lease(session, _EPOCHS)
    assert counter is not None
    epoch = counter.renewals
    if not insert_once(session, Node(name=name, kind=kind, epoch=epoch, renewed_at_ms=now_ms, detail=detail)):
        new_life = update(Node).where(col(Node.name) == name)
        changed(
            session,
            new_life.values(
                kind=kind, epoch=epoch, renewals=0, renewed_at_ms=now_ms, state="up", detail=detail
            ),
        )
    return epoch


def renew(session: Session, name: str, epoch: int, now_ms: int, detail: str | None = None) -> bool:
    """Prove that this life goes on; False if it was declared dead or has a successor: fence yourself.

    `detail` replaces what stands there for people.
    """
    alive = update(Node).where(col(Node.name) == name, col(Node.epoch) == epoch, col(Node.state) != "down")
    return changed(session, alive.values(_sign_of_life(now_ms, detail))) == 1


def say_alive(session: Session, name: str, now_ms: int, detail: str | None = None) -> bool:
    """The same of one that owns nothing live and need not fence itself: for people. False: not registered."""
    values = {**_sign_of_life(now_ms, detail), "state": "up"}
    return changed(session, update(Node).where(col(Node.name) == name).values(values)) == 1


def say_goodbye(session: Session, name: str) -> None:
    """It stops, and says so: nobody need look for it."""
    changed(session, update(Node).where(col(Node.name) == name).values(state="down"))


def set_node_state(session: Session, name: str, epoch: int, state: str) -> bool:
    """`up` or `recovering`, said by the node itself; False if this life was declared dead."""
    assert state in {"up", "recovering"}
    ours = update(Node).where(col(Node.name) == name, col(Node.epoch) == epoch, col(Node.state) != "down")
    return changed(session, ours.values(state=state)) == 1


def mark_down(session: Session, name: str, epoch: int, renewals: int | None = None) -> bool:
    """Declare this life of a node dead, if it still shows the `renewals` the observer saw; whether it did.

    Without `renewals` unconditionally: its supervisor saw it die, or it says so itself at a clean stop.
    """
    down = update(Node).where(col(Node.name) == name, col(Node.epoch) == epoch, col(Node.state) != "down")
    if renewals is not None:
        down = down.where(col(Node.renewals) == renewals)
    return changed(session, down.values(state="down")) == 1


def find_node(session: Session, name: str) -> Node | None:
    return first(session, select(Node).where(Node.name == name))


def list_nodes(session: Session, kind: str | None = None) -> list[Node]:
    """All nodes ever seen, dead ones too, by name."""
    query = select(Node) if kind is None else select(Node).where(Node.kind == kind)
    return every(session, query.order_by(col(Node.name)))


def _sign_of_life(now_ms: int, detail: str | None) -> dict[str, Any]:
    told = {} if detail is None else {"detail": detail}
    return {"renewals": Node.renewals + 1, "renewed_at_ms": now_ms, **told}


# --- leases: things of which there is one


def read_lease(session: Session, name: str) -> Lease | None:
    """Who holds it and how often it was renewed: what an observer watches by its own clock."""
    return first(session, select(Lease).where(Lease.name == name))


def acquire_lease(session: Session, name: str, holder: str) -> bool:
    """Take a lease that nobody holds (or that we hold); False if somebody does."""
    if insert_once(session, Lease(name=name, holder=holder)):
        return True
    free = update(Lease).where(col(Lease.name) == name, col(Lease.holder).in_(("", holder)))
    return changed(session, free.values(holder=holder, renewals=Lease.renewals + 1)) == 1


def renew_lease(session: Session, name: str, holder: str) -> bool:
    """Prove that we still do it; False if somebody took it over."""
    ours = update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder)
    return changed(session, ours.values(renewals=Lease.renewals + 1)) == 1


def take_lease(session: Session, name: str, holder: str, seen: Lease) -> bool:
    """Take over a lease that did not move since `seen`; False if it did, or somebody was faster."""
    stale = update(Lease).where(
        col(Lease.name) == name, col(Lease.holder) == seen.holder, col(Lease.renewals) == seen.renewals
    )
    return changed(session, stale.values(holder=holder, renewals=Lease.renewals + 1)) == 1


def release_lease(session: Session, name: str, holder: str) -> bool:
    """Give it back at a clean stop, so that the next one need not wait; False if it was not ours."""
    ours = update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder)
    return changed(session, ours.values(holder="", renewals=Lease.renewals + 1)) == 1
