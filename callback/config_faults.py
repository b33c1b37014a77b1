"""Words for what is wrong with a configuration: where, what, and what was probably meant.

Pydantic finds the faults; here its errors become sentences. A value is repeated only where it can be no
secret.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from callback.config import COUNTRY, CURRENCY, E164, HOST, NAME, PREFIX, QUEUE_URL, SQLITE_URL, Config

Loc = tuple[str | int, ...]

_PATTERNS = {  # of callback/config.py, in words
    COUNTRY: "must be two capital letters (ISO 3166)",
    CURRENCY: "must be three capital letters",
    E164: "must be a number like +48221234567",
    NAME: "must be a name of at most 31 lower-case letters, digits, - and _",
    PREFIX: "must be + and digits",
    HOST: "must be an IPv4 address or a host's name",
    SQLITE_URL: "must be empty or sqlite:////path/of/the.db; no other database is supported yet",
    QUEUE_URL: "must be empty or begin with redis://, rediss:// or unix:///",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is a TOML path such as `links[0].password`, or `file:line:column` of a syntax fault."""

    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f", {self.suggestion}" if self.suggestion else "")


def spelled(loc: Iterable[str | int]) -> str:
    """The location as TOML people write it: `links[0].password`."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'
            text += f".{key}" if text else key
    return text


def faults_of(error: ValidationError, env_names: Mapping[Loc, str]) -> list[Fault]:
    """One fault per thing that is wrong; `env_names` tells which variable of the environment set a key."""
    return [_fault(details, env_names) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails, env_names: Mapping[Loc, str]) -> Fault:
    loc = details["loc"]
    if not loc:  # a validator over the whole: its message starts with the path
        path, _, message = details["msg"].removeprefix("Value error, ").partition(": ")
        return Fault(path, message)
    suggestion = ""
    if details["type"] == "extra_forbidden":
        near = get_close_matches(str(loc[-1]).lower(), _siblings(loc), n=1, cutoff=0.6)
        suggestion = f'did you mean "{near[0]}"?' if near else "known here: " + ", ".join(_siblings(loc))
    if loc in env_names:
        suggestion = "; ".join(filter(None, (suggestion, f"set by {env_names[loc]}")))
    return Fault(spelled(loc), _message(details), suggestion)


def _message(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "must be given"
    if kind == "string_pattern_mismatch":
        message = _PATTERNS.get(context["pattern"], f"must match {context['pattern']}")
    else:
        message = _sentence(details["msg"])
    shown = details["input"]
    if _is_secret(details["loc"]) or not isinstance(shown, str | int | float | bool):
        return message
    return f"{message}, not {shown!r}"


def _sentence(text: str) -> str:
    """Pydantic's English, with us as the speaker."""
    text = re.split(r", (?:unable to parse|got a number)", text.removeprefix("Value error, "))[0]
    text = re.sub(r"^(Input|String|Value|List|Tuple|Data) should ", "must ", text)
    text = re.sub(r"^(Input|Value) is ", "is ", text)
    text = text.replace("a valid integer", "a whole number").replace(
        "a valid dictionary or instance of", "a table for"
    )
    return text.replace("a valid tuple", "a list").replace("a valid string", "text")


def _siblings(loc: Loc) -> list[str]:
    return list(_shape_at(loc[:-1]).model_fields)


def _is_secret(loc: Loc) -> bool:
    if loc[-1] == "url":  # a password may stand in it
        return True
    field = _shape_at(loc[:-1]).model_fields.get(str(loc[-1]))
    return field is not None and field.annotation is SecretStr


def _shape_at(loc: Loc) -> type[BaseModel]:
    """The model whose keys stand at this place; the deepest one known if the place is made up."""
    shape: type[BaseModel] = Config
    for part in loc:
        field = shape.model_fields.get(part) if isinstance(part, str) else None
        kinds: tuple[Any, ...] = (field.annotation, *get_args(field.annotation)) if field else ()
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        shape = inner[0] if inner else shape
    return shape
