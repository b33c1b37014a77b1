"""The first page of a callback client: what there is to spend, the Call-me button, the last calls.

The price is told before the button is pressed, by the same plan that the press then follows: while typing
where scripts run, else by a button of its own. A press is kept under its form's key and content, so a second
one finds the call of the first.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length, Optional

from callback.core.numbers import example_mobile
from callback.core.outcomes import Reason, Refused
from callback.core.quote import Quote
from callback.core.results import Result
from callback.intake import Wish
from callback.store import accounts, history, ledger, requests
from callback.store.history import CallFilter, CallLine
from callback.store.ledger import Wallet
from callback.store.live import LiveCall, live_calls
from callback.store.models import Account, Number
from webapp.auth import current_user, subscriber_only, the_subscriber
from webapp.filters import number
from webapp.forms import OnceForm, clean_text, stripped
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext
from webapp.parts import the_parts
from webapp.refusals import words_of
from webapp.sample_sms import call_me_sms, register_sms

blueprint = Blueprint("portal", __name__)

_RECENT = 5
_LIVE_MOST = 3
_WRITTEN_MOST = 40
_ABOUT_SOURCE = {Reason.NOT_YOUR_NUMBER, Reason.NUMBER_PENDING, Reason.NO_NUMBER}
_ABOUT_NUMBER = {
    Reason.INVALID_NUMBER,
    Reason.EMERGENCY_NUMBER,
    Reason.PREMIUM_NUMBER,
    Reason.SAME_NUMBER,
    Reason.NO_RATE,
    Reason.NO_ROUTE,
}


class CallMe(OnceForm):
    """Which phone rings, and whom it is connected to."""

    source = SelectField(lazy_gettext("Ring me on"), validate_choice=False)
    destination = StringField(
        lazy_gettext("Connect me to"),
        filters=[stripped],
        validators=[Optional(), Length(max=_WRITTEN_MOST), clean_text],
    )

    @property
    def wanted(self) -> tuple[str | None, str | None]:
        """Which phone rings (None: the default one), and the destination (None: asked for by voice)."""
        return self.source.data or None, self.destination.data or None

    @property
    def content_mark(self) -> str:
        """Equal for equal wishes: going back, changing the destination and pressing asks for another call."""
        return hashlib.sha256("\n".join(part or "" for part in self.wanted).encode()).hexdigest()[:16]

    def offer(self, phones: list[Number]) -> None:
        """What may be chosen; a choice that is gone meanwhile gives way to the default number."""
        self.source.choices = [SelectChoice(phone.e164, _named(phone)) for phone in phones]
        if self.source.data not in {phone.e164 for phone in phones}:
            self.source.data = next((phone.e164 for phone in phones if phone.is_default), "")

    def explain(self, refused: Refused) -> None:
        """Say it at the field that is to be corrected, or above the form."""
        field = self.form_key
        if refused.reason in _ABOUT_SOURCE:
            field = self.source
        elif refused.reason in _ABOUT_NUMBER:
            is_source = refused.detail.get("number") == self.source.data
            field = (
                self.source if is_source and refused.reason is not Reason.SAME_NUMBER else self.destination
            )
        field.errors = [*field.errors, words_of(refused)]


@dataclass(frozen=True, slots=True)
class Money:
    """What there is to spend, and how far it goes."""

    wallet: Wallet
    usual: Quote | None  # to a mobile phone of the account's country


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What the page shows of the store, read at one instant."""

    money: Money
    phones: list[Number]  # those that may ring
    pending: list[Number]
    live: list[LiveCall]
    recent: tuple[CallLine, ...]


@blueprint.get("/")
def first_page() -> ResponseReturnValue:
    """For whoever is signed in: each has a first page of their own."""
    if current_user.is_operator:
        return redirect("/operator/", 303)
    return _of_subscriber()


@subscriber_only
def _of_subscriber() -> ResponseReturnValue:
    return _show(CallMe())


@blueprint.get("/call-me")
@blueprint.get("/call-me/quote")
@subscriber_only
def back_to_the_form() -> ResponseReturnValue:
    """The address of a refused press, come to again: by a reload, or another theme without scripts."""
    return redirect(url_for("portal.first_page"), 303)


@blueprint.post("/call-me")
@subscriber_only
def call_me() -> ResponseReturnValue:
    """Ring back, once for each form however often it is sent."""
    form = CallMe()
    if not form.validate():
        return _show(form)
    parts, account = the_parts(), the_subscriber().account
    source, destination = form.wanted
    # keys are made by browsers: each account has its own, and a form that was changed is another wish
    key = f"web:{account.id}:{form.key}:{form.content_mark}"
    with parts.store.write() as session:
        earlier = requests.find_same(session, key)
        if earlier is not None:
            return _to_call(earlier.id)
        payer = accounts.get_account(session, account.id)  # blocked meanwhile?
        accepted = parts.intake.request_callback(
            session, payer, Wish(key, "web", ani="", source=source, destination=destination)
        )
    if isinstance(accepted, Refused):
        form.explain(accepted)
        return _show(form)
    if not parts.intake.wake([accepted]):
        flash(_("Your call is accepted. It may take some seconds until your phone rings."), "info")
    if accepted.replaced:
        flash(_("We changed the call that was waiting."), "info")
    return _to_call(accepted.request_id)


@blueprint.post("/call-me/quote")
@subscriber_only
def quote() -> ResponseReturnValue:
    """The price and the longest talk: a fragment for a page that is alive, else the whole page."""
    form = CallMe()
    is_live = request.headers.get("HX-Request") == "true"
    if not form.validate():
        return _fragment(None) if is_live else _show(form)
    account = the_subscriber().account
    with the_parts().store.read() as session:
        told = the_parts().intake.quote(session, account, *form.wanted)
    if not isinstance(told, Refused):
        return _fragment(told) if is_live else _show(form, told)
    if is_live:  # half a number is no number yet, which is no news to who types it
        return _fragment(None, "" if told.reason is Reason.INVALID_NUMBER else words_of(told))
    form.explain(told)
    return _show(form)


@blueprint.get("/now/live")
@subscriber_only
def live_now() -> ResponseReturnValue:
    """Calls under way, but for those in `shown`, which the page has already: what began after it was made."""
    shown, parts = request.args.get("shown", "").split(","), the_parts()
    with parts.store.read() as session:
        found = live_calls(
            session, parts.clock.now_ms(), account_id=the_subscriber().account.id, limit=_LIVE_MOST
        )
    return render_template("portal/_live.html", live=found, shown=shown)


@blueprint.get("/now/money")
@subscriber_only
def money_now() -> ResponseReturnValue:
    """The part of the first page that tells the balance, read afresh."""
    account = the_subscriber().account
    with the_parts().store.read() as session:
        money = _money(session, account)
    return render_template("portal/_money.html", money=money, **_words(account))


@blueprint.get("/now/calls")
@subscriber_only
def calls_now() -> ResponseReturnValue:
    """The part of the first page that lists the last calls, read afresh."""
    account = the_subscriber().account
    with the_parts().store.read() as session:
        recent = _recent(session, account)
        may_call = accounts.default_number(session, account.id) is not None
    return render_template("portal/_calls.html", may_call=may_call, **_listed(recent), **_words(account))


def _fragment(price: Quote | None, words: str = "") -> str:
    return render_template("portal/_quote.html", quote=price, quote_words=words)


def _show(form: CallMe, price: Quote | None = None) -> str:
    account, now_ms = the_subscriber().account, the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        page = _read(session, account, now_ms)
        form.offer(page.phones)
        if price is None and not form.errors:
            told = the_parts().intake.quote(session, account, *form.wanted)
            price = None if isinstance(told, Refused) else told
    return render_template(
        "portal/first.html",
        form=form,
        page=page,
        money=page.money,
        **_listed(page.recent),
        may_call=bool(page.phones),
        now_ms=now_ms,
        quote=price,
        quote_words="",
        register_text=register_sms(account.login),
        **_words(account),
    )


def _words(account: Account) -> dict[str, Any]:
    """What the parts of the page are told with."""
    return {
        "account": account,
        "access_number": the_parts().config.service.access_number,
        "call_text": call_me_sms(account.login),
    }


def _listed(recent: tuple[CallLine, ...]) -> dict[str, Any]:
    """The last calls; one that is not over leads to its live page."""
    live = {line.request_id for line in recent if line.result is Result.LIVE}

    def call_url(request_id: str) -> str:
        return f"/calls/{request_id}" if request_id in live else f"/history/{request_id}"

    return {"recent": recent, "call_url": call_url}


def _to_call(request_id: str) -> ResponseReturnValue:
    return redirect(f"/calls/{request_id}", 303)


def _named(phone: Number) -> str:
    """As it stands in the list: "Work · +48 600 316 058"."""
    return f"{phone.label} · {number(phone.e164)}" if phone.label else number(phone.e164)


def _read(session: Session, account: Account, now_ms: int) -> FirstPage:
    numbers = accounts.numbers_of(session, account.id)
    return FirstPage(
        money=_money(session, account),
        phones=[phone for phone in numbers if phone.state == "verified"],
        pending=[phone for phone in numbers if phone.state != "verified"],
        live=live_calls(session, now_ms, account_id=account.id, limit=_LIVE_MOST),
        recent=_recent(session, account),
    )


def _money(session: Session, account: Account) -> Money:
    example = example_mobile(account.country)
    usual = the_parts().intake.quote(session, account, None, example) if example else None
    return Money(ledger.get_wallet(session, account.id), None if isinstance(usual, Refused) else usual)


def _recent(session: Session, account: Account) -> tuple[CallLine, ...]:
    return history.page(session, CallFilter(account.id), limit=_RECENT).lines
