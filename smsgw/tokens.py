"""The text of an SMS as tokens: `KEY.value` pairs and bare words. Pure.

Separators are white space of every kind and commas. `U:` is read as `U.`. A value that begins with a
quotation mark runs to its closing one, so that a password may hold separators; phones like to make the
marks curly. Every script's decimal digits are read as 0-9. Marks of direction, which phones put between
scripts that run left and right, are no part of a login or a password.
"""

from dataclasses import dataclass

from callback.core.texted import CLOSING, as_texted, separates

KEYS = frozenset("UPRDXTFWVSQ")


@dataclass(frozen=True, slots=True)
class Pair:
    """`U.callback`; the key in upper case."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Word:
    """Anything between separators that is no pair; `text` in upper case."""

    text: str


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A quotation mark without its partner, or with something glued to it: the last token there is."""


Token = Pair | Word | Unclosed


def tokenise(text: str) -> tuple[Token, ...]:
    """All tokens in order."""
    text = as_texted(text)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if separates(text[at]):
            at += 1
            continue
        if text[at].upper() in KEYS and text[at + 1 : at + 2] in {".", ":"}:
            value, end = _value(text, at + 2)
            tokens.append(Unclosed() if value is None else Pair(text[at].upper(), value))
            at = end
        else:
            end = _run(text, at)
            tokens.append(Word(text[at:end].upper()))
            at = end
    return tuple(tokens)


def _run(text: str, start: int) -> int:
    """Where the characters up to the next separator end."""
    end = start
    while end < len(text) and not separates(text[end]):
        end += 1
    return end


def _value(text: str, start: int) -> tuple[str | None, int]:
    """The value and where it ends; None when its quotation does not end as it should."""
    closing = CLOSING.get(text[start : start + 1])
    if closing is None:
        end = _run(text, start)
        return text[start:end], end
    for end in range(start + 1, len(text)):
        if text[end] in closing:
            glued = end + 1 < len(text) and not separates(text[end + 1])
            return (None, len(text)) if glued else (text[start + 1 : end], end + 1)
    return None, len(text)
