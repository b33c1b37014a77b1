"""Every word of the pages has its translation, and what is compiled is what was translated."""

import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from smsgw.replies import LOCALES
from tools import translations
from webapp.i18n import LANGUAGES, TRANSLATIONS

CATALOGS = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
PLACE = re.compile(r"%\([a-z_]+\)[sd]|%%|\{[a-z_]+\}")


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return translations.gathered()


def read(po: Path) -> Catalog:
    return translations.read(po)


def words(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


def sources(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_every_language_but_the_source_has_a_catalogue() -> None:
    assert {po.parent.parent.name for po in CATALOGS} == set(LANGUAGES) - {"en"}


def test_our_sms_speak_every_language_of_the_pages() -> None:
    assert set(LANGUAGES) <= LOCALES


@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.parent.parent.name)
class TestCatalogue:
    def test_nothing_is_missing(self, po: Path, wanted: Catalog) -> None:
        kept = read(po)
        missing = [
            message.id
            for message in wanted
            if message.id
            and (
                (found := kept.get(message.id, message.context)) is None
                or not translations.is_translated(found.string)
            )
        ]
        assert missing == [], "run `make translations`, fill in what is empty, run it again"

    def test_nothing_is_left_over_or_guessed(self, po: Path, wanted: Catalog) -> None:
        kept = read(po)
        assert [message.id for message in kept if message.id and message.fuzzy] == []
        assert [
            message.id for message in kept if message.id and wanted.get(message.id, message.context) is None
        ] == []
        assert not kept.obsolete

    def test_what_is_filled_in_has_the_same_names_everywhere(self, po: Path, wanted: Catalog) -> None:
        def places(texts: list[str]) -> set[str]:
            return {place for text in texts for place in PLACE.findall(text)}

        astray = [
            (message.id, message.string)
            for message in read(po)
            if message.id and not places(words(message)) <= places(sources(message))
        ]
        forgotten = [
            (message.id, message.string)
            for message in read(po)
            if isinstance(message.id, str) and places(sources(message)) - places(words(message))
        ]
        assert (astray, forgotten) == ([], [])

    def test_every_plural_form_has_words(self, po: Path, wanted: Catalog) -> None:
        kept = read(po)
        short = [m.id for m in kept if isinstance(m.id, tuple) and len(words(m)) != kept.num_plurals]
        assert short == []

    def test_the_compiled_file_says_the_same(self, po: Path, wanted: Catalog) -> None:
        with po.with_suffix(".mo").open("rb") as file:
            compiled = GNUTranslations(file)
        stale = []
        for message in read(po):
            if isinstance(message.id, str) and message.id:
                context, source = message.context, message.id
                if (
                    compiled.pgettext(context, source) if context else compiled.gettext(source)
                ) != message.string:
                    stale.append(message.id)
            elif message.id:
                one, many = message.id
                shown = {compiled.ngettext(one, many, count) for count in range(101)}
                if shown != set(words(message)):
                    stale.append(message.id[0])
        assert stale == [], "run `make translations`"
