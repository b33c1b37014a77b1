"""Which trunks reach a number."""

from callback.core.routing import TrunkRule, Way, ways_to

WORLD = TrunkRule("world", ("+",), strip=1, prepend="")
WORLD_TOO = TrunkRule("world-too", ("+",), strip=1, prepend="9")
POLAND = TrunkRule("poland", ("+48", "+4822"), strip=3, prepend="0")
MOBILES = TrunkRule("mobiles", ("+4860", "+4850"), strip=0, prepend="")


def test_the_longest_prefix_wins() -> None:
    assert ways_to("+48600316058", [WORLD, POLAND, MOBILES]) == (Way("mobiles", "+48600316058"),)
    assert ways_to("+48221234567", [MOBILES, POLAND, WORLD]) == (Way("poland", "0221234567"),)
    assert ways_to("+4930123456", [MOBILES, POLAND, WORLD]) == (Way("world", "4930123456"),)


def test_equal_prefixes_are_tried_in_the_order_of_the_configuration() -> None:
    assert ways_to("+4930123456", [WORLD_TOO, WORLD]) == (
        Way("world-too", "94930123456"),
        Way("world", "4930123456"),
    )


def test_a_number_no_trunk_reaches_has_no_way() -> None:
    assert ways_to("+4930123456", [POLAND, MOBILES]) == ()
    assert ways_to("+4930123456", []) == ()
    assert ways_to("+4930123456", [TrunkRule("silent", (), 0, "")]) == ()
