"""One callback client: money, phones, calls, payments, sessions, what was done, and what may be done.

Each button is one transaction: the deed, if it is still to be done, and its audit row. What was done already,
by a second press or another operator, is said and changes nothing.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from callback.clients import generate_password
from callback.core.money import format_money
from callback.store import accounts, audit, clients, history, ledger, web_sessions
from callback.store.history import CallFilter
from callback.store.live import live_calls
from callback.store.models import Account, Transfer
from callback.store.web_sessions import Kind
from webapp.auth import operator_only, the_operator
from webapp.browsers import device_name
from webapp.console.audit_words import entry_words
from webapp.console.client_forms import MoneyForm
from webapp.filters import money
from webapp.i18n import gettext as _
from webapp.i18n import ngettext
from webapp.parts import the_parts

blueprint = Blueprint("console_client", __name__, url_prefix="/operator/clients/<account_id>")

_CALLS = 10
_PAYMENTS = 20
_ENTRIES = 20


@blueprint.get("")
@operator_only
def show(account_id: str) -> ResponseReturnValue:
    return _page(account_id, MoneyForm(None))


@blueprint.get("/live")
@operator_only
def live(account_id: str) -> ResponseReturnValue:
    """Their calls under way: the part of the page that changes by itself."""
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        _get(session, account_id)
        found = live_calls(session, now_ms, account_id=account_id)
    back = url_for("console_client.show", account_id=account_id)
    return render_template("console/_live.html", live=found, now_ms=now_ms, back=back)


@blueprint.post("/block")
@operator_only
def block(account_id: str) -> ResponseReturnValue:
    parts, now_ms = the_parts(), the_parts().clock.now_ms()
    with parts.store.write() as session:
        account = _get(session, account_id)
        blocked = clients.block(session, account.id, now_ms)
        if blocked is not None:
            _note(session, "block-account", account, now_ms, cancelled=len(blocked.cancelled))
    if blocked is None:
        flash(_("%(login)s was blocked already.", login=account.login), "info")
        return _back(account_id)
    for request_id in blocked.cancelled:
        parts.news.tell(account.id, request_id)
    flash(_("%(login)s is blocked and signed out everywhere.", login=account.login), "ok")
    if blocked.running:
        told = ngettext(
            "%(num)s call is still under way. Hang it up below if it has to end now.",
            "%(num)s calls are still under way. Hang them up below if they have to end now.",
            len(blocked.running),
        )
        flash(told, "warning")
    return _back(account_id)


@blueprint.post("/unblock")
@operator_only
def unblock(account_id: str) -> ResponseReturnValue:
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.write() as session:
        account = _get(session, account_id)
        done = clients.unblock(session, account.id)
        if done:
            _note(session, "unblock-account", account, now_ms)
    if done:
        flash(_("%(login)s may use the service again.", login=account.login), "ok")
    else:
        flash(_("%(login)s was not blocked.", login=account.login), "info")
    return _back(account_id)


@blueprint.post("/money")
@operator_only
def move_money(account_id: str) -> ResponseReturnValue:
    """Top up or correct, once for each form however often it is sent."""
    form, parts = MoneyForm(), the_parts()
    if not form.validate():
        return _page(account_id, form)
    assert form.amount.micro is not None, "the form was valid"
    now_ms = parts.clock.now_ms()
    amount_micro = -form.amount.micro if form.kind.data == "debit" else form.amount.micro
    try:
        with parts.store.write() as session:
            account = _get(session, account_id)
            moved = _move(session, account, form, amount_micro, now_ms)
    except ledger.BelowFloor:
        form.amount.errors = [_("The client has less than that to take away. Nothing was changed.")]
        return _page(account_id, form)
    if isinstance(moved, Transfer):
        form.renew_key()
        form.amount.errors = [
            _(
                "This form was booked before, as %(amount)s, %(reason)s. Nothing was booked now."
                " Press again to book this too.",
                amount=money(moved.amount_micro, moved.currency), reason=moved.reason,
            )
        ]  # fmt: skip
        return _page(account_id, form)
    if not moved:
        flash(_("This was booked already; nothing was booked twice."), "info")
        return _back(account_id)
    parts.news.tell(account.id)
    shown = money(abs(amount_micro), account.currency)
    if amount_micro > 0:
        flash(_("%(amount)s added.", amount=shown), "ok")
    else:
        flash(_("%(amount)s taken away.", amount=shown), "ok")
    return _back(account_id)


@blueprint.post("/password")
@operator_only
def reset_password(account_id: str) -> ResponseReturnValue:
    """Another password, made here and shown once. What is shown last is what is valid."""
    parts, password = the_parts(), generate_password()
    hashed, now_ms = parts.passwords.hash(password), parts.clock.now_ms()
    with parts.store.write() as session:
        account = _get(session, account_id)
        accounts.set_password(session, account.id, hashed)
        web_sessions.revoke_all(session, account.id)
        _note(session, "reset-password", account, now_ms)
    return render_template("console/password.html", account=account, password=password, is_new=False)


@blueprint.post("/numbers/<number_id>/remove")
@operator_only
def remove_number(account_id: str, number_id: str) -> ResponseReturnValue:
    parts, now_ms = the_parts(), the_parts().clock.now_ms()
    with parts.store.write() as session:
        account = _get(session, account_id)
        number = next((n for n in accounts.numbers_of(session, account.id) if n.id == number_id), None)
        if number is None:
            abort(404)
        cancelled = clients.cancel_queued_of(session, account.id, now_ms, number.e164)
        accounts.remove_number(session, account.id, number.e164)
        _note(session, "remove-number", account, now_ms, number=number.e164)
    for request_id in cancelled:
        parts.news.tell(account.id, request_id)
    flash(_("The number is removed. It is not called any more."), "ok")
    return _back(account_id)


@blueprint.post("/sign-out")
@operator_only
def sign_out(account_id: str) -> ResponseReturnValue:
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.write() as session:
        account = _get(session, account_id)
        ended = web_sessions.revoke_all(session, account.id)
        if ended:
            _note(session, "sign-out-everywhere", account, now_ms, sessions=ended)
    flash(_("%(login)s is signed out everywhere.", login=account.login), "ok")
    return _back(account_id)


def _move(
    session: Session, account: Account, form: MoneyForm, amount_micro: int, now_ms: int
) -> bool | Transfer:
    """False: this very form was booked before; if as something else, as what. Raises BelowFloor."""
    key = f"{account.id}:{form.key}"  # keys are made by browsers: each account has its own
    told = {"author": f"operator:{the_operator().login}", "at_ms": now_ms, "reason": form.reason.data}
    earlier, kind = ledger.find_payment(session, key), "topup" if form.kind.data == "topup" else "adjust"
    if earlier is not None:
        wallet = ledger.wallet_id(account.id)
        booked_micro = earlier.amount_micro if earlier.credit_id == wallet else -earlier.amount_micro
        same = (earlier.kind, booked_micro, earlier.reason) == (kind, amount_micro, form.reason.data)
        return False if same else earlier
    book = ledger.top_up if form.kind.data == "topup" else ledger.adjust
    if not book(session, key, account.id, amount_micro, **told):
        return False
    action = "top-up" if form.kind.data == "topup" else "correct-balance"
    amount = format_money(amount_micro, account.currency)
    _note(session, action, account, now_ms, amount=amount, reason=form.reason.data)
    return True


def _get(session: Session, account_id: str) -> Account:
    return clients.find_client(session, account_id) or abort(404)


def _note(session: Session, action: str, account: Account, now_ms: int, **detail: str | int) -> None:
    author = the_operator().login
    told = {"login": account.login, **detail}
    audit.record(session, at_ms=now_ms, author=author, action=action, subject=account.id, **told)


def _back(account_id: str) -> ResponseReturnValue:
    return redirect(url_for("console_client.show", account_id=account_id), 303)


def _page(account_id: str, form: MoneyForm) -> str:
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        account = _get(session, account_id)
        seen = {
            "wallet": ledger.get_wallet(session, account.id),
            "phones": accounts.numbers_of(session, account.id),
            "live": live_calls(session, now_ms, account_id=account.id),
            "calls": history.page(session, CallFilter(account.id), limit=_CALLS).lines,
            "payments": clients.payments_of(session, account.id, _PAYMENTS),
            "signed_in": web_sessions.sessions_of(session, Kind.SUBSCRIBER, account.id, now_ms),
            "entries": audit.entries_of(session, account.id, _ENTRIES),
        }
    return render_template(
        "console/client.html",
        account=account,
        now_ms=now_ms,
        back=url_for("console_client.show", account_id=account_id),
        money_form=form,
        device_name=device_name,
        entry_words=entry_words,
        **seen,
    )
