"""What the command says: tables for people, JSON for machines, one sentence for trouble.

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 it works but something is missing (degraded).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

FAILED = 1
USAGE = 2
DEGRADED = 3
_PIPE_WIDTH = 400


class Unusable(Exception):
    """What was asked cannot be done; the message says why and what would help."""

    transient = False


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file. (Default: $RINGBACK_CONFIG, ./ringback.toml, none.)"),
]


class Commands(TyperGroup):
    """A group whose known troubles end as one clear message and exit code 1, wrong usage as exit code 2.

    A trouble of the world says whether it is `transient` (DESIGN section 9), or which file it is about; what
    does neither is our bug, and shows its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in ctx.args  # asked before they are parsed: what is wrong may be one of them
        try:
            return super().invoke(ctx)
        except typer.Exit:
            raise
        except OSError as trouble:
            if trouble.filename is None:
                raise
            _report(Unusable(f"{trouble.filename}: {trouble.strerror}"), as_json=as_json)
            raise typer.Exit(FAILED) from None
        except Exception as trouble:
            if hasattr(trouble, "transient"):
                _report(trouble, as_json=as_json)
                raise typer.Exit(FAILED) from None
            if as_json and hasattr(trouble, "format_message"):  # Typer's own: wrong usage
                show_json({"error": trouble.format_message(), "faults": []})
                raise typer.Exit(USAGE) from None
            raise


def _report(trouble: Exception, *, as_json: bool) -> None:
    faults = getattr(trouble, "faults", [])
    if as_json:
        show_json({"error": str(trouble), "faults": [asdict(fault) for fault in faults]})
        return
    for line in [str(fault) for fault in faults] or [str(trouble)]:
        complain(line)
    if faults:
        complain(f"{len(faults)} fault{'s' * (len(faults) > 1)} in the configuration; nothing was done")


def people() -> Console:
    """Where tables go, unfolded into a pipe; a name in them may look like markup, and is none.

    Made afresh: tests and pipes change stdout under us.
    """
    piped = not sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=piped,
        width=_PIPE_WIDTH if piped else None,
    )


def say(text: str) -> None:
    people().print(text)


def complain(text: str) -> None:
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(f"ringback: {text}")


def show_json(value: object) -> None:
    """One JSON document on stdout; dataclasses become objects."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2, ensure_ascii=False) + "\n")


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people; columns of figures are the caller's to format. A leading `>` aligns right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    people().print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        say(f"{name:<{width}}  {value}")


def give_up(message: str) -> NoReturn:
    raise Unusable(message)
