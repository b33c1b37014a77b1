"""The attributes that tie a form's control to its hint and its error, for the macro `field`."""

from collections.abc import Mapping

from flask import Flask
from wtforms import Field


def install(app: Flask) -> None:
    """Give the macro its function."""
    app.add_template_global(control_state, "control_state")


def control_state(field: Field, described_by: str, extra: Mapping[str, object]) -> dict[str, object]:
    """What the control must carry: who describes it, whether it is wrong, and what the page adds."""
    attributes: dict[str, object] = dict(extra)
    if described_by.strip():
        attributes["aria-describedby"] = described_by.strip()
    if field.errors:
        attributes["aria-invalid"] = "true"
    return attributes
