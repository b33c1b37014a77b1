"""Names a device by its User-Agent, as people would: "Firefox on Linux". What it does not know it shows."""

import re

_BROWSERS = (  # the first that is found: most call themselves by several names
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\b(OPR|Opera)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chromium", r"\bHeadlessChrome/"),
    ("Chrome", r"\b(Chrome|CriOS)/"),
    ("Safari", r"\bSafari/"),
    ("curl", r"\bcurl/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b|\bMacintosh\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)
_SHOWN = 40


def device_name(agent: str) -> tuple[str, str]:
    """Browser and system; either may be empty. Both are, and a part of the agent stands first, if unknown."""
    browser = next((name for name, mark in _BROWSERS if re.search(mark, agent)), "")
    system = next((name for name, mark in _SYSTEMS if re.search(mark, agent)), "")
    return (browser, system) if browser or system else (agent[:_SHOWN], "")
