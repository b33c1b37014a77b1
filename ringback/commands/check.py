"""`ringback check`: every fault of the configuration, then of the box."""

import typer
from rich.markup import escape

from ringback import doctor
from ringback.finding import Finding, Level
from ringback.opening import open_config
from ringback.terminal import DEGRADED, FAILED, AsJson, ConfigPath, people, show_json

_MARKS = {
    Level.OK: "[green]ok[/]      ",
    Level.NOTE: "[cyan]note[/]    ",
    Level.DEGRADED: "[yellow]degraded[/]",
    Level.FAILED: "[red]failed[/]  ",
}
_EXIT = {Level.OK: 0, Level.NOTE: 0, Level.DEGRADED: DEGRADED, Level.FAILED: FAILED}


def check(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Say what is wrong here and what cures it. Exit code 3: it works, but a part is missing."""
    findings = []
    for finding in doctor.examine(open_config(config)):
        findings.append(finding)
        if not as_json:
            _show(finding)
    verdict = doctor.worst(findings)
    if as_json:
        show_json({"verdict": verdict, "findings": findings})
    raise typer.Exit(_EXIT[verdict])


def _show(finding: Finding) -> None:
    cure = f" [dim]→ {escape(finding.cure)}[/]" if finding.cure else ""
    people().print(
        f"{_MARKS[finding.level]}  [bold]{escape(finding.subject)}[/]: {escape(finding.message)}{cure}",
        markup=True,
    )
