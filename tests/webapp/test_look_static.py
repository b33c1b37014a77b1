"""Static files travel small, once, and never under a false name."""

import gzip
import re

import pytest

from tests.webapp.conftest import Town
from tests.webapp.desk import Desk
from webapp.static_files import static_file, static_url

FIRST_PAGE_MOST = 150_000  # octets, compressed: what a phone loads before it sees the first page


def test_the_address_holds_the_hash_and_the_answer_is_kept_for_ever(desk: Desk) -> None:
    answer = desk.client().get(static_url("app.css"))
    assert answer.status_code == 200
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == static_file("app.css").content


def test_text_travels_compressed_to_whoever_can_read_it(desk: Desk) -> None:
    address = static_url("vendor/tabler.css")
    squeezed = desk.client().get(address, headers={"Accept-Encoding": "gzip, br"})
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert squeezed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(squeezed.data) == desk.client().get(address).data
    assert "Content-Encoding" not in desk.client().get(address).headers


def test_an_old_address_gives_the_present_file_and_is_not_kept(desk: Desk) -> None:
    answer = desk.client().get("/static/000000000000/app.css")
    assert answer.data == static_file("app.css").content
    assert answer.headers["Cache-Control"] == "no-cache"


def test_what_a_browser_has_is_not_sent_again(desk: Desk) -> None:
    first = desk.client().get(static_url("app.js"))
    again = desk.client().get(static_url("app.js"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.css", "../i18n.py", "..%2fi18n.py", "vendor", "vendor/../../parts.py"]
)
def test_what_is_not_there_or_outside_is_not_found(desk: Desk, name: str) -> None:
    assert desk.client().get(f"/static/000000000000/{name}").status_code == 404


def test_the_icon_of_the_tab_is_found_where_browsers_look(desk: Desk) -> None:
    assert desk.client().get("/favicon.ico").content_type.startswith("image/svg+xml")


@pytest.mark.parametrize("path", ["/sign-in", "/"])
def test_the_first_page_is_light(town: Town, path: str) -> None:
    client = town.as_anna() if path == "/" else town.stranger()
    page = client.get(path)
    assert page.status_code == 200
    assets = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text))
    assert len(assets) >= 5
    weight = len(page.data)
    for address in assets:
        weight += len(client.get(address, headers={"Accept-Encoding": "gzip"}).data)
    assert weight <= FIRST_PAGE_MOST
