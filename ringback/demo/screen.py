"""The whole screen: a scene and the size of the terminal in, one picture out. Pure.

Ringback demo                       a simulation …      the head
✓ register   ● ask   ○ answer …                         the steps
╭ Anna ──────╮╭ What happens ──────────────╮
╰────────────╯│                            │
╭ Boris ─────╮│                            │
╰────────────╯╰────────────────────────────╯
╭ The charge ──────────────────────────────╮
╰──────────────────────────────────────────╯
SPACE next   A play it all   Q quit                     the keys
"""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ringback.demo import panels, wording
from ringback.demo.news import STAGES, Finished, PhoneLook
from ringback.demo.scene import Scene

SMALLEST = (92, 28)  # columns and rows
_HEAD, _CHARGE, _KEYS = 3, 7, 1
_PHONES_LEAST, _PHONES_MOST = 38, 50
_QUIET = "grey62"


def draw(scene: Scene, size: tuple[int, int], now_ms: int, auto: bool, timeline: bool) -> RenderableType:
    """`timeline` shows the picture of the play even when it is over."""
    width, height = size
    rows: list[RenderableType] = [
        _head(width, scene.opened.web if scene.opened else ""),
        panels.steps(scene),
        Text(""),
    ]
    room = height - _HEAD - _KEYS
    if scene.finished is not None and not timeline:
        rows.append(_end(scene, scene.finished, room))
    else:
        rows.append(_play(scene, (width, room), now_ms))
    rows.append(_keys(scene, auto, timeline))
    return Group(*rows)


def _head(width: int, address: str) -> Text:
    left, right = " Ringback demo", "a simulation: nothing leaves 127.0.0.1 "
    line = Text(left, "bold")
    line.append(f"  {address}" if address else "  a telecom in a box", "cyan" if address else _QUIET)
    line.append(" " * max(1, width - len(line) - len(right)))
    line.append(right, "yellow")
    return line


def _play(scene: Scene, size: tuple[int, int], now_ms: int) -> RenderableType:
    width, room = size
    left = max(_PHONES_LEAST, min(_PHONES_MOST, width * 36 // 100))
    middle = room - _CHARGE
    lower = max(7, middle // 3)
    looks = [scene.phones.get(name, PhoneLook(name, "", "idle")) for name in ("Anna", "Boris")]
    heights = (middle - lower, lower)
    phones = [
        panels.phone(look, scene.sms.get(look.name, ()), now_ms, (left, height))
        for look, height in zip(looks, heights, strict=True)
    ]
    columns = Table.grid(padding=0)
    columns.add_column(width=left)
    columns.add_column(width=width - left)
    right = _opening(scene, middle) if not scene.chapters else panels.timeline(scene, (width - left, middle))
    columns.add_row(Group(*phones), right)
    bottom = panels.charge(scene.bill, _CHARGE)
    if scene.failed is not None:
        bottom = panels.failure(scene.failed, _CHARGE)
    return Group(columns, bottom)


def _opening(scene: Scene, height: int) -> RenderableType:
    """What stands in the box, before anything happens in it."""
    opened = scene.opened
    grid = Table.grid(padding=(0, 2))
    mark = Text("✓", "green") if opened else Text("…", "yellow")
    for name, how, where in (
        ("SMS centre", "SMPP 3.4", opened.smsc if opened else ""),
        ("carrier and phones", "SIP, RTP", opened.carrier if opened else ""),
        ("ringback serve", "the real one", opened.sip if opened else ""),
    ):
        grid.add_row(mark, name, Text(how, _QUIET), Text(where, _QUIET))
    state = Text("The town opens: each of these is a process of its own.", _QUIET)
    rest: list[RenderableType] = []
    if opened:
        state = Text(f"The town is open, after {opened.took_ms / 1000:.1f} s.")
        rest = [
            Text(""),
            Text.assemble(("page   ", _QUIET), (opened.web, "bold cyan")),
            Text.assemble(("books  ", _QUIET), wording.shortest(opened.directory)),
            Text.assemble(("log    ", _QUIET), wording.shortest(opened.log)),
        ]
    return panels.panel(Group(state, Text(""), grid, *rest), "The town", height)


def _end(scene: Scene, finished: Finished, room: int) -> RenderableType:
    """The last picture: what was proven, what it cost, and what to try next."""
    fast = Text.assemble(
        (wording.milliseconds(finished.sms_to_invite_ms), "bold"), (" ms from the SMS to the INVITE", _QUIET),
        "    ", (wording.milliseconds(finished.answer_to_prompt_ms), "bold"),
        (" ms from her answer to the first sound", _QUIET),
    )  # fmt: skip
    tries = Table.grid(padding=(0, 2))
    commands = wording.things_to_try(finished.request_id, finished.config)
    for line, shows in commands:
        tries.add_row(
            Text(line, "bold", no_wrap=True, overflow="ellipsis"), Text(shows, _QUIET, no_wrap=True)
        )
    proven = len(STAGES) + 4
    last = max(3, min(len(commands) + 2, room - _CHARGE - proven))
    rest = room - _CHARGE - proven - last
    return Group(
        panels.panel(Group(panels.proofs(scene), Text(""), fast), "What was proven", proven, "green"),
        panels.charge(scene.bill, _CHARGE),
        panels.panel(tries, "What to try next, here or in another terminal", last),
        *[Text("")] * rest,
    )


def _keys(scene: Scene, auto: bool, timeline: bool) -> Text:
    line = Text(" ")

    def key(name: str, what: str) -> None:
        line.append(f" {name} ", "black on grey70")
        line.append(f" {what}   ")

    if scene.closing:
        line.append("… every process is being ended", "yellow")
        return line
    if scene.finished is not None:
        key("R", "ring again")
        key("T", "what was proven" if timeline else "timeline")
    elif scene.ahead is not None and not auto:
        key("SPACE", STAGES[scene.ahead][1])
        key("A", "play it all")
    elif scene.running is not None and scene.failed is None:
        line.append(f"… {STAGES[scene.running][1]}   ", "yellow")
        if not auto:
            key("A", "play it all")
    key("Q", "quit")
    return line
