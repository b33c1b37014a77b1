"""Callback clients: the list that is searched, and the form that makes one."""

import re
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from callback.clients import NewClient, Unfit, generate_password, make_client
from callback.core.money import format_money
from callback.core.numbers import number_prefixes
from callback.core.texted import as_texted
from callback.store import accounts, audit, clients
from callback.store.clients import Wanted
from callback.store.models import Account
from webapp.auth import operator_only, the_operator
from webapp.console.client_forms import NewClientForm, SearchForm
from webapp.i18n import gettext as _
from webapp.parts import the_parts
from webapp.time_zones import time_zones

blueprint = Blueprint("console_clients", __name__, url_prefix="/operator/clients")

_CREATED = "create-client"
_LOGIN_MOST = 80
_DIGITS = re.compile(r"[+＋]?[\d\s().-]{3,}")


@blueprint.get("")
@operator_only
def listing() -> ResponseReturnValue:
    form, parts = SearchForm(request.args), the_parts()
    if not form.validate():
        return render_template("console/clients.html", form=form, page=None, query={}, states={}), 400
    wanted = _wanted(form.q.data or "", form.state.data or "")
    with parts.store.read() as session:
        page = clients.page(session, wanted, after=_login("after"), before=_login("before"))
        states = clients.count_states(session)
    query = {name: text for name, text in (("q", form.q.data), ("state", form.state.data)) if text}
    return render_template("console/clients.html", form=form, page=page, query=query, states=states)


@blueprint.get("/new")
@operator_only
def new() -> ResponseReturnValue:
    service = the_parts().config.service
    form = NewClientForm(
        None, data={"country": service.country, "locale": service.locale, "time_zone": service.time_zone}
    )
    return _show(form)


@blueprint.post("/new")
@operator_only
def create() -> ResponseReturnValue:
    """Make a client; the same form sent again makes none and leads to the first one."""
    form, parts = NewClientForm(), the_parts()
    if not form.validate():
        return _show(form)
    password = form.fit_password or generate_password()
    hashed = parts.passwords.hash(password)  # 30 ms, before anything is locked
    with parts.store.write() as session:
        made = _make(session, form, hashed)
    if isinstance(made, _Repeated):
        flash(_("This client was made already. If you did not note the password, make a new one."), "info")
        return redirect(url_for("console_client.show", account_id=made.account_id), 303)
    if isinstance(made, Unfit):
        form.explain(made)
        return _show(form)
    if form.fit_password:
        flash(_("%(login)s can use the service now.", login=made.login), "ok")
        return redirect(url_for("console_client.show", account_id=made.id), 303)
    return render_template("console/password.html", account=made, password=password, is_new=True)


@dataclass(frozen=True, slots=True)
class _Repeated:
    """This very form made that client before."""

    account_id: str


def _make(session: Session, form: NewClientForm, hashed: str) -> Account | Unfit | _Repeated:
    parts, operator = the_parts(), the_operator()
    earlier = accounts.find_account(session, form.fit_login)
    if earlier is not None and any(
        entry.action == _CREATED and entry.detail.get("form") == form.key
        for entry in audit.entries_of(session, earlier.id)
    ):
        return _Repeated(earlier.id)
    currency, credit_micro, now_ms = (
        parts.config.service.currency,
        form.credit.micro or 0,
        parts.clock.now_ms(),
    )
    client = NewClient(
        id=parts.clock.new_id(),
        login=form.fit_login,
        password_hash=hashed,
        country=form.country.data,
        currency=currency,
        locale=form.locale.data,
        time_zone=form.time_zone.data,
        numbers=(form.number_e164,) if form.number_e164 else (),
        credit_micro=credit_micro,
    )
    made = make_client(
        session, client, author=f"operator:{operator.login}", now_ms=now_ms, new_id=parts.clock.new_id
    )
    if isinstance(made, Account):
        audit.record(
            session, at_ms=now_ms, author=operator.login, action=_CREATED, subject=made.id,
            login=made.login, credit=format_money(credit_micro, currency), form=form.key,
            number=form.number_e164,
        )  # fmt: skip
    return made


def _show(form: NewClientForm) -> str:
    return render_template(
        "console/new_client.html",
        form=form,
        currency=the_parts().config.service.currency,
        time_zones=time_zones(),
    )


def _wanted(text: str, state: str) -> Wanted:
    """A login, or a number in any habit: what looks like one is looked for as both."""
    country = the_parts().config.service.country
    numbers = number_prefixes(text, country) if _DIGITS.fullmatch(text) else ()
    return Wanted(as_texted(text).lower(), numbers, state)


def _login(name: str) -> str | None:
    """The login a page continues from."""
    return request.args.get(name, "")[:_LOGIN_MOST] or None
