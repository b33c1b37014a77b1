"""Gathers the words of the pages and compiles their translations: `make translations`.

After words changed, webapp/translations/<language>/LC_MESSAGES/messages.po gets the new ones, empty, and
loses those no page uses any more. Fill them in, run it again: messages.mo is what pages read. Both are kept
in git, so a fresh clone needs no build; a test finds what was forgotten.
"""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "webapp"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
# Words reach `gettext` under these names; all of them come from webapp.i18n.
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext")),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # git knows better, and equal words make equal files
_NOISE = re.compile(rb'^"(?:Report-Msgid|POT-|PO-|Last-Tr|Language-Team|Generated-By)[^\n]*\n', re.MULTILINE)
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}


def main() -> None:
    template = gathered()
    for po in sorted((PAGES / "translations").glob("*/LC_MESSAGES/messages.po")):
        catalog = read(po)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.creation_date = catalog.revision_date = _NO_DATE
        po.write_bytes(as_po(catalog))
        po.with_suffix(".mo").write_bytes(as_mo(catalog))
        empty = [message.id for message in catalog if message.id and not is_translated(message.string)]
        print(f"{po.relative_to(ROOT)}: {len(catalog)} messages, {len(empty)} without words")


def gathered() -> Catalog:
    """Every string of Python and templates that is marked for translation."""
    catalog = Catalog(project="Ringback", fuzzy=False)
    found = extract_from_dir(PAGES, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",))
    for file, _line, message, comments, context in found:
        catalog.add(message, locations=[(f"webapp/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name)


def as_po(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalog, width=110, sort_by_file=True, include_lineno=False)
    return _NOISE.sub(b"", out.getvalue()).lstrip()


def as_mo(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def is_translated(words: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether each form has its words."""
    return all(words) if isinstance(words, tuple | list) else bool(words)


if __name__ == "__main__":
    main()
