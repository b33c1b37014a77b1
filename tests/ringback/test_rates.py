"""`ringback rates`: a deck comes in whole or not at all."""

from tests.ringback.house import House

DECK = """prefix,role,connect_fee,first,next,price_per_minute
48,both,0.05,60,6,0.12
4860,B,0,1,1,0.30
"""


def test_a_deck_is_imported_and_priced(house: House) -> None:
    file = house.root / "spring.csv"
    file.write_text(DECK)
    assert house.json("rates", "import", str(file))["rows"] == 2
    shown = house.json("rates", "show", "600316058")
    assert shown["deck"] == "spring"
    assert [(one["for"], one["rate"]["prefix"]) for one in shown["rates"]] == [
        ("leg A", "48"),
        ("leg B", "4860"),
    ]
    assert "0.12 EUR" in house.run("rates", "show").stdout


def test_a_bad_row_refuses_the_whole_file_and_keeps_the_old_deck(house: House) -> None:
    (house.root / "good.csv").write_text(DECK)
    house.run("rates", "import", str(house.root / "good.csv"))
    bad = house.root / "bad.csv"
    bad.write_text(DECK + "49,both,x,60,6,0.10\n")
    result = house.run("rates", "import", str(bad))
    assert result.exit_code == 1
    assert "row 4" in result.stderr and "connect_fee" in result.stderr
    assert house.json("rates", "show")["deck"] == "good"


def test_what_has_no_price_is_said(house: House) -> None:
    assert "no deck in EUR is active" in house.run("rates", "show").stderr
    (house.root / "good.csv").write_text(DECK)
    house.run("rates", "import", str(house.root / "good.csv"))
    assert "no rate in deck good" in house.run("rates", "show", "+4930123456").stderr
    assert "No such file" in house.run("rates", "import", "nowhere.csv").stderr
