"""Adds up what several runs of the tests reported, as one closing line; no test at all is a failure."""

import sys
import xml.etree.ElementTree as ET  # our own report, not a stranger's
from pathlib import Path


def main(reports: list[str]) -> int:
    """Prints `N passed, N failed`; 1 when anything failed, was skipped or nothing ran."""
    ran = failed = skipped = 0
    for report in reports:
        for suite in ET.parse(Path(report)).getroot().iter("testsuite"):
            ran += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
    print(f"\n{max(ran - failed - skipped, 0)} passed, {failed + skipped} failed")
    return int(ran == 0 or failed + skipped > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
