"""Callback clients sign in and out: the login and password that they write in an SMS."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from callback.core.outcomes import Reason, Refused
from callback.store import accounts
from callback.store.web_sessions import Kind
from webapp import auth, sources
from webapp.forms import BaseForm, clean_text, stripped
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext, remember_language
from webapp.parts import the_parts
from webapp.refusals import words_of

blueprint = Blueprint("subscriber_door", __name__)


class SignIn(BaseForm):
    login = StringField(
        lazy_gettext("Login"), filters=[stripped], validators=[InputRequired(), Length(max=64), clean_text]
    )
    password = PasswordField(
        lazy_gettext("Password"), validators=[InputRequired(), Length(max=128), clean_text]
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = SignIn()
    go_on = request.values.get("next", "")
    if form.validate_on_submit():
        refused = _let_in(form.login.data, form.password.data)
        if refused is None:
            return auth.go_on(go_on, "/")
        return refused_page(refused, "auth/sign_in.html", form, go_on)
    if auth.current_user.is_subscriber:
        return auth.go_on(go_on, "/")
    return render_template("auth/sign_in.html", form=form, next=go_on)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    door = "operator_door.sign_in" if auth.current_user.is_operator else "subscriber_door.sign_in"
    auth.sign_out()
    flash(_("You are signed out."), "ok")
    return redirect(url_for(door), 303)


def refused_page(refused: Refused, template: str, form: SignIn, go_on: str) -> ResponseReturnValue:
    """The door again, saying why; 429 when one has to wait (RFC 6585 §4)."""
    flash(words_of(refused), "error")
    body = render_template(template, form=form, next=go_on)
    if refused.reason is Reason.TOO_MANY_TRIES:
        return body, 429, {"Retry-After": "60"}
    return body


def _let_in(login: str, password: str) -> Refused | None:
    """Sign in, or say why not: in the same words and time whether or not there is such a login."""
    parts = the_parts()
    with parts.store.read() as session:
        account = accounts.find_account(session, login)
    known = sources.browser_known_to(account.id if account else None)
    refused = parts.verifier.admit(account, password, login=login, ani=sources.network(), known=known)
    if refused is not None:
        return refused
    assert account is not None, "nobody is admitted without an account"
    if account.state != "active":
        return Refused(Reason.ACCOUNT_BLOCKED)
    auth.sign_in(Kind.SUBSCRIBER, account.id, account.credential_version)
    remember_language(account.locale)
    return None
