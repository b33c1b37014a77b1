"""A town around the product: a simulated SMSC and a simulated carrier, over real SMPP and SIP.

The simulated phones live in this process's asyncio loop: never block it in the middle of a call.
"""

import contextlib
from collections.abc import AsyncIterator

from callback.clock import Clock
from callback.telephony.simulator import Carrier
from smsgw.simulator import Delivery, SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.e2e.product import Product, product
from tests.waiting import becomes

ANNA = "+48600316058"
BORIS = "+48221234999"
ACCESS = "+48221000000"
LINK = """\
[[links]]
name = "carrier"
host = "127.0.0.1"
port = {port}
system_id = "ringback"
password = "secret"
trusted_ani = {trusted}
bind = "{bind}"
"""
TRUNK = """\
[[trunks]]
name = "{name}"
host = "127.0.0.1"
port = {port}
prefixes = ["{prefix}"]
"""
PHONE = TRUNK + "strip = 0\n"  # called directly, by the number it believes to have
TIMES = """\
[session]
ring_a_s = 10
ring_b_s = 5
"""


class Town:
    def __init__(self, product: Product, smsc: SimulatedSmsc, carrier: Carrier) -> None:
        self.product = product
        self.smsc = smsc
        self.carrier = carrier

    async def serve(self, **environment: str) -> None:
        """Start the product and wait until it is bound and its dialer listens."""
        binds = self.smsc.binds
        await self.product.serve(**environment)
        await becomes(lambda: self.smsc.binds > binds, 20, "the gateway binds")

    def text(self, text: str, source: str = ANNA) -> Delivery:
        return self.smsc.deliver(MoMessage(source, ACCESS, text))

    def replies(self, number: str = ANNA) -> list[str]:
        """Every SMS this number received from us."""
        return [reply.text for reply in self.smsc.replies if reply.destination.lstrip("+") == number[1:]]

    async def reply(self, count: int = 1, number: str = ANNA, timeout_s: float = 10) -> str:
        """The text of the n-th SMS this number received from us."""
        await becomes(lambda: len(self.replies(number)) >= count, timeout_s, f"SMS {count} to {number}")
        return self.replies(number)[count - 1]

    async def nothing_waits(self) -> None:
        """Every SMS that was written is sent."""
        waiting = "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'failed')"
        await becomes(lambda: not self.product.count(waiting), 10, "everything is sent")


@contextlib.asynccontextmanager
async def town(
    trusted: bool = True,
    bind: str = "transceiver",
    credit: str = "10.00",
    number: str = "",
    times: str = TIMES,
    trunks: str = "",
) -> AsyncIterator[Town]:
    """Furnished with an account `anna`/`secret99` and a deck; not serving yet. Leaves nothing behind.

    `number` is a phone of hers that the operator vouches for; `trunks` stand beside the carrier's.
    """
    smsc = SimulatedSmsc()
    carrier = Carrier("127.0.0.1", 0, Clock())
    await carrier.start()
    smsc.start()
    link = LINK.format(port=smsc.port, trusted=str(trusted).lower(), bind=bind)
    trunk = TRUNK.format(name="carrier", port=carrier.port, prefix="+")
    try:
        with product(link + trunk + trunks + times) as ours:
            ours.furnish(credit, number)
            here = Town(ours, smsc, carrier)
            try:
                yield here
            except BaseException:
                print(*carrier.events, *smsc.replies, sep="\n")
                raise
            if ours.serving and ours.serving.poll() is None:
                await ours.stop()
    finally:
        await carrier.stop()
        smsc.stop()
