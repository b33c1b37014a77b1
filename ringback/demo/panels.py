"""The pieces of the screen: phones, timeline, charge, steps. Pure: a scene and a size in, lines out.

Colours are few: what tells the story is bright, the works behind it are dim, green is proven, yellow waits.
"""

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ringback.demo import cast, wording
from ringback.demo.news import STAGES, Bill, Failed, Moment, PhoneLook, Place, Sms
from ringback.demo.paper import bill_table
from ringback.demo.scene import Scene

BORDER = "grey42"
_PLACES = {
    Place.PHONE: "cyan",
    Place.EAR: "cyan",
    Place.LEDGER: "green",
    Place.INTAKE: "green",
}
_QUIET = "grey62"
_DETAIL_COLUMN = 58  # of the timeline
_STATES = {"idle": ("○", _QUIET), "ringing": ("◉", "bold yellow"), "in call": ("●", "bold green")}


def panel(content: RenderableType, title: str, height: int, border: str = BORDER) -> Panel:
    return Panel(
        content, title=f"[bold default]{title}[/]", title_align="left", box=box.ROUNDED, border_style=border,
        height=height, padding=(0, 1),
    )  # fmt: skip


def steps(scene: Scene) -> Text:
    """The seven stages on one line."""
    line = Text(" ")
    for number, (name, _) in enumerate(STAGES):
        if scene.failed is not None and scene.failed.stage == number:
            mark, style = "✗", "bold red"
        elif number in scene.proofs:
            mark, style = "✓", "green"
        elif number in (scene.running, scene.ahead):
            mark, style = "●" if number == scene.running else "○", "bold yellow"
        else:
            mark, style = "○", _QUIET
        line.append(f"{mark} {name}", style)
        line.append("   " if number < len(STAGES) - 1 else "")
    return line


def phone(look: PhoneLook, sms: Sequence[Sms], now_ms: int, size: tuple[int, int]) -> Panel:
    """A phone: what it does, what was dialled, what is heard, and its last SMS."""
    width, height = size[0] - 4, size[1] - 2
    mark, style = _STATES[look.state]
    state = Text.assemble((f"{mark} {look.state}", style))
    if look.state == "in call":
        minutes, seconds = divmod(max(0, now_ms - look.since_ms) // 1000, 60)
        state.append(f"  {minutes}:{seconds:02}", style)
    if look.display:
        state.append(f"  {look.display}", "bold")
    lines = [state]
    lines += _labelled("keys", look.typed, width, "bold")
    lines += _labelled("heard" if look.state == "idle" else "hears", look.heard, width, "cyan")
    room, shown = height - len(lines), list[Text]()
    for one in reversed(sms):
        wrapped = _sms(one, width)
        if len(shown) + len(wrapped) > room - 1:
            break
        shown = wrapped + shown
    if shown:
        lines += [Text(""), *shown]
    person = next(person for person in cast.PEOPLE if person.name == look.name)
    border = {"ringing": "yellow", "in call": "green"}.get(look.state, BORDER)
    return panel(Group(*lines[:height]), f"{look.name}[/]  [{_QUIET}]{person.shown}", size[1], border)


def _labelled(label: str, words: str, width: int, style: str) -> list[Text]:
    wrapped = textwrap.wrap(words, width - 6)
    names = [label, *[""] * len(wrapped)]
    return [
        Text.assemble((f"{name:<6}", _QUIET), (part, style))
        for name, part in zip(names, wrapped, strict=False)
    ]


def _sms(sms: Sms, width: int) -> list[Text]:
    arrow, style = ("→", "default") if sms.sent else ("←", "bright_white")
    wrapped = textwrap.wrap(sms.text, width - 2)
    return [
        Text.assemble((f"{arrow if not at else ' '} ", "yellow" if sms.sent else "green"), (part, style))
        for at, part in enumerate(wrapped)
    ]


def timeline(scene: Scene, size: tuple[int, int]) -> Panel:
    """The newest moments, in the order of time."""
    width, height = size[0] - 4, size[1] - 2
    lines: list[Text] = []
    for chapter in scene.chapters:
        if lines:
            lines.append(Text(""))
        title = (f"SMS {chapter.number}: {chapter.title}", "italic")
        lines.append(Text.assemble(("     ms  ", _QUIET), title))
        lines += [_moment(moment, width) for moment in scene.moments_of(chapter)]
    return panel(Group(*lines[-height:]), "What happens", size[1])


def _moment(moment: Moment, width: int) -> Text:
    """Time, place and words; the detail in its own column, or at the right edge, or not at all."""
    words = "green" if moment.text.startswith("✓") else "default" if moment.mark else _QUIET
    line = Text.assemble(
        (f"{wording.milliseconds(moment.since_ms):>7}  ", "default" if moment.mark else _QUIET),
        (f"{moment.place:<8} ", _PLACES.get(moment.place, _QUIET)),
        (moment.text, words),
    )
    space = min(width - len(moment.detail), _DETAIL_COLUMN) - line.cell_len
    if moment.detail and space >= 2:
        line.append(" " * space)
        line.append(moment.detail, "grey50")
    line.truncate(width, overflow="ellipsis")
    return line


def charge(bill: Bill | None, height: int) -> Panel:
    """Each leg with its price, and what was moved."""
    if bill is None:
        waiting = Text("Nothing is charged yet: the money is set aside when a callback is asked for.", _QUIET)
        return panel(waiting, "The charge", height)
    sums = Text()
    for name, amount in wording.bill_sums(bill):
        sums.append(f"{name} ", _QUIET)
        sums.append(amount, "bold" if name in ("charged", "balance") else "default")
        sums.append("  ")
    if bill.faults is not None:
        sums.append(
            "✗ the books disagree" if bill.faults else "✓ books right", "red" if bill.faults else "green"
        )
    space = height - 2 - len(bill.legs) - 2
    blank = [Text("")] if space > 0 else []
    table: RenderableType = bill_table(bill) if bill.legs else Text("No leg was dialled yet.", _QUIET)
    return panel(Group(table, *blank, sums), "The charge", height, "green" if bill.closed else BORDER)


def failure(failed: Failed, height: int) -> Panel:
    """What is missing, and where to look."""
    told = [
        Text(f"✗ {failed.missing}", "bold red"),
        Text(f"the log: {wording.shortest(failed.log)}; it ends so:"),
    ]
    told += [Text(line, _QUIET, no_wrap=True, overflow="ellipsis") for line in failed.tail]
    return panel(Group(*told[: height - 2]), "Something is missing", height, "red")


def proofs(scene: Scene) -> Table:
    """What was proven, stage by stage."""
    grid = Table.grid(padding=(0, 2))
    for number, (name, _) in enumerate(STAGES):
        if number in scene.proofs:
            grid.add_row(
                Text(f"✓ {name}", "green"), Text(scene.proofs[number], overflow="ellipsis", no_wrap=True)
            )
    return grid
