"""The phones of a callback client: add one and prove that it is theirs, name it, remove it.

The proof is a code that goes to the phone, by SMS or read aloud by a call, and is typed here; caps, tries and
times are those of the SMS door (`callback/numbers.py`). A phone is addressed by its row's id: no telephone
number stands in an address, and so none in a log or a browser's history.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from wtforms import HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length, Regexp

from callback.core.labels import LABEL_MOST, clean_label
from callback.core.outcomes import Reason, Refused
from callback.core.texted import as_texted
from callback.intake import Accepted
from callback.numbers import CODE_DIGITS, NumberDesk
from callback.sealing import Seal
from callback.store import accounts, phones
from callback.store.accounts import Verified
from callback.store.models import Number
from webapp import sources
from webapp.auth import subscriber_only, the_subscriber
from webapp.filters import number as shown
from webapp.forms import BaseForm, OnceForm, clean_text, stripped
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext, ngettext
from webapp.parts import signing_key, the_parts
from webapp.qr import sms_link, sms_qr
from webapp.refusals import words_of
from webapp.sample_sms import register_sms

blueprint = Blueprint("numbers", __name__, url_prefix="/numbers")

_WRITTEN_MOST = 40
_WAYS = {"sms": lazy_gettext("Text me the code"), "call": lazy_gettext("Call me and read the code")}


def _digits(text: object) -> object:
    """A code as people type or paste it: every script's digits, with spaces and dashes between."""
    return "".join(as_texted(text).split()).replace("-", "") if isinstance(text, str) else text


class AddNumber(OnceForm):
    number = StringField(
        lazy_gettext("Phone number"),
        filters=[stripped],
        validators=[InputRequired(), Length(max=_WRITTEN_MOST), clean_text],
    )
    way = RadioField(lazy_gettext("How do you want the code?"), default="sms")

    def offer_ways(self) -> None:
        """Only a service with an SMS link can text; a choice that was not offered becomes the first one."""
        offered = _ways()
        self.way.choices = [SelectChoice(way, _WAYS[way]) for way in offered]
        if self.way.data not in offered:
            self.way.data = offered[0]


class EnterCode(BaseForm):
    code = StringField(
        lazy_gettext("Code"),
        filters=[_digits],
        validators=[
            InputRequired(),
            Regexp(f"^[0-9]{{{CODE_DIGITS}}}$", message=lazy_gettext("A code has six digits.")),
        ],
    )


class SendAgain(OnceForm):
    """Pressed for another code; the button says by which way."""


class Removal(BaseForm):
    key = HiddenField()


class Label(BaseForm):
    label = StringField(
        lazy_gettext("Name"),
        filters=[lambda text: clean_label(text or "")],
        validators=[Length(max=LABEL_MOST)],
    )


@blueprint.get("")
@subscriber_only
def listing() -> ResponseReturnValue:
    account = the_subscriber().account
    with the_parts().store.read() as session:
        found = accounts.numbers_of(session, account.id)
    return render_template(
        "numbers/list.html",
        phones=found,
        now_ms=the_parts().clock.now_ms(),
        register_text=register_sms(account.login),
    )


@blueprint.route("/add", methods=["GET", "POST"])
@subscriber_only
def add() -> ResponseReturnValue:
    form = AddNumber()
    form.offer_ways()
    if form.validate_on_submit():
        number_id = _send(form.number.data, form.way.data, form.key)
        if isinstance(number_id, str):
            return redirect(url_for("numbers.code", number_id=number_id), 303)
        if isinstance(number_id, Verified):
            flash(_("%(number)s is confirmed already.", number=shown(number_id.number)), "info")
            return redirect(url_for("numbers.listing"), 303)
        form.number.errors = [words_of(number_id)]
    text = register_sms(the_subscriber().login)
    return render_template("numbers/add.html", form=form, register_text=text, by_sms=_by_sms())


@blueprint.route("/<number_id>/code", methods=["GET", "POST"])
@subscriber_only
def code(number_id: str) -> ResponseReturnValue:
    phone, form = _phone(number_id), EnterCode()
    if phone.state == "verified":
        return redirect(url_for("numbers.listing"), 303)
    if form.validate_on_submit():
        with the_parts().store.write() as session:
            answer = _desk().confirm(session, the_subscriber().account, phone.e164, form.code.data)
        if isinstance(answer, Verified):
            flash(_("%(number)s is confirmed: we can ring it.", number=shown(phone.e164)), "ok")
            return redirect(url_for("numbers.listing"), 303)
        phone = _phone(number_id)  # one try less
        form.code.errors = [_wrong(answer, phone)]
    return _code_page(phone, form)


@blueprint.post("/<number_id>/resend")
@subscriber_only
def resend(number_id: str) -> ResponseReturnValue:
    phone, form = _phone(number_id), SendAgain()
    if not form.validate():
        abort(400)
    way = request.form.get("way", "")
    sent = _send(phone.e164, way if way in _ways() else _ways()[0], form.key)
    if isinstance(sent, Refused):
        flash(words_of(sent), "error")
    return redirect(url_for("numbers.code", number_id=phone.id), 303)


@blueprint.post("/<number_id>/default")
@subscriber_only
def make_default(number_id: str) -> ResponseReturnValue:
    phone = _phone(number_id)
    with the_parts().store.write() as session:
        done = accounts.set_default(session, phone.account_id, phone.e164)
    if done:
        flash(_("From now on we ring %(number)s first.", number=shown(phone.e164)), "ok")
    else:
        flash(words_of(Refused(Reason.NUMBER_PENDING, {"number": phone.e164})), "error")
    return redirect(url_for("numbers.listing"), 303)


@blueprint.route("/<number_id>/label", methods=["GET", "POST"])
@subscriber_only
def label(number_id: str) -> ResponseReturnValue:
    phone = _phone(number_id)
    form = Label(label=phone.label)
    if form.validate_on_submit():
        with the_parts().store.write() as session:
            phones.label_phone(session, phone.account_id, phone.id, form.label.data)
        return redirect(url_for("numbers.listing"), 303)
    return render_template("numbers/label.html", phone=phone, form=form)


@blueprint.route("/<number_id>/remove", methods=["GET", "POST"])
@subscriber_only
def remove(number_id: str) -> ResponseReturnValue:
    form = Removal()
    if form.is_submitted() and _signs_removal(form.key.data, number_id):
        with the_parts().store.read() as session:
            is_gone = phones.find_phone(session, the_subscriber().account.id, number_id) is None
        if is_gone:  # a second press of the same page: whose number it was, its key tells
            flash(_("That number is removed already."), "info")
            return redirect(url_for("numbers.listing"), 303)
    phone = _phone(number_id)
    if form.validate_on_submit():
        with the_parts().store.write() as session:
            cancelled = _desk().remove(session, the_subscriber().account, phone.e164)
        for request_id in cancelled:
            the_parts().news.tell(phone.account_id, request_id)
        flash(_("%(number)s is removed: we do not ring it any more.", number=shown(phone.e164)), "ok")
        return redirect(url_for("numbers.listing"), 303)
    form.key.data = _removal().dumps([phone.account_id, phone.id])
    return render_template("numbers/remove.html", phone=phone, form=form)


def _removal() -> URLSafeSerializer:
    return URLSafeSerializer(signing_key(the_parts().keys.session), salt="remove a number")


def _signs_removal(key: str | None, number_id: str) -> bool:
    """Whether we once asked this account whether this number of theirs shall go."""
    try:
        return bool(_removal().loads(key or "") == [the_subscriber().account.id, number_id])
    except BadData:
        return False


def _phone(number_id: str) -> Number:
    """A phone of who is signed in; anybody else's does not exist."""
    with the_parts().store.read() as session:
        found = phones.find_phone(session, the_subscriber().account.id, number_id)
    return found or abort(404)


def _send(number: str, way: str, form_key: str) -> str | Verified | Refused:
    """Send a code and say so; the id of the number that waits for it."""
    parts, account = the_parts(), the_subscriber().account
    source = sources.network()
    with parts.store.write() as session:
        send = _desk().call_with_code if way == "call" else _desk().send_code_sms
        sent = send(session, account, number, source, form_key)
        if isinstance(sent, Verified | Refused):
            return sent
        waiting = accounts.find_number(session, account.id, sent.number)
    assert waiting is not None, "the number waits for its code"
    if not isinstance(sent, Accepted):
        flash(_("We sent a code to %(number)s. The newest one counts.", number=shown(sent.number)), "ok")
    elif parts.intake.wake([sent]):
        flash(_("We are calling %(number)s: answer and listen to the code.", number=shown(sent.number)), "ok")
    else:
        flash(_("We call %(number)s in some seconds: answer and listen.", number=shown(sent.number)), "info")
    return waiting.id


def _code_page(phone: Number, form: EnterCode) -> str:
    parts, login = the_parts(), the_subscriber().login
    text, to = register_sms(login, phone.e164), parts.config.service.access_number
    return render_template(
        "numbers/code.html",
        phone=phone,
        form=form,
        again=SendAgain(formdata=None),
        ways={way: _WAYS[way] for way in _ways()},
        is_open=phone.code_tries_left > 0 and (phone.code_expires_at_ms or 0) > parts.clock.now_ms(),
        by_sms=_by_sms(),
        access_number=to,
        text=text,
        link=sms_link(to, text),
        qr=sms_qr(to, text),
    )


def _wrong(refused: Refused, phone: Number) -> str:
    if refused.reason is not Reason.WRONG_CODE:
        return words_of(refused)
    left = phone.code_tries_left
    if left == 0:
        return _("That code is wrong, and it was the last try. Ask for a new code.")
    return ngettext(
        "That code is wrong. %(num)d try is left.", "That code is wrong. %(num)d tries are left.", left
    )


def _desk() -> NumberDesk:
    parts = the_parts()
    return NumberDesk(parts.config, parts.clock, parts.keys.pepper, Seal(parts.keys.seal).conceal)


def _by_sms() -> bool:
    return bool(the_parts().config.links)


def _ways() -> tuple[str, ...]:
    return ("sms", "call") if _by_sms() else ("call",)
