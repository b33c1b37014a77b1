"""A simulated carrier and its handsets, over real SIP and RTP: they ship with the product.

The demo's telephone network, and the peer of most tests. `Carrier` and `Handset` live in the caller's
asyncio loop; `python -m callback.telephony.simulator --port 5070 --control /run/x/carrier.sock` runs them
apart, steered with `RemoteCarrier`. Must not know the product's SIP backend.

    carrier ─► handset ─► call ─► line          one number, one dialog, its sound
    control ◄─ unix socket ─► client            the same verbs from another process
    message digest description plan tunes hearing speaking events      pure
"""

from callback.telephony.simulator.carrier import Carrier
from callback.telephony.simulator.client import RemoteCarrier, RemoteHandset
from callback.telephony.simulator.events import Event
from callback.telephony.simulator.handset import Handset
from callback.telephony.simulator.plan import Plan

__all__ = ["Carrier", "Event", "Handset", "Plan", "RemoteCarrier", "RemoteHandset"]
