"""Reads the configuration and names every fault of it at once, each where the reader will look for it.

    file.toml ──► tables ──┐
    RINGBACK__SECTION__KEY ┴─► one tree ──► secrets by reference ──► `Config`, or all `Fault`s together

Without a file the tree is empty and the embedded default stands. Must not know what the values are for.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from callback.config import Config, Section
from callback.config_faults import Fault, Loc, faults_of, spelled

ENV_PREFIX = "RINGBACK__"
ENV_FILE = "RINGBACK_CONFIG"
ENV_DATA_DIR = "RINGBACK_DATA_DIR"
LOCAL_FILE = "ringback.toml"

_SOCKET_PATH_MAX = 107  # bytes, sun_path of unix(7) without its closing zero
_LONGEST_SOCKET = "dialer-wake.sock"


class ConfigFaults(Exception):
    """The configuration cannot be used; `faults` holds everything that is wrong with it."""

    transient = False

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration of `path`, or of the first file found, or the default; raises `ConfigFaults`."""
    found = find_file(path, environ)
    tree = _read(found) if found else {}
    base = found.parent if found else Path.cwd()
    names, faults = _override(tree, environ)
    faults += _resolve_secrets(tree, Config, (), base, environ)
    tree.setdefault("data_dir", environ.get(ENV_DATA_DIR) or str(default_data_dir(environ)))
    config = None
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        known = {fault.path for fault in faults}
        faults += [fault for fault in faults_of(error, names) if fault.path not in known]
    if config and not faults:
        config = config.model_copy(update={"data_dir": (base / config.data_dir.expanduser()).absolute()})
        faults += _too_long(config)
    if faults or config is None:
        raise ConfigFaults(sorted(faults, key=lambda fault: fault.path))
    return config


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """`--config`, then `RINGBACK_CONFIG`, then ./ringback.toml; a named file that is not there is a fault."""
    named = path or (Path(environ[ENV_FILE]) if environ.get(ENV_FILE) else None)
    if named is None:
        local = Path.cwd() / LOCAL_FILE
        return local if local.is_file() else None
    return named.absolute()


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Under the XDG data home, for root too: a system service says `data_dir = "/var/lib/ringback"`."""
    home = environ.get("XDG_DATA_HOME") or str(
        Path(environ.get("HOME") or "~").expanduser() / ".local" / "share"
    )
    return Path(home) / "ringback"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigFaults([Fault(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigFaults([Fault(str(path), f"is not UTF-8 at byte {error.start}")]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigFaults([_syntax_fault(path, str(error))]) from None


def _syntax_fault(path: Path, text: str) -> Fault:
    where = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", text)
    place = f"{path}:{where[1]}:{where[2]}" if where and where[1] else f"{path}:end"
    return Fault(place, "is not TOML: " + re.sub(r" \(at .*\)$", "", text))


def _override(tree: dict[str, Any], environ: Mapping[str, str]) -> tuple[dict[Loc, str], list[Fault]]:
    """Lay the environment over the tree; which variable set which key, and what did not fit."""
    names: dict[Loc, str] = {}
    faults = []
    for name in sorted(name for name in environ if name.startswith(ENV_PREFIX)):
        words = name.removeprefix(ENV_PREFIX).lower().split("__")
        loc: Loc = tuple(int(word) if word.isdigit() else word for word in words)
        if _place(tree, loc, _value(environ[name])):
            names[loc] = name
        else:
            faults.append(Fault(spelled(loc), "there is no such entry to override", f"set by {name}"))
    return names, faults


def _value(text: str) -> Any:
    """Lists and tables are written as in TOML; all else is text, and the shapes make numbers of it."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _place(tree: dict[str, Any], loc: Loc, value: object) -> bool:
    at: Any = tree
    for here, following in pairwise(loc):
        if isinstance(at, dict) and isinstance(here, str):
            at = at.setdefault(here, [] if isinstance(following, int) else {})
        elif isinstance(at, list) and isinstance(here, int) and here <= len(at):
            if here == len(at):
                at.append({})
            at = at[here]
        else:
            return False
    last = loc[-1]
    if isinstance(at, dict) and isinstance(last, str):
        at[last] = value
        return True
    if isinstance(at, list) and isinstance(last, int) and last <= len(at):
        at[last : last + 1] = [value]
        return True
    return False


def _resolve_secrets(
    tree: dict[str, Any], shape: type[Section], loc: Loc, base: Path, environ: Mapping[str, str]
) -> list[Fault]:
    """Put the secret in the place of each `env:` or `file:` reference."""
    faults = []
    for name, field in shape.model_fields.items():
        value = tree.get(name)
        here = (*loc, name)
        if field.annotation is SecretStr and isinstance(value, str):
            secret = _secret(value, base, environ)
            if isinstance(secret, str):
                tree[name] = secret
            else:
                faults.append(Fault(spelled(here), secret.message))
        inner = section_in(field)
        if inner and isinstance(value, dict):
            faults += _resolve_secrets(value, inner, here, base, environ)
        if inner and isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    faults += _resolve_secrets(entry, inner, (*here, index), base, environ)
    return faults


@dataclass(frozen=True, slots=True)
class _NoSecret:
    message: str


def _secret(written: str, base: Path, environ: Mapping[str, str]) -> str | _NoSecret:
    kind, _, where = written.partition(":")
    if kind == "env":
        return environ[where] if where in environ else _NoSecret(f"the environment has no variable {where}")
    if kind != "file":
        return written
    try:
        return (base / where).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        return _NoSecret(f"the file {base / where} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _NoSecret(f"the file {base / where} is not UTF-8")


def section_in(field: FieldInfo) -> type[Section] | None:
    """The section a field holds, be it one or a list of them."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Section):
            return kind
    return None


def _too_long(config: Config) -> list[Fault]:
    longest = os.fsencode(config.run_dir / _LONGEST_SOCKET)
    if len(longest) <= _SOCKET_PATH_MAX:
        return []
    spare = len(longest) - _SOCKET_PATH_MAX
    return [Fault("data_dir", f"is {spare} bytes too long: sockets live under it", "choose a shorter path")]
