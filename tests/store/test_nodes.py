"""Nodes and leases: lives are numbered, and counts prove them."""

from callback.store import nodes
from callback.store.db import Store
from tests.store.books import START_MS


def test_a_newer_life_ends_the_older_one(store: Store) -> None:
    with store.write() as session:
        first = nodes.register_node(session, "dialer1", "dialer", START_MS)
        other = nodes.register_node(session, "dialer2", "dialer", START_MS)
        assert nodes.renew(session, "dialer1", first, START_MS + 3000)
        second = nodes.register_node(session, "dialer1", "dialer", START_MS + 5000, '{"pid": 7}')
        assert first < other < second
        assert not nodes.renew(session, "dialer1", first, START_MS + 6000)
        assert nodes.renew(session, "dialer1", second, START_MS + 6000)
        node = nodes.find_node(session, "dialer1")
    assert node is not None
    assert (node.epoch, node.renewals, node.renewed_at_ms, node.detail) == (
        second,
        1,
        START_MS + 6000,
        '{"pid": 7}',
    )


def test_only_a_node_seen_standing_still_is_declared_dead(store: Store) -> None:
    with store.write() as session:
        epoch = nodes.register_node(session, "dialer1", "dialer", START_MS)
        seen = nodes.find_node(session, "dialer1")
        assert seen is not None
        assert nodes.renew(session, "dialer1", epoch, START_MS + 3000)
        assert not nodes.mark_down(session, "dialer1", epoch, seen.renewals)
        assert nodes.mark_down(session, "dialer1", epoch, seen.renewals + 1)
        assert not nodes.renew(session, "dialer1", epoch, START_MS + 6000)  # it must fence itself
        assert not nodes.set_node_state(session, "dialer1", epoch, "up")
        assert not nodes.mark_down(session, "dialer1", epoch)


def test_a_node_tells_its_state(store: Store) -> None:
    with store.write() as session:
        epoch = nodes.register_node(session, "dialer1", "dialer", START_MS)
        nodes.register_node(session, "gateway1", "gateway", START_MS)
        assert nodes.set_node_state(session, "dialer1", epoch, "recovering")
        told = [(node.name, node.state) for node in nodes.list_nodes(session)]
        assert told == [("dialer1", "recovering"), ("gateway1", "up")]
        assert [node.name for node in nodes.list_nodes(session, "gateway")] == ["gateway1"]


def test_a_lease_has_one_holder(store: Store) -> None:
    with store.write() as session:
        assert nodes.acquire_lease(session, "relay", "one")
        assert nodes.acquire_lease(session, "relay", "one")
        assert not nodes.acquire_lease(session, "relay", "two")
        assert not nodes.renew_lease(session, "relay", "two")
        assert not nodes.release_lease(session, "relay", "two")
        seen = nodes.read_lease(session, "relay")
        assert seen is not None
        assert nodes.renew_lease(session, "relay", "one")
        assert not nodes.take_lease(session, "relay", "two", seen)  # it moved: its holder lives
        seen = nodes.read_lease(session, "relay")
        assert seen is not None
        assert nodes.take_lease(session, "relay", "two", seen)
        assert not nodes.renew_lease(session, "relay", "one")
        assert nodes.release_lease(session, "relay", "two")
        assert nodes.acquire_lease(session, "relay", "one")


def test_one_that_owns_nothing_live_tells_people_how_it_is(store: Store) -> None:
    with store.write() as session:
        assert not nodes.say_alive(session, "gateway1", START_MS)
        nodes.register_node(session, "gateway1", "gateway", START_MS)
        nodes.say_goodbye(session, "gateway1")
        assert nodes.say_alive(session, "gateway1", START_MS + 1, '{"links": {}}')
        assert nodes.say_alive(session, "gateway1", START_MS + 2)
        node = nodes.find_node(session, "gateway1")
    assert node is not None
    assert (node.state, node.renewed_at_ms, node.renewals) == ("up", START_MS + 2, 2)
    assert node.detail == '{"links": {}}'


def test_a_renewal_may_say_something_new(store: Store) -> None:
    with store.write() as session:
        epoch = nodes.register_node(session, "dialer1", "dialer", START_MS)
        assert nodes.renew(session, "dialer1", epoch, START_MS, '{"trunks": {}}')
        assert nodes.renew(session, "dialer1", epoch, START_MS)
        node = nodes.find_node(session, "dialer1")
    assert node is not None
    assert node.detail == '{"trunks": {}}'
