"""A phone is confirmed by a call that reads a code, and no digit of it is left anywhere."""

import asyncio
import re
from pathlib import Path

import pytest

from callback.store import accounts
from callback.store.accounts import Verified
from callback.telephony.simulator import Plan
from callback.telephony.simulator.plan import BY_HAND
from tests.e2e.number_desk import AnnasPage
from tests.e2e.town import PHONE as DIRECT
from tests.e2e.town import TIMES, town
from tests.listening import digits_in
from tests.peers.baresip import Baresip
from tests.waiting import becomes

PHONE = "+48600316059"
LOUD_LOG = TIMES + '[log]\nlevel = "debug"\n'


def files_with(pattern: str, directory: Path) -> list[str]:
    """Database, write-ahead log, Valkey's log, our own log at its loudest."""
    looked_at = [path for path in directory.rglob("*") if path.is_file()]
    assert {"ringback.db", "serve.log"} <= {path.name for path in looked_at}
    return [path.name for path in looked_at if re.search(pattern.encode(), path.read_bytes())]


def test_a_phone_is_rung_hears_its_code_and_is_confirmed_by_it() -> None:
    async def play() -> None:
        async with town(times=LOUD_LOG) as here:
            ours = here.product
            phone = here.carrier.handset(PHONE, BY_HAND)
            await here.serve()
            page = AnnasPage(ours)
            request_id = page.call_with_code(PHONE)
            await here.carrier.wait_for("ringing", PHONE, 10)
            phone.answer()
            await here.carrier.wait_for("rtp", PHONE, 10)
            phone.press("1")
            await becomes(lambda: len(digits_in(phone.heard())) >= 6, 15, "the code is read")
            code = digits_in(phone.heard())[:6]
            ways_to_keep_it = rf"(?<!\d){code}(?!\d)|digit_\d"
            assert files_with(ways_to_keep_it, ours.directory) == [], "while it is read"
            phone.hang_up()
            (call,) = await ours.finished()
            assert (call.id, call.outcome, call.code_sealed) == (request_id, "code-read", None)
            assert isinstance(page.confirm(PHONE, code), Verified)
            page.close()
            shown = ours.run("trace", request_id)
            assert shown.exit_code == 0 and "read it a code" in shown.output and code not in shown.output
            assert ours.ask("reconcile") == {"clean": True, "faults": []}
            await becomes(lambda: not here.carrier.open_calls(), 5, "no dialog is left on the wire")
            assert await ours.stop() == 0
            assert files_with(ways_to_keep_it, ours.directory) == [], "afterwards"
            with ours.store.read() as session:
                owner = accounts.find_account_of_number(session, PHONE)
                assert owner is not None and owner.login == "anna"

    asyncio.run(play())


def test_a_phone_nobody_takes_rings_as_long_as_any_other() -> None:
    async def play() -> None:
        async with town(times="[session]\nring_a_s = 2\n") as here:
            phone = here.carrier.handset(PHONE, Plan(ring_s=None))
            await here.serve()
            page = AnnasPage(here.product)
            page.call_with_code(PHONE)
            (call,) = await here.product.finished()
            assert (call.state, call.outcome, call.code_sealed) == ("failed", "a-no-answer", None)
            assert phone.invites == 1
            page.call_with_code(PHONE, "k2")
            page.close()
            await here.product.finished(2)
            assert here.product.ask("reconcile") == {"clean": True, "faults": []}

    asyncio.run(play())


@pytest.mark.realtime
def test_a_phone_that_is_not_of_our_making_hears_the_code(tmp_path: Path) -> None:
    async def play() -> None:
        with Baresip(tmp_path / "phone", PHONE, 700) as phone:
            async with town(trunks=DIRECT.format(name="phone", port=phone.port, prefix=PHONE)) as here:
                await here.serve()
                page = AnnasPage(here.product)
                page.call_with_code(PHONE)
                await becomes(lambda: phone.saw("CALL_INCOMING"), 10, "it rings")
                phone.answer()
                await becomes(lambda: phone.saw("CALL_ESTABLISHED"), 10, "it is answered")
                phone.press("1")
                await becomes(lambda: len(digits_in(phone.heard())) >= 6, 15, "the code is read")
                phone.hang_up()
                (call,) = await here.product.finished()
                assert call.outcome == "code-read"
                assert isinstance(page.confirm(PHONE, digits_in(phone.heard())[:6]), Verified)
                page.close()

    asyncio.run(play())
