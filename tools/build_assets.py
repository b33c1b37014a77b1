"""Copies what the pages borrow from others into webapp/static/vendor: `make assets`, and commit what changed.

The packages are pinned with their hashes in tools/vendor/package-lock.json. What is taken stands below; each
licence is kept in LICENSES, each checksum in SHA256SUMS, which a test compares. Of the icons only those
named here become one sprite, so that a page asks for one file: <use href="…/icons.svg#phone">.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "tools/vendor"
TARGET = ROOT / "webapp/static/vendor"
TAKEN = {
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
}
_ICONS = """
    activity alert-circle alert-triangle arrow-down-left arrow-left arrow-right arrow-up-right ban bolt
    building calendar chart-bar check chevron-down chevron-left chevron-right chevron-up circle-check
    circle-x clock coins copy device-desktop device-mobile dots download external-link eye eye-off filter
    flame hash help-circle history home id info-circle key language list lock lock-open login logout mail
    menu-2 message message-2 messages microphone microphone-off minus moon music pencil phone phone-call
    phone-incoming phone-off phone-outgoing phone-ringing player-play player-stop plug plug-connected plug-x
    plus qrcode receipt refresh route search send server settings shield-check shield-lock skull sparkles
    star sun timeline trash user user-circle user-plus users volume volume-off wallet wifi wifi-off world x
"""


def main() -> None:
    fetch = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # Node carries its own list of authorities; the rest of the machine goes by this one, and so does this.
    trust = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt", **os.environ}
    subprocess.run(fetch, cwd=PACKAGES, env=trust, check=True)  # noqa: S603 - its words stand one line above
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    modules = PACKAGES / "node_modules"
    for name, source in TAKEN.items():
        # A map of the sources is not shipped, so nothing may point at one.
        text = re.sub(r"\n?/[/*][#@] sourceMappingURL=[^\n]*", "", (modules / source).read_text())
        (TARGET / name).write_text(text.rstrip() + "\n")
    (TARGET / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons/outline"))
    (TARGET / "LICENSES").write_text(licences(modules))
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(TARGET.iterdir())
    ]
    (TARGET / "SHA256SUMS").write_text("".join(sums))
    print(f"{len(sums)} files in {TARGET.relative_to(ROOT)}")


def sprite(icons: Path) -> str:
    """One SVG file with a symbol per icon; they take the colour of the text around them."""
    symbols = []
    for name in _ICONS.split():
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{name}.svg").read_text(), re.DOTALL)
        assert drawing is not None, name
        strokes = "".join(line.strip() for line in drawing[1].strip().splitlines())
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
            f' stroke-linecap="round" stroke-linejoin="round">{strokes}</symbol>\n'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def licences(modules: Path) -> str:
    """Who made what, and on which terms, in full where the package holds the text."""
    parts = []
    for package in sorted(
        {"@tabler/icons", *("/".join(s.split("/dist/")[0].split("/")) for s in TAKEN.values())}
    ):
        home = modules / package
        about = json.loads((home / "package.json").read_text())
        text = next((file.read_text().strip() for file in sorted(home.glob("LICENSE*"))), _TABLER_CORE)
        parts.append(f"{package} {about['version']} ({about['license']})\n{'=' * 78}\n{text}\n")
    return "\n\n".join(parts)


_TABLER_CORE = (
    "(The package holds no copy of its licence; it is this:)\n\n"
    + """\
The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE."""
)


if __name__ == "__main__":
    main()
