"""`ringback account add|show|topup|password`: the people we call back."""

import sys
from getpass import getpass
from typing import Annotated, Any, TypeVar

import typer
from sqlmodel import Session

from callback import clients
from callback.clients import Fault, NewClient, Unfit
from callback.clock import Clock
from callback.core.money import format_money, parse_money
from callback.core.numbers import is_country, parse_number
from callback.core.outcomes import Refused
from callback.keys import load_keys
from callback.passwords import Passwords
from callback.store import accounts, ledger, web_sessions
from callback.store.models import Account
from ringback.opening import open_config, open_store
from ringback.terminal import (
    AsJson,
    Commands,
    ConfigPath,
    give_up,
    say,
    show_facts,
    show_json,
    show_table,
)

app = typer.Typer(
    cls=Commands,
    help="Accounts: who may ask for a callback, and their money.",
    no_args_is_help=True,
    add_completion=False,
)

_AUTHOR = "cli"
T = TypeVar("T")
_WORDS = {
    Fault.LOGIN_UNFIT: "--login {login}: must have no space or comma and begin with no quotation mark",
    Fault.LOGIN_LONG: f"--login {{login}}: has at most {clients.LOGIN_MOST} characters",
    Fault.LOGIN_TAKEN: "--login {login}: there is such an account already",
    Fault.PASSWORD_SHORT: (
        f"the password must have at least {clients.PASSWORD_LEAST} characters and no space: it is sent by SMS"
    ),
    Fault.PASSWORD_LONG: f"the password has at most {clients.PASSWORD_MOST} characters: it is sent by SMS",
    Fault.PASSWORD_UNFIT: (
        "the password must have no comma and begin with no quotation mark: it is sent by SMS"
    ),
    Fault.NUMBER_TAKEN: "--number {what}: belongs to {detail}",
}

Login = Annotated[str, typer.Argument(help="The account's login.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from stdin.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it.")]


@app.command()
def add(
    login: Annotated[str, typer.Option("--login", help="What they write after U. in an SMS.")],
    number: Annotated[
        list[str] | None, typer.Option("--number", help="Their phone; you vouch for it.")
    ] = None,
    password_stdin: FromStdin = False,
    generate: Generate = False,
    topup: Annotated[str, typer.Option("--topup", help="First credit, such as 10.00.")] = "",
    country: Annotated[str, typer.Option("--country", help="Home country. (Default: the service's.)")] = "",
    locale: Annotated[str, typer.Option("--locale", help="Language. (Default: the service's.)")] = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Make an account. The password comes from stdin or is made here, never from the command line."""
    _one_of(password_stdin, generate)
    settings = open_config(config)
    name = _fit(clients.read_login(login), login)
    home = (country or settings.service.country).upper()
    if not is_country(home):
        give_up(f"--country {home}: not a country (ISO 3166, two letters)")
    numbers = tuple(_number(text, home) for text in number or [])
    credit_micro = _amount(topup) if topup else 0
    password = _new_password(generate, login)
    clock = Clock()
    new = NewClient(
        id=clock.new_id(),
        login=name,
        password_hash=Passwords(load_keys(settings.keys_dir).pepper).hash(password),
        country=home,
        currency=settings.service.currency,
        locale=locale or settings.service.locale,
        time_zone=settings.service.time_zone,
        numbers=numbers,
        credit_micro=credit_micro,
    )
    with open_store(settings).write() as session:
        made = clients.make_client(session, new, author=_AUTHOR, now_ms=clock.now_ms(), new_id=clock.new_id)
        account = _fit(made, login)
        facts = _facts(session, account)
    if generate:
        facts["password"] = password
    _tell(facts, as_json)


@app.command()
def show(
    login: Annotated[str, typer.Argument(help="Whose; without it, everybody.")] = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Show an account, its phones and its money; without a login, all accounts."""
    with open_store(open_config(config)).read() as session:
        if login:
            _tell(_facts(session, _find(session, login)), as_json)
            return
        rows = [_facts(session, account) for account in accounts.list_accounts(session, limit=10_000)]
    if as_json:
        show_json(rows)
    else:
        columns = ("login", "numbers", ">balance", ">held", "state")
        show_table("", columns, [[row[column.lstrip(">")] for column in columns] for row in rows])


@app.command()
def topup(
    login: Login,
    amount: Annotated[str, typer.Argument(help="Such as 10.00, in the account's currency.")],
    reason: Annotated[str, typer.Option("--reason", help="What the statement says.")] = "top-up",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Add money to an account."""
    amount_micro = _amount(amount)
    with open_store(open_config(config)).write() as session:
        account = _find(session, login)
        _credit(session, account, amount_micro, reason, Clock())
        facts = _facts(session, account)
    _tell(facts, as_json)


@app.command()
def password(
    login: Login,
    password_stdin: FromStdin = False,
    generate: Generate = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Give an account another password, for SMS and web; who is signed in by the old one is signed out."""
    _one_of(password_stdin, generate)
    settings = open_config(config)
    store = open_store(settings)
    with store.read() as session:
        account = _find(session, login)
    new = _new_password(generate, login)
    hashed = Passwords(load_keys(settings.keys_dir).pepper).hash(new)
    with store.write() as session:
        accounts.set_password(session, account.id, hashed)
        web_sessions.revoke_all(session, account.id)
        facts = _facts(session, account)
    if generate:
        facts["password"] = new
    _tell(facts, as_json)


def _one_of(password_stdin: bool, generate: bool) -> None:
    if password_stdin == generate:
        raise typer.BadParameter("give either --password-stdin or --generate")


def _new_password(generate: bool, login: str) -> str:
    """Made here or typed, never from the command line."""
    return clients.generate_password() if generate else _fit(clients.read_password(_typed()), login)


def _find(session: Session, login: str) -> Account:
    account = accounts.find_account(session, login)
    if account is None:
        give_up(f"{login}: there is no such account")
    return account


def _number(text: str, country: str) -> str:
    e164 = parse_number(text, country)
    if isinstance(e164, Refused):
        give_up(f"--number {text}: {e164.reason}")
    return e164


def _amount(text: str) -> int:
    try:
        micro = parse_money(text)
    except ValueError as error:
        give_up(f"{text}: {error}")
    if micro <= 0:
        give_up(f"{text}: an amount to add is more than nothing")
    return micro


def _typed() -> str:
    return getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _fit(found: T | Unfit, login: str) -> T:
    """What is fit; what is not is told in a sentence."""
    if isinstance(found, Unfit):
        give_up(_WORDS[found.fault].format(login=login, what=found.what, detail=found.detail))
    return found


def _credit(session: Session, account: Account, micro: int, reason: str, clock: Clock) -> None:
    ledger.top_up(
        session, clock.new_id(), account.id, micro, author=_AUTHOR, at_ms=clock.now_ms(), reason=reason
    )


def _facts(session: Session, account: Account) -> dict[str, Any]:
    wallet = ledger.get_wallet(session, account.id)
    numbers = accounts.numbers_of(session, account.id)
    return {
        "login": account.login,
        "state": account.state,
        "country": account.country,
        "locale": account.locale,
        "numbers": ", ".join(_shown(number.e164, number.state, number.is_default) for number in numbers),
        "balance": format_money(wallet.balance_micro, wallet.currency),
        "held": format_money(wallet.held_micro, wallet.currency),
        "balance_micro": wallet.balance_micro,
        "held_micro": wallet.held_micro,
        "currency": wallet.currency,
    }


def _shown(e164: str, state: str, is_default: bool) -> str:
    if state != "verified":
        return f"{e164} ({state})"
    return f"{e164} (default)" if is_default else e164


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(facts)
        return
    show_facts(
        {name: value for name, value in facts.items() if not name.endswith("_micro") and name != "currency"}
    )
    if "password" in facts:
        say("\nThe password is shown this once.")
