"""`ringback account`: people, phones and money from the command line."""

from callback.core.commands import Balance
from callback.keys import load_keys
from callback.passwords import Passwords
from callback.store import accounts
from callback.store.db import Store
from smsgw.grammar import parse_command
from tests.ringback.house import House


def test_an_account_is_made_with_phone_password_and_money(house: House) -> None:
    result = house.run(
        "account", "add", "--login", "Anna", "--number", "600 316 058", "--password-stdin",
        "--topup", "10.50", typed="correct-horse\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "correct-horse" not in result.output
    shown = house.json("account", "show", "anna")
    assert shown["numbers"] == "+48600316058 (default)"
    assert (shown["balance_micro"], shown["currency"]) == (10_500_000, "EUR")
    with Store(house.config.database_url).read() as session:
        account = accounts.find_account(session, "anna")
    assert account is not None
    assert Passwords(load_keys(house.config.keys_dir).pepper).matches(account.password_hash, "correct-horse")
    assert house.run("reconcile").exit_code == 0


def test_login_and_password_are_kept_as_an_sms_gives_them(house: House) -> None:
    typed = "كلمة١٢٣٤\n"
    assert house.run("account", "add", "--login", " Ali٧ ", "--password-stdin", typed=typed).exit_code == 0
    command = parse_command("U.ali٧ P.كلمة١٢٣٤ B")
    assert isinstance(command, Balance)
    with Store(house.config.database_url).read() as session:
        account = accounts.find_account(session, command.login)
    assert account is not None
    passwords = Passwords(load_keys(house.config.keys_dir).pepper)
    assert passwords.matches(account.password_hash, command.password)


def test_a_generated_password_is_shown_once(house: House) -> None:
    made = house.json("account", "add", "--login", "ben", "--generate")
    assert len(made["password"]) == 12
    assert "password" not in house.json("account", "show", "ben")


def test_another_password_is_good_at_once_and_the_old_one_is_not(house: House) -> None:
    house.run("account", "add", "--login", "ben", "--password-stdin", typed="first-secret\n")
    result = house.run("account", "password", "ben", "--password-stdin", typed="second-secret\n")
    assert result.exit_code == 0, result.output
    assert "secret" not in result.output
    with Store(house.config.database_url).read() as session:
        account = accounts.find_account(session, "ben")
    assert account is not None
    passwords = Passwords(load_keys(house.config.keys_dir).pepper)
    assert passwords.matches(account.password_hash, "second-secret")
    assert not passwords.matches(account.password_hash, "first-secret")
    assert account.credential_version == 2
    assert len(house.json("account", "password", "ben", "--generate")["password"]) == 12


def test_a_top_up_is_credited_and_has_a_reason(house: House) -> None:
    house.run("account", "add", "--login", "ben", "--generate")
    assert house.run("account", "topup", "ben", "2.345678", "--reason", "cash").exit_code == 0
    assert house.json("account", "show", "ben")["balance_micro"] == 2_345_678
    assert [one["login"] for one in house.json("account", "show")] == ["ben"]


def test_every_mistake_is_one_clear_sentence_and_changes_nothing(house: House) -> None:
    house.run("account", "add", "--login", "ben", "--generate", "--number", "600316058")
    for words, typed, told in (
        (("add", "--login", "BEN", "--generate"), None, "--login BEN: there is such an account already"),
        (("password", "nobody", "--generate"), None, "nobody: there is no such account"),
        (("password", "ben", "--password-stdin"), "short\n", "at least 6 characters"),
        (("add", "--login", "eve", "--generate", "--number", "12"), None, "--number 12: invalid-number"),
        (("add", "--login", "eve", "--generate", "--number", "112"), None, "--number 112: emergency-number"),
        (("add", "--login", "eve", "--generate", "--number", "600316058"), None, "belongs to ben"),
        (("add", "--login", "eve", "--generate", "--topup", "ten"), None, "'ten' is not an amount"),
        (("add", "--login", "eve", "--generate", "--country", "XX"), None, "not a country"),
        (("add", "--login", "eve", "--password-stdin"), "short\n", "at least 6 characters and no space"),
        (("add", "--login", "eve", "--password-stdin"), "comma,comma\n", "no comma"),
        (("add", "--login", "eve", "--password-stdin"), "'quoted'\n", "no quotation mark"),
        (("add", "--login", "eve ben", "--generate"), None, "--login eve ben: must have no space"),
        (("add", "--login", "", "--generate"), None, "--login : must have no space"),
        (("add", "--login", "e\x07ve", "--generate"), None, "must have no space"),
        (("add", "--login", "e" * 41, "--generate"), None, "has at most 40 characters"),
        (("add", "--login", "eve", "--password-stdin"), "p" * 65 + "\n", "has at most 64 characters"),
        (("topup", "nobody", "1"), None, "nobody: there is no such account"),
        (("topup", "ben", "0"), None, "more than nothing"),
        (("show", "nobody"), None, "nobody: there is no such account"),
    ):
        result = house.run("account", *words, typed=typed)
        assert result.exit_code == 1, words
        assert told in result.stderr and result.stderr.count("\n") == 1, result.stderr
    assert [one["login"] for one in house.json("account", "show")] == ["ben"]


def test_a_password_has_exactly_one_source(house: House) -> None:
    assert house.run("account", "add", "--login", "eve").exit_code == 2
    assert house.run("account", "add", "--login", "eve", "--generate", "--password-stdin").exit_code == 2
