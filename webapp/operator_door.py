"""Operators sign in in two steps: the password opens a half session, the code of their phone the whole one.

    welcome link ──► login and password ─┐
    sign-in: password ───────────────────┴─► half session (5 min, 5 codes)
                 no secret yet ─► set-up: QR code, then its first code ─┐
                 secret ────────► code ─────────────────────────────────┴─► session

A half session opens these pages only, and however many of them a password opens, ten wrong codes an hour are
all; a browser known to the operator has ten of its own. Callback clients' passwords and operators' share the
limiter's rules, not its counts.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from wtforms import HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import EqualTo, InputRequired, Length

from callback import totp
from callback.core.outcomes import Reason, Refused
from callback.store import operators, web_sessions
from callback.store.models import Operator
from callback.store.web_sessions import Found, Kind
from webapp import auth, sessions, sources
from webapp.forms import BaseForm, clean_text, stripped
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext, remember_language
from webapp.parts import signing_key, the_parts
from webapp.qr import text_qr
from webapp.subscriber_door import SignIn, refused_page

blueprint = Blueprint("operator_door", __name__, url_prefix="/operator")

_HOME = "/operator/"
_PASSWORD_LEAST = 12


class Code(BaseForm):
    code = StringField(
        lazy_gettext("Code"), filters=[stripped], validators=[InputRequired(), Length(max=12), clean_text]
    )


class SetUp(Code):
    sealed = HiddenField()


class Welcome(BaseForm):
    login = StringField(
        lazy_gettext("Login"),
        filters=[stripped],
        validators=[InputRequired(), Length(min=2, max=64), clean_text],
    )
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[
            InputRequired(),
            Length(min=_PASSWORD_LEAST, max=128, message=lazy_gettext("Use 12 characters or more.")),
            clean_text,
        ],
    )
    again = PasswordField(
        lazy_gettext("Password again"),
        validators=[InputRequired(), EqualTo("password", message=lazy_gettext("The two differ."))],
    )

    def validate_login(self, field: StringField) -> None:
        if any(char.isspace() for char in field.data):
            raise ValidationError(lazy_gettext("A login has no spaces."))


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = SignIn()
    go_on = request.values.get("next", "")
    if form.validate_on_submit():
        operator = _by_password(form.login.data, form.password.data)
        if not isinstance(operator, Refused):
            auth.sign_in(Kind.OPERATOR_HALF, operator.id, operator.credential_version)
            return redirect(url_for(".code", next=go_on or None), 303)
        return refused_page(operator, "auth/operator_sign_in.html", form, go_on)
    if auth.current_user.is_operator:
        return auth.go_on(go_on, _HOME)
    return render_template("auth/operator_sign_in.html", form=form, next=go_on)


@blueprint.route("/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    half = _half()
    if half is None:
        return redirect(url_for(".sign_in"), 303)
    operator = half.operator
    assert operator is not None
    go_on = request.values.get("next", "")
    if operator.totp_sealed is None:
        return redirect(url_for(".set_up", next=go_on or None), 303)
    if _secret(operator) is None:
        return _unreadable()
    form = Code()
    if form.validate_on_submit():
        if not _take_try(half):
            return _too_many()
        tried = f"{operator.id} {sources.browser_known_to(operator.id)}"
        if not the_parts().codes.allow(tried):
            return _wait(form, go_on)
        if _code_is_good(operator, form.code.data):
            the_parts().codes.forget(tried)
            auth.sign_in(Kind.OPERATOR, operator.id, operator.credential_version)
            remember_language(operator.locale)
            return auth.go_on(go_on, _HOME)
        if half.session.code_tries_left <= 1:
            return _too_many()
        form.code.errors = [_("That code is wrong or was used already. Wait for the next one.")]
    return render_template("auth/operator_code.html", form=form, next=go_on)


@blueprint.route("/code/set-up", methods=["GET", "POST"])
def set_up() -> ResponseReturnValue:
    half = _half()
    if half is None:
        return redirect(url_for(".sign_in"), 303)
    operator = half.operator
    assert operator is not None
    if operator.totp_sealed is not None:
        return redirect(url_for(".code"), 303)
    form = SetUp()
    secret = _offered(half, form.sealed.data) or totp.new_secret()
    go_on = request.values.get("next", "")
    if form.validate_on_submit():
        if not _take_try(half):
            return _too_many()
        if _keep_secret(operator, secret, form.code.data):
            auth.sign_in(Kind.OPERATOR, operator.id, operator.credential_version)
            remember_language(operator.locale)
            flash(_("Welcome. From now on, sign in with your password and a code."), "ok")
            return auth.go_on(go_on, _HOME)
        form.code.errors = [_("That code does not fit. Check the clock of your phone and try the next one.")]
    form.sealed.data = _signer(half).dumps(secret)
    parts = the_parts()
    address = totp.address(secret, operator.login or "", parts.config.service.name)
    picture = text_qr(address)
    return render_template("auth/operator_set_up.html", form=form, secret=secret, picture=picture, next=go_on)


@blueprint.route("/welcome/<token>", methods=["GET", "POST"])
def welcome(token: str) -> ResponseReturnValue:
    parts = the_parts()
    with parts.store.read() as session:
        if not operators.find_link(session, token, parts.clock.now_ms()):
            return render_template("auth/link_over.html"), 404
    form = Welcome()
    if form.validate_on_submit():
        password_hash = parts.passwords.hash(form.password.data)
        with parts.store.write() as session:
            operator = operators.claim_operator_link(
                session, token, form.login.data, password_hash, parts.clock.now_ms()
            )
        if operator is not None:
            auth.sign_in(Kind.OPERATOR_HALF, operator.id, operator.credential_version)
            return redirect(url_for(".set_up"), 303)
        form.login.errors = [_("This login is taken. Choose another one.")]
    return render_template("auth/welcome.html", form=form)


def _by_password(login: str, password: str) -> Operator | Refused:
    parts = the_parts()
    with parts.store.read() as session:
        operator = operators.find_operator(session, login)
    known, counted = sources.browser_known_to(operator.id if operator else None), f"{login}\noperator"
    refused = parts.verifier.admit(operator, password, login=counted, ani=sources.network(), known=known)
    if refused is not None:
        return refused
    return operator or Refused(Reason.BAD_CREDENTIALS)


def _half() -> Found | None:
    found = sessions.current()
    return found if found is not None and found.session.kind == Kind.OPERATOR_HALF else None


def _take_try(half: Found) -> bool:
    with the_parts().store.write() as session:
        return web_sessions.take_code_try(session, half.session.id)


def _too_many() -> ResponseReturnValue:
    auth.sign_out()
    flash(_("Five codes were wrong. Please sign in again."), "error")
    return redirect(url_for(".sign_in"), 303)


def _wait(form: Code, go_on: str) -> ResponseReturnValue:
    """Half sessions are cheap for whoever has the password; tries at the codes of one operator are not."""
    form.code.errors = [_("Too many wrong codes. Please try again in an hour.")]
    body = render_template("auth/operator_code.html", form=form, next=go_on)
    return body, 429, {"Retry-After": "3600"}


def _unreadable() -> ResponseReturnValue:
    """The session key is another one than when the secret was sealed."""
    auth.sign_out()
    flash(
        _("Your authenticator must be set up anew. On the server: ringback operator reset-totp LOGIN"),
        "error",
    )
    return redirect(url_for(".sign_in"), 303)


def _secret(operator: Operator) -> str | None:
    if operator.totp_sealed is None:
        return None
    return totp.unseal(the_parts().keys.session, operator.id, operator.totp_sealed)


def _code_is_good(operator: Operator, code: str) -> bool:
    """Whether it fits now and was not used before: the UPDATE that counts it says so."""
    parts, secret = the_parts(), _secret(operator)
    step = totp.matching_step(secret, code, parts.clock.now_ms()) if secret else None
    if step is None:
        return False
    with parts.store.write() as session:
        return operators.use_totp_step(session, operator.id, step)


def _keep_secret(operator: Operator, secret: str, code: str) -> bool:
    parts = the_parts()
    step = totp.matching_step(secret, code, parts.clock.now_ms())
    if step is None:
        return False
    sealed = totp.seal(parts.keys.session, operator.id, secret)
    with parts.store.write() as session:
        if not operators.keep_totp(session, operator.id, sealed, step):
            abort(400)
    return True


def _signer(half: Found) -> URLSafeSerializer:
    """The secret on offer travels with its own form, which only this half session accepts."""
    return URLSafeSerializer(signing_key(the_parts().keys.session), salt=f"totp {half.session.id}")


def _offered(half: Found, signed: str | None) -> str | None:
    try:
        return str(_signer(half).loads(signed)) if signed else None
    except BadData:
        return None
