"""What is due when: a heap of appointments, each called off or kept once. Pure."""

import heapq
from collections.abc import Callable
from itertools import count


class Appointment:
    """One future call; `call_off` may come at any time, also after it was kept."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[float], None] | None) -> None:
        self.act = act

    def call_off(self) -> None:
        self.act = None


class Timetable:
    """Appointments in order of their time; equal times keep the order in which they were made."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Appointment]] = []
        self._made = count()

    def at(self, due_s: float, act: Callable[[float], None]) -> Appointment:
        """Have `act(now_s)` called once that time has come."""
        appointment = Appointment(act)
        heapq.heappush(self._heap, (due_s, next(self._made), appointment))
        return appointment

    def next_s(self) -> float | None:
        """When to look again, None if nothing is planned."""
        while self._heap and self._heap[0][2].act is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def keep(self, now_s: float) -> None:
        """Call everything that is due."""
        while self._heap and self._heap[0][0] <= now_s:
            appointment = heapq.heappop(self._heap)[2]
            act, appointment.act = appointment.act, None
            if act is not None:
                act(now_s)
