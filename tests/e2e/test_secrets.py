"""No password and no code stands anywhere on the disk, whatever people write (DESIGN 4.7)."""

import asyncio
from pathlib import Path

from callback.telephony.simulator import Plan
from tests.e2e.product import PASSWORD
from tests.e2e.town import ANNA, Town, town

OTHER = "+48600316059"
MUDDLES = (
    f"U.{PASSWORD} P.anna",
    f"U.anna.{PASSWORD}",
    f"anna {PASSWORD} {ANNA}",
    f"U.anna P.{PASSWORD} R.{PASSWORD}",
    f"U.anna P. {PASSWORD}",
    f"U.anna P.'{PASSWORD} B",
)
ANSWERED_MUDDLES = 4  # and three hints in ten minutes are enough


def files_with(words: str, directory: Path) -> list[str]:
    """Database, write-ahead log, Valkey's log, our own log, keys, configuration."""
    looked_at = [path for path in directory.rglob("*") if path.is_file()]
    assert {"ringback.db", "ringback.db-wal", "serve.log"} <= {path.name for path in looked_at}
    return [path.name for path in looked_at if words.encode() in path.read_bytes()]


async def code_for(here: Town, number: str) -> str:
    said = await here.reply(1, number)
    return said.removeprefix("Your code is ")[:6]


def test_neither_password_nor_code_is_left_on_the_disk() -> None:
    async def play() -> None:
        async with town(number=ANNA) as here:
            here.carrier.handset(ANNA, Plan(ring_s=0.2))
            await here.serve()
            here.text(f"U.anna P.{PASSWORD} R.{OTHER}")
            code = await code_for(here, OTHER)
            here.text(f"OK {code}", OTHER)
            assert (
                await here.reply(2, OTHER)
                == f"{OTHER} is confirmed. Text U.user P.pass to be called back on it."
            )
            here.text(f"U.anna P.{PASSWORD}")
            await here.carrier.wait_for("rtp", ANNA, 8)
            for count, muddle in enumerate(MUDDLES, 1):
                here.text(muddle)
                if count <= ANSWERED_MUDDLES:
                    await here.reply(2 + count)
            await here.nothing_waits()
            assert here.product.run("trace", here.product.requests()[0].id).exit_code == 0
            for secret in (PASSWORD, code):
                assert files_with(secret, here.product.directory) == []

    asyncio.run(play())
