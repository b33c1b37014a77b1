"""`ringback init`: makes what is missing, and only that."""

import os
import stat
from pathlib import Path

from tests.ringback.house import House, build


def test_everything_is_made_and_closed_to_others(root: Path) -> None:
    made = build(root).json("init")
    keys = sorted((root / "data" / "keys").iterdir())
    assert [key.name for key in keys] == ["pepper", "seal", "session", "sip"] == sorted(made["keys_made"])
    private = [*keys, root / "data" / "ringback.db", root / "data" / "operator-link"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE((root / "data").stat().st_mode) == 0o700


def test_the_second_time_changes_nothing_and_says_the_same_link(house: House) -> None:
    keys = {key.name: key.read_bytes() for key in house.config.keys_dir.iterdir()}
    first, second = house.json("init"), house.json("init")
    assert first == second
    assert second["operator_link"] and second["keys_made"] == []
    assert keys == {key.name: key.read_bytes() for key in house.config.keys_dir.iterdir()}


def test_another_link_is_made_on_request(house: House) -> None:
    first = house.json("init")["operator_link"]
    assert house.json("init", "--new-link")["operator_link"] != first


def test_a_link_that_expired_is_replaced(house: House) -> None:
    first, note = house.json("init")["operator_link"], house.config.data_dir / "operator-link"
    eight_days_ago_s = note.stat().st_mtime - 8 * 86_400
    os.utime(note, (eight_days_ago_s, eight_days_ago_s))
    assert house.json("init")["operator_link"] != first


def test_the_database_has_no_token_of_a_link(house: House) -> None:
    token = house.json("init")["operator_link"].rpartition("/")[2]
    written = b"".join(path.read_bytes() for path in house.config.data_dir.glob("ringback.db*"))
    assert token.encode() not in written


def test_a_place_that_cannot_be_made_is_said(root: Path) -> None:
    (root / "data").write_text("in the way")
    result = build(root).run("init")
    assert result.exit_code == 1
    assert f"{root}/data: File exists; check data_dir" in result.stderr


def test_a_lost_pepper_is_not_replaced_behind_the_back_of_its_accounts(house: House) -> None:
    """With another pepper no password would ever match again: whoever restored a backup forgot the keys."""
    pepper = house.config.keys_dir / "pepper"
    house.run("account", "add", "--login", "anna", "--generate")
    pepper.unlink()
    refused = house.run("init")
    assert refused.exit_code == 1
    assert f"{pepper}: the key is missing" in refused.stderr and "--new-pepper" in refused.stderr
    assert not pepper.exists()
    assert house.json("init", "--new-pepper")["keys_made"] == ["pepper"]


def test_a_lost_pepper_without_accounts_is_made_anew(house: House) -> None:
    (house.config.keys_dir / "pepper").unlink()
    assert house.json("init")["keys_made"] == ["pepper"]
