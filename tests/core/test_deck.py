"""Reading a rate deck: whole, or not at all with every fault named."""

from callback.core.deck import MAX_FAULTS, DeckFault, FaultyDeck, parse_deck
from callback.core.rating import Rate

HEADER = "prefix,role,connect_fee,first,next,price_per_minute"


def faults(*lines: str) -> list[str]:
    found = parse_deck([line + "\r\n" for line in lines])
    assert isinstance(found, FaultyDeck), found
    return [str(fault) for fault in found.faults]


def test_a_deck_is_read_in_any_order_of_columns() -> None:
    lines = [
        "\ufeffPrice_per_minute,next,first, role ,prefix,connect_fee,destination\n",
        '0.02,6,60,both,48,0,"Poland, all"\n',
        "\n",
        " 0.095 ,1,1,b,+4860,0.01,Poland mobile\n",
        ",,,,,,\n",
        "0.03,1,30,A,4860,0,Poland mobile\n",
    ]
    assert parse_deck(lines) == (
        Rate("48", "both", 0, 20_000, 60, 6),
        Rate("4860", "B", 10_000, 95_000, 1, 1),
        Rate("4860", "A", 0, 30_000, 30, 1),
    )


def test_a_missing_or_double_column_is_named() -> None:
    assert faults("prefix,role,conect_fee,first,next,price_per_minute,role", "48,both,0,1,1,1,A") == [
        "row 1, column role: this column stands twice",
        "row 1, column connect_fee: this column is missing in the header",
    ]


def test_an_empty_file_or_another_separator_is_one_fault() -> None:
    told = f"row 1: must name the columns, separated by commas: {HEADER}"
    assert faults() == faults("", "") == faults(HEADER.replace(",", ";"), "48;both;0;60;6;0,02") == [told]


def test_a_deck_without_rates_is_refused() -> None:
    assert faults(HEADER) == ["row 1: there is no rate below the header"]


def test_every_fault_of_a_row_is_named() -> None:
    assert faults(HEADER, "48,both,0,60,6,0.02", "0x,C,-1,0,1.5,1.2.3") == [
        "row 3, column prefix: '0x' is not a prefix: write digits with the country code, like 4860",
        "row 3, column role: 'C' is not a leg: write A, B or both",
        "row 3, column connect_fee: '-1' is not an amount: write it like 1.05",
        "row 3, column price_per_minute: '1.2.3' is not an amount: write it like 1.05",
        "row 3, column first: '0' is not an increment: write whole seconds from 1 to 3600",
        "row 3, column next: '1.5' is not an increment: write whole seconds from 1 to 3600",
    ]


def test_prefixes_are_digits_of_a_country_code() -> None:
    for prefix in ("", "+", "0048", "48600316058123456", "٤٨"):
        assert faults(HEADER, f"{prefix},both,0,60,6,0.02")[0].startswith("row 2, column prefix")


def test_a_prefix_has_one_price_for_a_leg() -> None:
    assert faults(HEADER, "48,A,0,60,6,0.02", "48,B,0,60,6,0.02", "+48,a,0,60,6,0.03") == [
        "row 4, column prefix: 48 for A has a price already in row 2"
    ]


def test_a_row_of_another_width_is_named() -> None:
    assert faults(HEADER, "48,both,0,60,6") == ["row 2: has 5 cells, the header has 6"]


def test_broken_quotes_are_named() -> None:
    assert faults(HEADER, '48,both,0,60,6,"0.02') == ["row 2: not a CSV file: unexpected end of data"]


def test_only_the_first_faults_are_told() -> None:
    told = faults(HEADER, *["48,both,0,60,6,x"] * 500)
    assert len(told) == MAX_FAULTS
    assert told[-1].startswith("row 101,")


def test_a_fault_reads_like_a_sentence() -> None:
    assert str(DeckFault(7, "role", "is odd")) == "row 7, column role: is odd"
