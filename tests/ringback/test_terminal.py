"""What the command says when it cannot, in words for people and in JSON for machines."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callback.keys import key_troubles
from ringback.cli import app
from tests.ringback.house import House


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("calls", "--limit", "0"), "--limit"),
        (("account", "add"), "--login"),
        (("account", "add", "--logn", "anna"), "--logn"),
        (("rates", "imprt"), "imprt"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_json_where_json_was_asked_for(
    house: House, words: tuple[str, ...], told: str
) -> None:
    assert house.run(*words).exit_code == 2
    result = house.run(*words, "--json")
    assert result.exit_code == 2
    assert told in json.loads(result.stdout)["error"]


def test_every_command_with_an_answer_gives_json_before_init_too(root: Path) -> None:
    nowhere = {"RINGBACK_CONFIG": str(root / "nowhere.toml")}
    for words in ("init", "check", "account show", "rates show", "calls", "trace x", "reconcile"):
        result = CliRunner().invoke(app, [*words.split(), "--json"], env=nowhere)
        assert result.exit_code == 1, words
        assert "nowhere.toml" in json.loads(result.stdout)["error"], words


def test_names_are_shown_as_they_are_written(house: House) -> None:
    """Rich would take the first for markup and the second for a picture."""
    for name in ("[/anna]", ":end:"):
        assert house.run("account", "add", "--login", name, "--generate").exit_code == 0
        assert name in house.run("account", "show").stdout
        assert f"{name}x: there is no such account" in house.run("account", "show", f"{name}x").stderr


def test_a_file_that_does_not_open_is_named_without_a_traceback(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    result = house.run("run", "relay")
    assert result.exit_code == 1
    assert f"{house.config.run_dir}: Permission denied" in result.stderr


def test_keys_of_another_user_are_not_taken_for_missing_ones(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    (trouble,) = key_troubles(house.config.keys_dir)
    assert "run this as their owner" in trouble
