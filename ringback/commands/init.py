"""`ringback init`: data directory, keys, database, and the first operator's one-time link. Safe to repeat."""

import os
import secrets
from typing import Annotated

import typer

from callback.clock import Clock
from callback.config import Config
from callback.keys import make_missing_keys
from callback.store import accounts, operators
from callback.store.db import Store, StoreTooOld
from ringback.opening import open_config
from ringback.terminal import AsJson, ConfigPath, give_up, say, show_facts, show_json

_LINK_VALID_MS = 7 * 86_400_000
_LINK_NOTE = "operator-link"  # a file in the data directory, 0600: the database has only a hash


def init(
    config: ConfigPath = None,
    new_link: Annotated[bool, typer.Option("--new-link", help="Make another operator link.")] = False,
    new_pepper: Annotated[
        bool, typer.Option("--new-pepper", help="Give up every password: the key they need is lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make everything the service needs to start; upgrade the database of an earlier version."""
    settings = open_config(config)
    if not new_pepper:
        _keep_passwords(settings)
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = make_missing_keys(settings.keys_dir)
    except OSError as error:
        give_up(f"{error.filename or settings.data_dir}: {error.strerror}; check data_dir and its owner")
    store = Store(settings.database_url)
    store.migrate()
    link = _operator_link(store, settings, new_link)
    if as_json:
        show_json(
            {"data_dir": settings.data_dir, "database": store.name, "keys_made": made, "operator_link": link}
        )
        return
    show_facts(
        {
            "data directory": settings.data_dir,
            "database": f"{store.name}, up to date",
            "keys": f"made: {', '.join(made)}" if made else "all there",
            "operator": link or "signed up already; --new-link makes another link",
        }
    )
    if link:
        say("\nThe link works once, for seven days. Whoever opens it runs the service.")


def _keep_passwords(config: Config) -> None:
    """A new pepper beside old accounts makes every password wrong: only when it is asked for."""
    pepper, store = config.keys_dir / "pepper", Store(config.database_url)
    if pepper.exists():
        return
    try:
        store.check_schema()
        with store.read() as session:
            has_accounts = bool(accounts.list_accounts(session, limit=1))
    except StoreTooOld:  # no database yet
        return
    finally:
        store.dispose()
    if has_accounts:
        give_up(
            f"{pepper}: the key is missing, and no password of the database's accounts is right without it; "
            "restore it from the key backup, or run `ringback init --new-pepper` and give them all up"
        )


def _operator_link(store: Store, config: Config, new_link: bool) -> str | None:
    """The first operator's link: the same one until it is used; None once an operator is there."""
    note = config.data_dir / _LINK_NOTE
    with store.read() as session:
        has_operators = operators.has_operators(session)
    if has_operators and not new_link:
        note.unlink(missing_ok=True)
        return None
    clock, token = Clock(), secrets.token_urlsafe(24)
    now_ms = clock.now_ms()
    if not new_link and note.exists() and note.stat().st_mtime * 1000 + _LINK_VALID_MS > now_ms:
        return note.read_text().strip()
    with store.write() as session:
        operators.create_operator_link(session, clock.new_id(), token, now_ms + _LINK_VALID_MS, now_ms)
    link = f"{config.web_url}/operator/welcome/{token}"
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(link + "\n")
    return link
