"""The profile of an operator: password, language and time zone, code generator, and where they are signed in.

Whoever changes password or code generator types the present password once more, and is signed out everywhere
else: a console left open for a minute must not cost the account.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session
from wtforms import HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import EqualTo, InputRequired, Length

from callback import totp
from callback.core.outcomes import Refused
from callback.store import audit, operators, web_sessions
from callback.store.web_sessions import Kind
from webapp import auth, sources
from webapp.auth import operator_only, the_operator
from webapp.browsers import device_name
from webapp.forms import BaseForm, clean_text, stripped
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext as _l
from webapp.i18n import remember_language
from webapp.parts import signing_key, the_parts
from webapp.profile import Habits
from webapp.qr import text_qr
from webapp.refusals import words_of
from webapp.time_zones import time_zones

blueprint = Blueprint("console_profile", __name__, url_prefix="/operator/profile")

PASSWORD_LEAST = 12
_PASSWORD_MOST = 128


class PresentPassword(BaseForm):
    present = PasswordField(
        _l("Present password"), validators=[InputRequired(), Length(max=_PASSWORD_MOST), clean_text]
    )

    def is_proven(self) -> bool:
        """Whether the present password was typed; else the field says why not."""
        operator = the_operator().operator
        refused = the_parts().verifier.admit(
            operator,
            self.present.data,
            login=f"{operator.login}\noperator",
            ani=sources.network(),
            known=auth.SIGNED_IN,
        )
        if isinstance(refused, Refused):
            self.present.errors = [words_of(refused)]
        return refused is None


class PasswordForm(PresentPassword):
    new = PasswordField(
        _l("New password"),
        validators=[
            InputRequired(),
            Length(min=PASSWORD_LEAST, max=_PASSWORD_MOST, message=_l("Use 12 to 128 characters.")),
            clean_text,
        ],
    )
    again = PasswordField(
        _l("New password again"), validators=[InputRequired(), EqualTo("new", message=_l("The two differ."))]
    )

    def validate_new(self, field: PasswordField) -> None:
        if field.data == self.present.data:
            raise ValidationError(_("That is the present password. Choose another one."))


class CodeForm(PresentPassword):
    sealed = HiddenField()
    code = StringField(
        _l("Code of the new key"),
        filters=[stripped],
        validators=[InputRequired(), Length(max=12), clean_text],
    )


@blueprint.get("")
@operator_only
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/habits")
@operator_only
def change_habits() -> ResponseReturnValue:
    form = Habits()
    if not form.validate():
        return _page(habits_form=form)
    with the_parts().store.write() as session:
        operators.set_operator_habits(
            session, the_operator().operator.id, form.locale.data, form.time_zone.data
        )
        _note(session, "change-own-habits")
    remember_language(form.locale.data)
    return redirect(url_for(".saved"), 303)


@blueprint.get("/saved")
@operator_only
def saved() -> ResponseReturnValue:
    """Says so in the language that was just chosen."""
    flash(_("Saved."), "ok")
    return redirect(url_for(".show"), 303)


@blueprint.post("/password")
@operator_only
def change_password() -> ResponseReturnValue:
    form, parts, operator = PasswordForm(), the_parts(), the_operator().operator
    if not form.validate() or not form.is_proven():
        return _page(password_form=form)
    hashed = parts.passwords.hash(form.new.data)  # 30 ms, before anything is locked
    with parts.store.write() as session:
        operators.set_operator_password(session, operator.id, hashed)
        web_sessions.revoke_all(session, operator.id)
        version = operators.get_operator(session, operator.id).credential_version
        _note(session, "change-own-password")
    auth.sign_in(Kind.OPERATOR, operator.id, version)
    flash(_("Your password is changed. You are signed out everywhere else."), "ok")
    return redirect(url_for(".show"), 303)


@blueprint.route("/code", methods=["GET", "POST"])
@operator_only
def renew_code() -> ResponseReturnValue:
    """Another code generator, for a new phone: the old one is good until the new one has proved itself."""
    form, parts, operator = CodeForm(), the_parts(), the_operator().operator
    secret = _offered(form.sealed.data) or totp.new_secret()
    if form.validate_on_submit() and form.is_proven():
        step = totp.matching_step(secret, form.code.data, parts.clock.now_ms())
        if step is not None:
            sealed = totp.seal(parts.keys.session, operator.id, secret)
            with parts.store.write() as session:
                if not operators.replace_totp(session, operator.id, sealed, step):
                    abort(404)
                web_sessions.revoke_others(session, operator.id, the_operator().session_id)
                _note(session, "renew-own-totp")
            flash(_("The new key is in use. Remove the old one from your app."), "ok")
            return redirect(url_for(".show"), 303)
        form.code.errors = [_("That code does not fit. Check the clock of your phone and try the next one.")]
    form.sealed.data = _signer().dumps(secret)
    address = totp.address(secret, operator.login or "", parts.config.service.name)
    return render_template("console/code.html", form=form, secret=secret, picture=text_qr(address))


@blueprint.post("/sessions/<session_id>/revoke")
@operator_only
def revoke(session_id: str) -> ResponseReturnValue:
    with the_parts().store.write() as session:
        if not web_sessions.revoke(session, the_operator().operator.id, session_id):
            abort(404)
        _note(session, "end-own-sessions")
    flash(_("That device is signed out."), "ok")
    return redirect(url_for(".show"), 303)


@blueprint.post("/sessions/revoke-others")
@operator_only
def revoke_others() -> ResponseReturnValue:
    person = the_operator()
    with the_parts().store.write() as session:
        web_sessions.revoke_others(session, person.operator.id, person.session_id)
        _note(session, "end-own-sessions")
    flash(_("You are signed out everywhere else."), "ok")
    return redirect(url_for(".show"), 303)


def _page(habits_form: Habits | None = None, password_form: PasswordForm | None = None) -> str:
    person = the_operator()
    with the_parts().store.read() as session:
        signed_in = web_sessions.sessions_of(
            session, Kind.OPERATOR, person.operator.id, the_parts().clock.now_ms()
        )
    return render_template(
        "console/profile.html",
        operator=person.operator,
        habits_form=habits_form or Habits(None, obj=person.operator),
        password_form=password_form or PasswordForm(None),
        time_zones=time_zones(),
        signed_in=signed_in,
        this_session=person.session_id,
        device_name=device_name,
    )


def _note(session: Session, action: str) -> None:
    operator = the_operator()
    now_ms = the_parts().clock.now_ms()
    audit.record(session, at_ms=now_ms, author=operator.login, action=action, subject=operator.operator.id)


def _signer() -> URLSafeSerializer:
    """The secret on offer travels with its own form, which only this operator's session accepts."""
    key = signing_key(the_parts().keys.session)
    return URLSafeSerializer(key, salt=f"totp {the_operator().session_id}")


def _offered(signed: str | None) -> str | None:
    try:
        return str(_signer().loads(signed)) if signed else None
    except BadData:
        return None
