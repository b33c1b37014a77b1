"""What of a login or a password survives an SMS: people type them on phones, and on web pages too.

Every script's decimal digits are the same digits. Marks of direction, which phones put between scripts that
run left and right, are no part of a word. White space and commas separate; a quotation mark at the front
opens a quotation. Whoever takes a login or a password from elsewhere reads it the same way, or the same
person would be known by two names.
"""

import unicodedata

_UNSEEN = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u061c")
CLOSING = {'"': '"', "'": "'", "“": "”“", "„": "”“", "”": "”", "‘": "’‘", "’": "’", "«": "»", "»": "«"}
"""By an opening quotation mark: the marks that close it. Phones like to make them curly."""


def as_texted(text: str) -> str:
    """The text with every script's decimal digits as 0-9, without the marks that nobody sees."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if c not in _UNSEEN)


def separates(char: str) -> bool:
    """White space of every kind, and the comma."""
    return char.isspace() or char == ","


def can_be_texted(value: str) -> bool:
    """Whether an SMS can carry this login or password as one plain value; `value` is as texted."""
    return bool(value) and value[0] not in CLOSING and not any(map(separates, value))
