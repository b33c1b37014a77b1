"""What we borrowed is what was published, and no page asks for a thing that is not there."""

import hashlib
import json
import re
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

import webapp
from webapp.static_files import ROOT as STATIC

PAGES = Path(webapp.__file__).parent
TEMPLATES = sorted((PAGES / "templates").rglob("*.html"))
VENDOR = STATIC / "vendor"
PACKAGES = Path(__file__).parents[2] / "tools/vendor"


def test_every_borrowed_file_has_its_checksum() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    kept = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.name != "SHA256SUMS"
    }
    assert found == kept


def test_every_borrowed_package_has_its_licence_and_version() -> None:
    licences = (VENDOR / "LICENSES").read_text()
    pinned = json.loads((PACKAGES / "package.json").read_text())["dependencies"]
    for package, version in pinned.items():
        assert f"{package} {version} (" in licences
    assert "MIT License" in licences
    assert "Zero-Clause BSD" in licences


def test_the_lock_pins_every_package_by_hash() -> None:
    packages = json.loads((PACKAGES / "package-lock.json").read_text())["packages"]
    assert all("integrity" in about for name, about in packages.items() if name)


def test_every_icon_a_page_shows_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (VENDOR / "icons.svg").read_text()))
    asked = re.compile(r"""(?:\bicon\(|icon_name=|icons\.svg['"]\) ?\}\}#)["']([a-z0-9-]+)["']""")
    wanted = {(name, file.name) for file in TEMPLATES for name in asked.findall(file.read_text())}
    assert sorted((name, file) for name, file in wanted if name not in sprite) == []


def test_every_static_file_a_page_names_exists() -> None:
    named = {
        (name, file.name)
        for file in TEMPLATES
        for name in re.findall(r"""static_url\(['"]([^'"]+)['"]\)""", file.read_text())
    }
    assert sorted((name, file) for name, file in named if not (STATIC / name).is_file()) == []


def test_the_policy_has_nothing_to_forbid() -> None:
    """No style attribute, no inline handler, no script without an address or nonce, no other site."""
    forbidden = {
        "a style attribute": re.compile(r"<[^>]*\sstyle="),
        "an inline handler": re.compile(r"<[^>]*\son[a-z]+="),
        "a style element": re.compile(r"<style"),
        "hx-on needs eval": re.compile(r"hx-on"),
        "a script of its own": re.compile(r"<script(?![^>]*(?:\bsrc=|\bnonce=|type=\"application/json\"))"),
        "another site": re.compile(r"""(?:src|href|action)=["']https?://"""),
    }
    found = [
        f"{file.relative_to(PAGES)}: {what}"
        for file in TEMPLATES
        for what, sign in forbidden.items()
        if sign.search(re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL))
    ]
    assert found == []


def test_style_sheets_stay_on_this_machine() -> None:
    own = [file for file in STATIC.rglob("*.css") if VENDOR not in file.parents]
    assert own
    assert [file.name for file in own if re.search(r"@import|url\((?!['\"]?data:)", file.read_text())] == []


def test_the_wheel_holds_every_file_of_the_pages() -> None:
    root = PAGES.parent
    taken = {Path(file.path) for file in WheelBuilder(str(root)).recurse_included_files()}
    wanted = {
        file for part in ("static", "templates", "translations") for file in (PAGES / part).rglob("*.*")
    }
    assert sorted(str(file.relative_to(root)) for file in wanted - taken) == []
