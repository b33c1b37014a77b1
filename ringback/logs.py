"""What the processes say of themselves: one line per event, for eyes or for machines, and never a secret.

Our own events come from structlog, those of libraries from `logging`; both end as the same kind of line on
stderr. Third parties are not asked for details: at DEBUG smpplib writes whole PDUs, passwords included.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

_SECRET_WORDS = ("password", "secret", "pin", "code", "token", "text", "body", "pdu", "key")
_LIBRARIES = {
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "rq": logging.ERROR,
    "smpplib": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}

Format = Literal["auto", "console", "json"]
Event = MutableMapping[str, Any]


def configure(
    level: str, form: Format, process: str = "", stream: TextIO | None = None, colors: bool | None = None
) -> None:
    """Set the whole process up; call it again after a fork to give the new process its name."""
    out = stream or sys.stderr
    as_json = is_json(form, out)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S.%f", utc=as_json),
        _without_secrets,
        _named(process if as_json else ""),
    ]
    last: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [_short_time, _console(out.isatty() if colors is None else colors)]
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(out, shared, last, number)


def _adopt_libraries(
    out: TextIO,
    shared: list[structlog.types.Processor],
    last: list[structlog.types.Processor],
    number: int,
) -> None:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[without_meta, *last], foreign_pre_chain=shared
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    for library, floor in _LIBRARIES.items():
        logging.getLogger(library).setLevel(max(number, floor))


def is_json(form: Format, out: TextIO) -> bool:
    """`auto` is for eyes on a terminal and for machines elsewhere."""
    return form == "json" or (form == "auto" and not out.isatty())


def _without_secrets(_logger: object, _method: str, event: Event) -> Event:
    """The last net: whoever logs a secret by name logs stars."""
    for key in event:
        words = key.lower().split("_")
        if any(word in _SECRET_WORDS for word in words):
            event[key] = "***"
    return event


def _named(process: str) -> structlog.types.Processor:
    def name(_logger: object, _method: str, event: Event) -> Event:
        if process:
            event["process"] = process
        return event

    return name


def _short_time(_logger: object, _method: str, event: Event) -> Event:
    event["timestamp"] = str(event["timestamp"])[:12]  # milliseconds are enough for eyes
    return event


def _console(colors: bool) -> structlog.types.Processor:
    # a plain traceback: the other kind prints local variables, and secrets are among them
    return structlog.dev.ConsoleRenderer(
        colors=colors, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
