"""A leg's names on the wire."""

import pytest

from callback.telephony.names import Names

NAMES = Names(b"sixteen bytes...")


def test_a_restarted_process_with_the_same_key_gives_the_same_names() -> None:
    again = Names(b"sixteen bytes...")
    assert NAMES.call_id("r1-a1") == again.call_id("r1-a1")
    assert NAMES.tag("r1-a1") == again.tag("r1-a1")
    assert NAMES.branch("r1-a1", "INVITE", 1) == again.branch("r1-a1", "INVITE", 1)


def test_the_leg_is_found_from_the_message_alone() -> None:
    assert NAMES.find_leg_id(NAMES.call_id("r1-b2"), NAMES.tag("r1-b2")) == "r1-b2"


@pytest.mark.parametrize(
    ("call_id", "tag"),
    [
        ("", ""),
        ("r1-a1", None),
        (NAMES.call_id("r1-a1"), None),
        (NAMES.call_id("r1-a1"), NAMES.tag("r1-a2")),
        (NAMES.call_id("r1-a1") + "0", NAMES.tag("r1-a1")),
        (NAMES.call_id("r1-a1"), "é"),
        (Names(b"another sixteen.").call_id("r1-a1"), Names(b"another sixteen.").tag("r1-a1")),
    ],
)
def test_what_is_not_provably_ours_is_nobodys(call_id: str, tag: str | None) -> None:
    assert NAMES.find_leg_id(call_id, tag) is None


def test_every_transaction_has_a_branch_of_its_own() -> None:
    asked = [("r1-a1", "INVITE", 1), ("r1-a1", "INVITE", 2), ("r1-a1", "BYE", 2), ("r1-a2", "INVITE", 1)]
    branches = {NAMES.branch(*what) for what in asked}
    assert len(branches) == 4
    assert all(branch.startswith("z9hG4bK") for branch in branches)


def test_a_short_key_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="128 bits"):
        Names(b"short")
