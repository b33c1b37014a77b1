"""`ringback operator list|reset-totp|remove`: who runs the service, and the cure for a lost authenticator."""

from typing import Annotated

import typer

from callback.clock import Clock
from callback.store import audit, operators, web_sessions
from callback.store.models import Operator
from ringback.opening import open_config, open_store
from ringback.terminal import AsJson, Commands, ConfigPath, give_up, say, show_json, show_table

app = typer.Typer(
    cls=Commands,
    help="Operators: who runs the service by its pages. `ringback init --new-link` invites one.",
    no_args_is_help=True,
    add_completion=False,
)

_AUTHOR = "cli"
Login = Annotated[str, typer.Argument(help="The operator's login.")]


@app.command("list")
def show(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Every operator, and whether an authenticator is set up."""
    store = open_store(open_config(config))
    with store.read() as session:
        rows = [_facts(each) for each in operators.list_operators(session)]
    if as_json:
        show_json(rows)
    elif rows:
        show_table(
            "operators", ["login", "authenticator"], [[row["login"], row["authenticator"]] for row in rows]
        )
    else:
        say("Nobody yet: `ringback init` prints the link that makes the first one.")


@app.command("reset-totp")
def reset_totp(login: Login, config: ConfigPath = None) -> None:
    """Forget a lost authenticator: the next sign-in, by password, sets up another. Ends every session."""
    clock, store = Clock(), open_store(open_config(config))
    with store.write() as session:
        operator = operators.find_operator(session, login)
        if operator is None:
            give_up(f"{login}: there is no such operator")
        operators.reset_totp(session, login)
        web_sessions.revoke_all(session, operator.id)
        audit.record(session, at_ms=clock.now_ms(), author=_AUTHOR, action="reset-totp", subject=operator.id)
    say(f"{operator.login} sets up an authenticator at the next sign-in.")


@app.command()
def remove(login: Login, config: ConfigPath = None) -> None:
    """Let somebody run the service no more; what they did stays written down."""
    clock, store = Clock(), open_store(open_config(config))
    with store.write() as session:
        operator = operators.find_operator(session, login)
        if operator is None:
            give_up(f"{login}: there is no such operator")
        web_sessions.revoke_all(session, operator.id)
        operators.remove_operator(session, operator.id)
        audit.record(
            session, at_ms=clock.now_ms(), author=_AUTHOR, action="remove-operator", subject=operator.id
        )
    say(f"{operator.login} is no operator any more.")


def _facts(operator: Operator) -> dict[str, str]:
    return {
        "id": operator.id,
        "login": operator.login or "",
        "authenticator": "set up" if operator.totp_sealed else "at the next sign-in",
    }
