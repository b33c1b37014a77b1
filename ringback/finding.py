"""What a check of this box found: what, where, how bad, and what cures it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    subject: str  # where: a TOML path, a file, a port
    message: str
    cure: str = ""
