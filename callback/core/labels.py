"""What people call their phones: any script, any emoji, but nothing that disturbs what stands beside it."""

import unicodedata

LABEL_MOST = 40  # characters
# Marks that turn the direction of all that follows (UAX #9), and blanks nobody sees; U+200D joins emoji.
_UNSEEN = frozenset("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u3164\ufeff\uffa0") | frozenset(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)))
)
_NOTHING = frozenset({"Cc", "Cs", "Co", "Cn"})  # controls, halves of pairs, characters that nobody defined


def clean_label(text: str) -> str:
    """The label as it is kept: composed (NFC), on one line, without what cannot be seen. May be too long."""
    seen = (" " if char.isspace() else char for char in text if char not in _UNSEEN)
    kept = "".join(char for char in seen if unicodedata.category(char) not in _NOTHING)
    return unicodedata.normalize("NFC", " ".join(kept.split()))
