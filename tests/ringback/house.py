"""A data directory made by `ringback init`, and the command to ask about it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any

from typer.testing import CliRunner, Result

from callback.config import Config
from callback.config_file import load
from ringback.cli import app
from tests.ports import free_port


@dataclass
class House:
    root: Path
    settings: dict[str, str] = field(default_factory=dict)  # RINGBACK__… variables

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "RINGBACK_CONFIG": str(self.file), "COLUMNS": "200", **self.settings}

    @property
    def file(self) -> Path:
        return self.root / "ringback.toml"

    @property
    def config(self) -> Config:
        return load(self.file, self.environ)

    def run(self, *words: str, typed: str | None = None) -> Result:
        """In this process: fast."""
        return CliRunner().invoke(app, list(words), input=typed, env=self.environ)

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """In a process of its own, its output in `<root>/log`."""
        with (self.root / "log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ringback", *words],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            )

    def log(self) -> str:
        return (self.root / "log").read_text()


def build(root: Path, text: str = "") -> House:
    """Before `init`. `text` is added to the configuration file."""
    house = House(root)
    ports = (
        f"[web]\nport = {free_port(SOCK_STREAM)}\n[sip]\nport = {free_port()}\nrtp_ports = [31000, 31100]\n"
    )
    house.file.write_text(f'data_dir = "data"\n{ports}{text}')
    return house
