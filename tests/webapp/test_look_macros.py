"""The pieces pages are made of say to machines what they show to eyes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import render_template_string
from wtforms import BooleanField, Form, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from tests.webapp.desk import Desk

Render = Callable[..., str]


@pytest.fixture
def render(desk: Desk) -> Render:
    def rendered(source: str, **values: Any) -> str:
        with desk.app.test_request_context("/"):
            text = render_template_string('{% import "macros.html" as ui %}' + source, **values)
        return re.sub(r"\s+", " ", text)

    return rendered


class Example(Form):  # type: ignore[misc]  # untyped upstream
    name = StringField("Name", description="As on your card.", validators=[InputRequired("Say it.")])
    label = StringField("Label", validators=[Optional()])
    way = RadioField("Way", choices=[SelectChoice("sms", "SMS"), SelectChoice("call", "Call")])
    zone = SelectField("Zone", choices=[SelectChoice("UTC", "UTC")])
    agreed = BooleanField("Agreed")


def test_a_control_is_tied_to_its_label_hint_and_error(render: Render) -> None:
    form = Example(data={})
    assert not form.validate()
    text = render("{{ ui.field(form.name, autocomplete='name') }}", form=form)
    assert '<label for="name">Name</label>' in text
    control = re.search(r"<input[^>]+>", text)
    assert control is not None
    assert 'aria-describedby="name-hint name-error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert 'autocomplete="name"' in control[0]
    assert re.search(r'id="name-hint">As on your card\.', text)
    assert re.search(r'id="name-error">.*Say it\.', text)


def test_what_may_be_left_out_says_so(render: Render) -> None:
    assert "optional" in render("{{ ui.field(form.label) }}", form=Example())
    assert "optional" not in render("{{ ui.field(form.name) }}", form=Example())


def test_a_choice_of_few_is_a_group_with_a_name(render: Render) -> None:
    text = render("{{ ui.field(form.way) }}", form=Example())
    assert re.search(r"<fieldset[^>]*> <legend>Way</legend>", text)
    assert text.count('type="radio"') == 2


def test_a_box_stands_inside_its_label(render: Render) -> None:
    text = render("{{ ui.field(form.agreed) }}", form=Example())
    assert re.search(
        r'<label class="choice"><input [^>]*type="checkbox"[^>]*><span>Agreed</span></label>', text
    )


TABLE = """
{% call(row, labels) ui.data_table([_("When"), ("Cost", "num"), ""], rows, caption="Calls") %}
{{ ui.td(labels[0], row.name, "main") }}{{ ui.td(labels[1], ui.money(row.micro, "EUR"), "num") }}
{{ ui.td("", ui.button_form("/x", "Remove", "danger", confirm="Sure?", fields={"id": row.name}), "actions") }}
{% endcall %}
"""


def test_a_cell_knows_its_heading_for_when_rows_become_cards(render: Render) -> None:
    text = render(TABLE, rows=[{"name": "<b>now</b>", "micro": 1_500_000}])
    assert "<caption" in text
    assert '<td data-label="When" class="main">&lt;b&gt;now&lt;/b&gt;</td>' in text
    assert '<td data-label="Cost" class="num"><span class="money">€1.50</span></td>' in text
    assert '<th scope="col"><span class="visually-hidden">Actions</span></th>' in text


def test_a_button_that_does_something_is_a_form_with_its_token(render: Render) -> None:
    text = render(TABLE, rows=[{"name": 'a"b', "micro": 0}])
    assert '<form class="button-form" method="post" action="/x" data-confirm="Sure?"' in text
    assert re.search(r'name="csrf_token" value="[^"]{20,}"', text)
    assert 'name="id" value="a&#34;b"' in text


def test_an_icon_is_silent_unless_it_stands_alone(render: Render) -> None:
    assert 'aria-hidden="true"' in render("{{ ui.icon('phone') }}")
    assert 'role="img" aria-label="Phone"' in render("{{ ui.icon('phone', 'Phone') }}")


def test_an_empty_place_has_a_sentence_an_action_and_an_sms(render: Render) -> None:
    text = render("{{ ui.empty('No calls yet.', '/', 'Call me', 'U.anna P.secret') }}")
    assert "<p>No calls yet.</p>" in text
    assert '<a class="btn btn-primary" href="/">Call me</a>' in text
    assert 'translate="no">U.anna P.secret</code>' in text


def test_an_instant_is_told_to_machines_too(render: Render) -> None:
    text = render("{{ ui.when(0) }} {{ ui.ago(0) }}")
    assert '<time class="when" datetime="1970-01-01T00:00:00.000Z">1 Jan 1970, 00:00</time>' in text
    assert 'title="1 Jan 1970, 00:00">5' in text  # some fifty years ago


def test_pages_are_stepped_through_by_what_there_is(render: Render) -> None:
    assert "<nav" not in render("{{ ui.pager(none, none) }}")
    assert 'rel="next" href="/older"' in render("{{ ui.pager(none, '/older') }}")
    assert 'rel="prev" href="/newer"' in render("{{ ui.pager('/newer', none) }}")


def test_the_frame_has_its_landmarks(desk: Desk) -> None:
    text = desk.client().get("/sign-in").text
    assert text.index('class="skip" href="#content"') < text.index("<header")
    assert '<main id="content" tabindex="-1">' in text
    assert 'role="status"' in text
    assert len(re.findall(r"<h1\b", text)) == 1
