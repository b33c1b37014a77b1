"""How long the money set aside lasts, and what to set aside next (credit control as in RFC 8506 §5).

Everything follows from one exact function: `cost_at`, what all legs of a request will have cost if they are
hung up at an instant. It only ever rises with time, so the instant at which a sum is used up is found by
halving the interval, never by dividing money by a price: the answer is the cost function's own edge, to the
millisecond, and stays right when a tariff gets steps that no formula knows.

::

    cost      ┌───── next increment starts here; if it is not paid for,
    held ─ ─ ─│─ ─   `covered_until` is the last instant before it
        ┌─────┘
    ────┘            time
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callback.core.rating import Rate, cost

FAR_MS = 366 * 86_400_000
"""Coverage of free calls, from now: longer than any call."""


@dataclass(frozen=True, slots=True)
class RunningLeg:
    """A leg that is answered, or one about to be dialled that is assumed to be answered at `since_ms`."""

    rate: Rate
    since_ms: int


@dataclass(frozen=True, slots=True)
class EndedLeg:
    """A leg that is over: it costs this, whatever the time."""

    cost_micro: int


CostedLeg = RunningLeg | EndedLeg


@dataclass(frozen=True, slots=True)
class Quantum:
    """The next thing to set aside: `grow_micro` more, and the call is paid for until then."""

    until_ms: int
    grow_micro: int
    final: bool  # all the money there is will not pay for longer


def cost_at(legs: Sequence[CostedLeg], at_ms: int) -> int:
    """Micro-units that all legs will have cost if every running one ends at this instant."""
    return sum(
        leg.cost_micro if isinstance(leg, EndedLeg) else cost(leg.rate, at_ms - leg.since_ms) for leg in legs
    )


def covered_until(legs: Sequence[CostedLeg], held_micro: int, now_ms: int) -> int:
    """The last instant, from now on, for which the held sum pays; `now_ms` if it does not pay even for now.

    At most `now_ms + FAR_MS`, which free calls reach.
    """
    paid, unpaid = now_ms, now_ms + FAR_MS + 1
    while unpaid - paid > 1:
        middle = (paid + unpaid) // 2
        if cost_at(legs, middle) <= held_micro:
            paid = middle
        else:
            unpaid = middle
    return paid


def next_quantum(
    legs: Sequence[CostedLeg], held_micro: int, available_micro: int, now_ms: int, quantum_s: int
) -> Quantum:
    """What to add to the held sum so that the call is covered for `quantum_s` longer than it is now.

    Started increments are held whole. When the money does not reach that far, the quantum is as much of it
    as buys time, and final. A repeat after a lost race for the wallet asks again with what is left.
    """
    far_ms = now_ms + FAR_MS
    target_ms = min(covered_until(legs, held_micro, now_ms) + quantum_s * 1000, far_ms)
    reach_ms = covered_until(legs, held_micro + available_micro, now_ms)
    final = reach_ms < target_ms
    wanted_micro = cost_at(legs, reach_ms if final else target_ms) - held_micro
    grow_micro = min(max(wanted_micro, 0), available_micro)
    until_ms = covered_until(legs, held_micro + grow_micro, now_ms)
    return Quantum(until_ms, grow_micro, final or until_ms == reach_ms < far_ms)


def opening_hold(rate_a: Rate, quantum_s: int) -> int:
    """Micro-units to set aside before leg A is rung: its connect fee, its minimum and the first quantum."""
    return cost(rate_a, quantum_s * 1000)


def least_hold(rates: Sequence[Rate]) -> int:
    """Micro-units without which legs at these prices are not rung at all: what the shortest call costs."""
    return sum(cost(rate, 1) for rate in rates)
