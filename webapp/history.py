"""The history of a callback client's calls, and the story of each. Nothing is changed here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from callback.store import history
from callback.store.history import CallPage, Totals
from webapp.auth import subscriber_only, the_subscriber
from webapp.call_story import read_story
from webapp.history_form import HistoryForm
from webapp.i18n import time_zone_now
from webapp.parts import the_parts

blueprint = Blueprint("history", __name__)
_ID = re.compile(r"[0-9a-z]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of calls with its filter. Without `page` the filter was not understood."""

    form: HistoryForm
    page: CallPage | None = None
    totals: Totals | None = None

    @property
    def query(self) -> Mapping[str, str]:
        return self.form.query


def listing(session: Session, form: HistoryForm, *, with_totals: bool = True) -> Listing:
    """What the address asks for: filter by `form`, `before` or `after` a call. Two to four statements."""
    if form.wanted is None:
        return Listing(form)
    before_id, after_id = _cursor("before"), _cursor("after")
    found = history.page(session, form.wanted, before_id=before_id, after_id=after_id)
    if not with_totals:
        return Listing(form, found)
    is_whole = before_id is None and after_id is None
    totals = history.totals_of(found) if is_whole else None
    return Listing(form, found, totals or history.totals(session, form.wanted))


@blueprint.get("/history")
@subscriber_only
def calls() -> ResponseReturnValue:
    account = the_subscriber().account
    form = HistoryForm(request.args, account.id, account.country, time_zone_now())
    with the_parts().store.read() as session:
        found = listing(session, form)
    is_first = not (_cursor("before") or _cursor("after"))
    if found.page is not None and not found.page.lines and not is_first:
        newest = f"{url_for('history.calls')}?{urlencode(form.query)}"
        return redirect(newest.rstrip("?"))  # beyond either end there is nothing
    body = render_template("history/list.html", listing=found, is_first=is_first)
    return body, 200 if found.page is not None else 400


@blueprint.get("/history/<request_id>")
@subscriber_only
def call(request_id: str) -> ResponseReturnValue:
    with the_parts().store.read() as session:
        story = read_story(session, request_id, the_subscriber().account.id)
    if story is None:
        abort(404)
    return render_template("history/call.html", story=story)


def _cursor(name: str) -> str | None:
    """The call a page continues from; an address that was tampered with begins at the newest."""
    given = request.args.get(name, "")
    return given if _ID.fullmatch(given) else None
