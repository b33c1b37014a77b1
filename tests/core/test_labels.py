"""What a phone may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.labels import clean_label


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Work", "Work"),
        ("  my\t old \n phone ", "my old phone"),
        ("Ме́я мобилка", "Ме́я мобилка"),
        ("e\u0301cole", "\u00e9cole"),
        ("e\u200b\u0301cole", "\u00e9cole"),
        ("👩‍👩‍👧 family", "👩‍👩‍👧 family"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\u200b\u2066\ufeff", ""),
        ("bell\x07 null\x00", "bell null"),
        ("half \ud83d pair", "half pair"),
        ("<b>bold</b>", "<b>bold</b>"),  # harmless as text; the page escapes it
    ],
)
def test_a_label_is_any_text_on_one_line(written: str, kept: str) -> None:
    assert clean_label(written) == kept


@given(st.text())
def test_a_kept_label_stays_as_it_is(text: str) -> None:
    kept = clean_label(text)
    assert clean_label(kept) == kept
    assert kept == kept.strip() and "\n" not in kept
