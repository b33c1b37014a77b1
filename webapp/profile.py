"""The profile of a callback client: password, language and time zone, and where they are signed in.

Another password ends every session, this one too, and begins a new one here. The rules of a password are
those of an SMS, which has to carry it.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from callback import clients
from callback.clients import Unfit
from callback.core.outcomes import Reason, Refused
from callback.core.texted import as_texted
from callback.store import accounts, habits, web_sessions
from callback.store.web_sessions import Kind
from webapp import auth, sources
from webapp.auth import subscriber_only, the_subscriber
from webapp.browsers import device_name
from webapp.forms import BaseForm, clean_text, stripped
from webapp.i18n import LANGUAGES, lazy_gettext, remember_language
from webapp.i18n import gettext as _
from webapp.parts import the_parts
from webapp.refusals import words_of
from webapp.time_zones import find_time_zone, time_zones

blueprint = Blueprint("profile", __name__, url_prefix="/profile")

PASSWORD_LEAST = 8
_OLD_MOST = 128


class Habits(BaseForm):
    locale = SelectField(
        lazy_gettext("Language"), choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()]
    )
    time_zone = StringField(
        lazy_gettext("Time zone"),
        filters=[stripped],
        validators=[InputRequired(), Length(max=64), clean_text],
    )

    def validate_time_zone(self, field: StringField) -> None:
        found = find_time_zone(field.data)
        if found is None:
            raise ValidationError(lazy_gettext("We know no such time zone. Write it like Europe/Warsaw."))
        field.data = found


class Password(BaseForm):
    current_password = PasswordField(
        lazy_gettext("Present password"), validators=[InputRequired(), Length(max=_OLD_MOST), clean_text]
    )
    new_password = PasswordField(
        lazy_gettext("New password"),
        validators=[InputRequired(), Length(min=PASSWORD_LEAST, max=clients.PASSWORD_MOST), clean_text],
    )

    def validate_new_password(self, field: PasswordField) -> None:
        """As an SMS gives it: it will be written in one."""
        password = clients.read_password(field.data)
        if isinstance(password, Unfit):
            raise ValidationError(
                lazy_gettext("Use no space or comma, and no quotation mark in front: an SMS has to carry it.")
            )
        if password.casefold() == the_subscriber().login.casefold():
            raise ValidationError(lazy_gettext("The login is no password. Choose another one."))
        if password == as_texted(self.current_password.data or ""):
            raise ValidationError(lazy_gettext("That is the present password. Choose another one."))


@blueprint.get("")
@subscriber_only
def show() -> ResponseReturnValue:
    return _page()


@blueprint.get("/habits")
@blueprint.get("/password")
@subscriber_only
def back_to_the_forms() -> ResponseReturnValue:
    """The address of a refused form, come to again: by a reload, or another theme without scripts."""
    return redirect(url_for("profile.show"), 303)


@blueprint.post("/habits")
@subscriber_only
def change_habits() -> ResponseReturnValue:
    form = Habits()
    if not form.validate():
        return _page(habits_form=form)
    with the_parts().store.write() as session:
        habits.set_habits(session, the_subscriber().account.id, form.locale.data, form.time_zone.data)
    remember_language(form.locale.data)
    return redirect(url_for("profile.saved"), 303)


@blueprint.get("/saved")
@subscriber_only
def saved() -> ResponseReturnValue:
    """Says so in the language that was just chosen."""
    flash(_("Saved."), "ok")
    return redirect(url_for("profile.show"), 303)


@blueprint.post("/password")
@subscriber_only
def change_password() -> ResponseReturnValue:
    form, parts, account = Password(), the_parts(), the_subscriber().account
    if not form.validate():
        return _page(password_form=form)
    refused = parts.verifier.admit(
        account,
        as_texted(form.current_password.data),
        login=account.login,
        ani=sources.network(),
        known=auth.SIGNED_IN,
    )
    if isinstance(refused, Refused):
        form.current_password.errors = [_wrong_password(refused)]
        return _page(password_form=form)
    hashed = parts.passwords.hash(as_texted(form.new_password.data))  # 30 ms, before anything is locked
    with parts.store.write() as session:
        accounts.set_password(session, account.id, hashed)
        web_sessions.revoke_all(session, account.id)
        version = accounts.get_account(session, account.id).credential_version
    auth.sign_in(Kind.SUBSCRIBER, account.id, version)
    flash(_("Your password is changed, for SMS too. You are signed out everywhere else."), "ok")
    return redirect(url_for("profile.show"), 303)


@blueprint.post("/sessions/<session_id>/revoke")
@subscriber_only
def revoke(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions; this one too, which is to sign out."""
    with the_parts().store.write() as session:
        if not web_sessions.revoke(session, the_subscriber().account.id, session_id):
            abort(404)
    flash(_("That device is signed out."), "ok")
    return redirect(url_for("profile.show"), 303)


@blueprint.post("/sessions/revoke-others")
@subscriber_only
def revoke_others() -> ResponseReturnValue:
    person = the_subscriber()
    with the_parts().store.write() as session:
        web_sessions.revoke_others(session, person.account.id, person.session_id)
    flash(_("You are signed out everywhere else."), "ok")
    return redirect(url_for("profile.show"), 303)


def _page(habits_form: Habits | None = None, password_form: Password | None = None) -> str:
    person = the_subscriber()
    account = person.account
    with the_parts().store.read() as session:
        signed_in = web_sessions.sessions_of(session, Kind.SUBSCRIBER, account.id, the_parts().clock.now_ms())
    return render_template(
        "profile/profile.html",
        habits_form=habits_form or Habits(None, obj=account),
        password_form=password_form or Password(None),
        time_zones=time_zones(),
        signed_in=signed_in,
        own_session=person.session_id,
        device_name=device_name,
        account=account,
    )


def _wrong_password(refused: Refused) -> str:
    if refused.reason is Reason.BAD_CREDENTIALS:
        return _("This is not your present password.")
    return words_of(refused)
