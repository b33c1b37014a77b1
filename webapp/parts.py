"""What the views work with, put together once per process: `the_parts().store`, `.clock`, `.intake` …

A view is a function without a constructor, so its parts are kept by the application and asked for by name.
"""

import hashlib
import hmac
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from callback.bootstrap import Parts
from callback.clock import Clock
from callback.config import Config
from callback.intake import Intake
from callback.jobs import CallQueue
from callback.keys import Keys
from callback.news import Publisher
from callback.passwords import Passwords, Verifier, shared_code_tries, shared_tries
from callback.store.db import Store
from callback.tries import Tries

if TYPE_CHECKING:
    from webapp.stage import Stage


@dataclass(frozen=True, slots=True)
class WebParts:
    """The parts of every process, and those only the web face needs."""

    config: Config
    clock: Clock
    keys: Keys
    store: Store
    queue: CallQueue
    intake: Intake
    news: Publisher
    passwords: Passwords
    verifier: Verifier
    codes: Tries  # at the codes of operators
    stage: "Stage | None"
    closing: threading.Event  # set when this process is to end: whatever waits stops waiting


def web_parts(service: Parts, stage: "Stage | None", closing: threading.Event) -> WebParts:
    passwords = Passwords(service.keys.pepper)
    tries = shared_tries(service.config.queue_url, service.clock.monotonic_s)
    return WebParts(
        config=service.config,
        clock=service.clock,
        keys=service.keys,
        store=service.store,
        queue=service.queue,
        intake=Intake(service.config, service.clock, service.queue, service.news),
        news=service.news,
        passwords=passwords,
        verifier=Verifier(passwords, service.clock.monotonic_s, tries),
        codes=shared_code_tries(service.config.queue_url, service.clock.monotonic_s),
        stage=stage,
        closing=closing,
    )


def the_parts() -> WebParts:
    """The parts of the application that answers this request."""
    parts = current_app.extensions["ringback"]
    assert isinstance(parts, WebParts)
    return parts


def signing_key(session_key: bytes) -> bytes:
    """What signs cookies and hidden fields; not the key itself, which seals other things too."""
    return hmac.digest(session_key, b"ringback web signatures", hashlib.sha256)
