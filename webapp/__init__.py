"""The web face: pages for callback clients and operators, made of plain HTML that htmx enlivens.

`create_app` puts it together around the parts every process has; nothing happens at import. A page reads the
database once, decides nothing that the SMS door would decide otherwise, and asks the intake for what is to be
done. Must not know SIP, SMPP or the process that serves it.
"""

import threading
from typing import TYPE_CHECKING, Any

from apiflask import APIFlask
from flask import Blueprint

from callback.bootstrap import Parts
from webapp import (
    auth,
    call_words,
    errors,
    filters,
    i18n,
    looks,
    parts,
    proxy,
    security,
    states,
    static_files,
)
from webapp.again import blueprint as again
from webapp.console import BLUEPRINTS as CONSOLE
from webapp.demo import blueprint as demo
from webapp.events import blueprint as events
from webapp.exports import blueprint as exports
from webapp.history import blueprint as history
from webapp.live import blueprint as live
from webapp.numbers import blueprint as numbers
from webapp.operator_door import blueprint as operator_door
from webapp.portal import blueprint as portal
from webapp.profile import blueprint as profile
from webapp.subscriber_door import blueprint as subscriber_door

if TYPE_CHECKING:
    from webapp.stage import Stage

_BODY_MOST = 64 * 1024  # octets; no form of ours is longer
_FIELDS_MOST = 200

# One line for each face of the site.
_BLUEPRINTS: tuple[Blueprint, ...] = (
    subscriber_door,
    operator_door,
    again,
    looks.blueprint,
    history,
    exports,
    demo,
    portal,
    numbers,
    profile,
    live,
    events,
    *CONSOLE,
)


class Site(APIFlask):
    def log_exception(self, exc_info: Any) -> None:
        """Flask would write the whole address, and some hold the token of a link."""
        errors.note_fault(exc_info)


def create_app(
    service: Parts, *, stage: "Stage | None" = None, closing: threading.Event | None = None
) -> APIFlask:
    """The site around the parts of this process.

    `stage` plays the telecom of the demo; `closing` is set when the process is to end.
    """
    app = Site("webapp", docs_path=None, spec_path=None, json_errors=False, static_folder=None)  # type: ignore[arg-type]  # Flask takes None
    app.config.update(
        SECRET_KEY=parts.signing_key(service.keys.session),
        SESSION_COOKIE_NAME=security.cookie_name(service.config, "form"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=security.is_https(service.config),
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as the session it was made in
        MAX_CONTENT_LENGTH=_BODY_MOST,
        MAX_FORM_MEMORY_SIZE=_BODY_MOST,
        MAX_FORM_PARTS=_FIELDS_MOST,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["ringback"] = parts.web_parts(service, stage, closing or threading.Event())
    i18n.install(app, time_zone=service.config.service.time_zone, person=auth.habits)
    filters.install(app, service.clock.now_ms)
    static_files.install(app)
    looks.install(app)
    states.install(app)
    call_words.install(app)
    auth.install(app)
    security.install(app)
    errors.install(app)
    proxy.install(app, service.config)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
