"""Calls for operators: what is live now with a button to hang up, everybody's history, and one in full."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from callback.store import accounts, audit
from callback.store.live import live_calls
from webapp.auth import operator_only
from webapp.call_story import read_story
from webapp.console.audit_words import entry_words
from webapp.history import listing
from webapp.history_form import HistoryForm
from webapp.i18n import time_zone_now
from webapp.parts import the_parts

blueprint = Blueprint("console_calls", __name__, url_prefix="/operator/calls")


@blueprint.get("")
@operator_only
def calls() -> ResponseReturnValue:
    """Live calls, and below them what the filter in the address asks for."""
    parts = the_parts()
    now_ms = parts.clock.now_ms()
    form = HistoryForm(request.args, None, parts.config.service.country, time_zone_now())
    with parts.store.read() as session:
        found = listing(session, form, with_totals=False)
        live = live_calls(session, now_ms)
    is_newest = found.page is not None and not form.query and not {"before", "after"} & request.args.keys()
    body = render_template("console/calls.html", listing=found, live=live, now_ms=now_ms, is_newest=is_newest)
    return body, 200 if found.page is not None else 400


@blueprint.get("/live")
@operator_only
def live() -> ResponseReturnValue:
    """The part of the page that changes by itself."""
    now_ms = the_parts().clock.now_ms()
    with the_parts().store.read() as session:
        found = live_calls(session, now_ms)
    return render_template("console/_live.html", live=found, now_ms=now_ms)


@blueprint.get("/newest")
@operator_only
def newest() -> ResponseReturnValue:
    """The first page of all calls, which changes by itself too."""
    form = HistoryForm(MultiDict(), None, the_parts().config.service.country, time_zone_now())
    with the_parts().store.read() as session:
        found = listing(session, form, with_totals=False)
    return render_template("console/_all_calls.html", listing=found)


@blueprint.get("/<request_id>")
@operator_only
def call(request_id: str) -> ResponseReturnValue:
    with the_parts().store.read() as session:
        story = read_story(session, request_id)
        if story is None:
            abort(404)
        account = accounts.get_account(session, story.request.account_id)
        entries = audit.entries_of(session, request_id)
    return render_template(
        "console/call.html", story=story, account=account, entries=entries, entry_words=entry_words
    )
