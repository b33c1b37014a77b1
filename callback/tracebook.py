"""What happened in every call, written in groups: at most 200 ms late; a crash may lose the tail."""

import asyncio
from collections.abc import Sequence

from callback.commits import Commits
from callback.store import trace

FLUSH_S = 0.2


class TraceBook:
    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._lines: list[trace.Line] = []

    def note(self, request_id: str, at_ms: int, state: str, event: str, effects: Sequence[str]) -> None:
        self._lines.append(trace.Line(request_id, at_ms, state, event, f"[{','.join(effects)}]"))

    async def flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            await self._commits.submit(lambda session: trace.add_lines(session, lines))
