"""Whose port is it? Linux says it in /proc: a socket has an inode, and a process has it open."""

from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Owner:
    pid: int
    command: str


def udp_port_owner(port: int) -> Owner | None:
    """The process that has this UDP port open; None if there is none, or it is not ours to see."""
    return _owner("udp", port)


def tcp_port_owner(port: int) -> Owner | None:
    """The same for TCP."""
    return _owner("tcp", port)


def _owner(protocol: str, port: int) -> Owner | None:
    tables = (_PROC / "net" / protocol, _PROC / "net" / f"{protocol}6")
    inodes = {f"socket:[{inode}]" for table in tables for inode in _inodes(table, port)}
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if process.name.isdigit() and _has_open(process, inodes):
            return Owner(int(process.name), _command(process))
    return None


def _inodes(table: Path, port: int) -> list[str]:
    """proc_net_udp(5): `local_address` is hex address:port in column 1, the inode is column 9."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    rows = (line.split() for line in lines)
    return [row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port]


def _has_open(process: Path, inodes: set[str]) -> bool:
    return any(_target(handle) in inodes for handle in _handles(process))


def _handles(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:  # it ended, or is another user's
        return []


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except OSError:  # closed while we looked
        return ""


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        return " ".join(words[:3]).strip() or (process / "comm").read_text().strip()
    except OSError:
        return "a process that has just ended"
