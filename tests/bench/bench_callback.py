"""deliver_sm on the socket → INVITE on the wire, the whole product on SQLite, credentials cached.

    python -m tests.bench.bench_callback

Idle, with 20 callbacks a second, and under a flood of 1,000 other SMS a second; and from leg A's 200 OK to
the first RTP of the prompt. The SMSC and the carrier run in this process and share its clock.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from callback.clock import Clock
from callback.store import accounts
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BUSY
from smsgw.simulator_texts import MoMessage
from tests.e2e.town import ACCESS, Town, town
from tests.waiting import becomes

_NUMBERS = 600
_PASSWORD = "secret99"


def _number(index: int) -> str:
    return f"+48600{index:06}"


def _furnish(here: Town) -> None:
    """One account with many phones: one live request per phone is the rule."""
    clock = Clock()
    with here.product.store.write() as session:
        account = accounts.find_account(session, "anna")
        assert account is not None
        for index in range(_NUMBERS):
            accounts.verify_directly(
                session, account.id, _number(index), number_id=clock.new_id(), now_ms=clock.now_ms()
            )


def _print(what: str, values: Sequence[float]) -> None:
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"\n  {what:<50} n={len(ordered):<4} p50 {statistics.median(ordered):6.1f}"
        f"  p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms",
        flush=True,
    )


def _stages(here: Town, asked: Mapping[str, float]) -> None:
    """Where the time goes, median and p99: each stage from the one before."""
    sql = """
        SELECT r.number_a, i.received_at_ms, r.created_at_ms, r.claimed_at_ms, l.dialled_at_ms, l.trying_at_ms
        FROM request r JOIN inbox i ON r.source_key = 'sms:' || i.id JOIN leg l ON l.request_id = r.id
    """
    with here.product.store.read() as session:
        rows = {row[0]: row[1:] for row in session.connection().exec_driver_sql(sql)}
    names = ("received", "decided", "claimed", "dialled", "INVITE sent")
    times = [(asked[number], *row) for number, row in rows.items() if number in asked and None not in row]
    for stage, name in enumerate(names):
        spent = sorted(row[stage + 1] - row[stage] for row in times)
        p99 = spent[int(len(spent) * 0.99)]
        print(f"      {name:<12} +{statistics.median(spent):5.0f}  p99 +{p99:5.0f} ms")


async def _ask(here: Town, index: int, asked: dict[str, float], clock: Clock) -> None:
    number = _number(index)
    here.carrier.handset(number, BUSY)
    asked[number] = clock.now_ms()
    here.smsc.deliver(MoMessage(number, ACCESS, f"U.anna P.{_PASSWORD} F.{number[1:]}"))


def _latencies(here: Town, asked: dict[str, float]) -> list[float]:
    invited = {event.number: event.at_ms for event in here.carrier.events if event.kind == "invite"}
    return [invited[number] - at for number, at in asked.items() if number in invited]


async def _paced(here: Town, indices: range, per_s: float) -> list[float]:
    clock = here.carrier.clock
    asked: dict[str, float] = {}
    start = time.monotonic()
    for count, index in enumerate(indices):
        await asyncio.sleep(max(0.0, start + count / per_s - time.monotonic()))
        await _ask(here, index, asked, clock)
    await becomes(lambda: len(_latencies(here, asked)) == len(asked), 20, "every phone is rung")
    await here.product.finished(1)
    _stages(here, asked)
    return _latencies(here, asked)


async def measure() -> bool:
    """Prints as it goes; True when every SMS became a call."""
    async with town(credit="5000.00") as here:
        _furnish(here)
        here.smsc.window = 200  # a carrier's; with 10 the flood waits in the SMSC
        await here.serve()
        here.text(f"U.anna P.{_PASSWORD} B")
        await here.reply(1)
        await _paced(here, range(20), 5)  # warm
        _print("deliver_sm → INVITE, idle (target 30, 100)", await _paced(here, range(20, 120), 5))
        before = _cpu_ms(here)
        _print("… with 20 callbacks/s (target p99 200)", await _paced(here, range(120, 420), 20))
        used = {name: (after - before[name]) / 300 for name, after in _cpu_ms(here).items()}
        print("  CPU ms per callback:", {name: round(ms, 1) for name, ms in used.items()})
        await _first_prompt(here)
        flood = asyncio.create_task(_flood(here, 1000, 10))
        _print("… under 1,000 other SMS/s (target p99 300)", await _paced(here, range(420, 500), 10))
        await flood
        await becomes(lambda: not here.smsc.waiting, 10, "the flood is accepted")
        return True


def _cpu_ms(here: Town) -> dict[str, float]:
    """User and system time of each process so far (proc(5), clock ticks of 10 ms)."""
    times = {"this": sum(os.times()[:2]) * 1000}
    for path in here.product.run_dir.glob("*.pid"):
        fields = Path(f"/proc/{path.read_text().strip()}/stat").read_text().rpartition(")")[2].split()
        times[path.stem] = (int(fields[11]) + int(fields[12])) * 10.0
    return times


async def _flood(here: Town, per_s: int, seconds: int) -> None:
    """Strangers' chatter, 10 at a time."""
    start = time.monotonic()
    for count in range(0, per_s * seconds, 10):
        await asyncio.sleep(max(0.0, start + count / per_s - time.monotonic()))
        for each in range(10):
            number = f"+4870{count + each:07}"
            here.smsc.deliver(MoMessage(number, ACCESS, f"hello {count + each}"))


async def _first_prompt(here: Town) -> None:
    waits = []
    for index in range(520, 550):
        number = _number(index)
        here.carrier.handset(number, Plan(ring_s=0.05, hang_up_after_s=0.4))
        here.smsc.deliver(MoMessage(number, ACCESS, f"U.anna P.{_PASSWORD} F.{number[1:]}"))
        answered = await here.carrier.wait_for("answered", number, 5)
        heard = await here.carrier.wait_for("rtp", number, 5)
        waits.append(float(heard.at_ms - answered.at_ms))
        await here.carrier.wait_for("over", number, 5)
    _print("leg A's 200 OK → first prompt RTP (target 60)", waits)


if __name__ == "__main__":
    asyncio.run(measure())
