"""What the first page shows is what the program takes."""

import re
import shlex
from pathlib import Path

import typer
from typer import Context
from typer.core import TyperGroup

from callback.config_file import load
from callback.core.commands import Register, RequestCallback
from callback.core.deck import parse_deck
from ringback.cli import app
from smsgw.grammar import parse_command

README = (Path(__file__).parent.parent / "README.md").read_text()


def shown(language: str) -> str:
    """The last block of code in this language."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return blocks[-1]


def test_its_configuration_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "ringback.toml"
    file.write_text(shown("toml"))
    config = load(file, {"SMSC_PASSWORD": "secret"})
    assert [link.name for link in config.links] == ["carrier"]
    assert [trunk.name for trunk in config.trunks] == ["carrier", "desk"]


def test_its_rate_deck_is_accepted() -> None:
    deck = parse_deck(shown("csv").splitlines())
    assert isinstance(deck, tuple)
    assert len(deck) == 1


def test_its_texts_are_understood() -> None:
    texts = [
        text.replace("<password>", "secret").replace("<your number>", "+48600316058")
        for text in re.findall(r"`(U\.[^`]*)`", README)
    ]
    assert [type(parse_command(text)) for text in texts] == [Register, RequestCallback]


def test_its_commands_exist_with_the_options_it_gives_them() -> None:
    command = typer.main.get_command(app)
    lines = [shlex.split(line, comments=True) for line in shown("sh").splitlines()]
    spoken = [line[1:] for line in lines if line[:1] == ["ringback"]]
    assert len(spoken) >= 5
    for arguments in spoken:
        found, rest = command, arguments
        while isinstance(found, TyperGroup):  # its commands are loaded when they are asked for
            wanted = found.get_command(Context(found), rest[0])
            assert wanted is not None, f"ringback {' '.join(arguments)}"
            found, rest = wanted, rest[1:]
        with found.make_context(found.name, list(rest), resilient_parsing=False):
            pass
