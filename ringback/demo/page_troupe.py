"""Phones, SMS centre and carrier of the page, in the stage's loop: acts, news, and the pictures they make.

A picture is made when a simulator reports something, when somebody acts, and else a few times a second while
somebody watches; the database is read for it in a thread of its own, because sound must not wait for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial

from callback.clock import Clock
from callback.config import Config
from callback.store.db import Store, StoreError
from callback.telephony.simulator import RemoteCarrier, RemoteHandset
from callback.telephony.simulator.events import Event
from callback.telephony.simulator.plan import BY_HAND
from ringback.demo import cast, coach, page_story
from ringback.demo.listeners import Ears
from ringback.demo.mailbox import ESME_ROK, Mailbox, Received
from ringback.demo.page_phone import PagePhone
from ringback.demo.page_records import Reader, Records
from ringback.demo.page_story import Outgoing
from ringback.demo.victims import Victims
from webapp.stage import Facts, Phone, Picture, Say, StageTrouble

_BUSY_S, _QUIET_S = 0.15, 0.7  # between two looks at the database
_BUSY_FOR_S = 6.0  # after the last thing that happened
_LEAST_S = 0.03
_CONNECT_S = 10.0
_EVENTS_KEPT = 2_000
_SMS_KEPT = 100
_PAST_EVENTS = 500
_DECLINED = 486


class Troupe:
    """Everything here happens in one loop, but for the reading of the database."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        store: Store,
        victims: Victims,
        ears: Ears,
        publish: Callable[[Picture], None],
        is_watched: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._victims = victims
        self._ears = ears
        self._publish = publish
        self._is_watched = is_watched
        self._reader = Reader(store, clock)
        self._phones = {phone.id: phone for phone in map(PagePhone, cast.PEOPLE)}
        self._by_number = {phone.person.number: phone for phone in self._phones.values()}
        self._outgoing: deque[Outgoing] = deque(maxlen=_SMS_KEPT)
        self._arrived: deque[Received] = deque(maxlen=_SMS_KEPT)
        self._events: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._sending: set[asyncio.Task[None]] = set()
        self._began_ms = clock.now_ms()
        self._remembered: set[int] = set()  # SMS sent before we came, by their inbox ids
        self._records: Records | None = None
        self._news = asyncio.Event()
        self._busy_until_s = 0.0
        self._carrier_socket = config.run_dir / "carrier.sock"
        self._mailbox = Mailbox(config.run_dir / "smsc.sock", clock, self._sms_arrived)
        self._carrier: RemoteCarrier | None = None

    async def play_for_ever(self) -> None:
        """Until it is cancelled."""
        trouble = ""
        try:
            while True:
                self._news.clear()
                if self._carrier is None or self._carrier.is_gone:
                    trouble = await self._connect()
                if self._is_watched():
                    await self._show(trouble)
                await asyncio.sleep(_LEAST_S)
                busy = self._clock.monotonic_s() < self._busy_until_s
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _BUSY_S if busy else _QUIET_S)
        finally:
            await self._mailbox.close()
            if self._carrier is not None:
                await self._carrier.close()
            self._carrier = None

    async def _show(self, trouble: str) -> None:
        try:
            self._records = await asyncio.to_thread(self._reader.read)
        except StoreError:
            trouble = trouble or "books"  # busy or being repaired: what was known is shown as such
        if self._records is not None:
            self._remember(self._records)
            self._publish(self._draw(self._records, trouble))

    async def look_again(self) -> None:
        """Something was done that shows soon."""
        self._busy_until_s = self._clock.monotonic_s() + _BUSY_FOR_S
        self._news.set()

    def phone(self, phone_id: str) -> PagePhone:
        if phone_id not in self._phones:
            raise ValueError(f"nobody here is called {phone_id!r}")
        return self._phones[phone_id]

    # --- verbs

    async def send_sms(self, phone_id: str, text: str) -> None:
        phone, at_ms = self.phone(phone_id), self._clock.now_ms()
        outgoing = Outgoing(phone.person.number, text, at_ms)
        task = asyncio.create_task(self._deliver(phone, outgoing))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        await self.look_again()

    async def answer(self, phone_id: str) -> None:
        await self._handset(phone_id).answer()

    async def hang_up(self, phone_id: str) -> None:
        handset = self._handset(phone_id)
        if self.phone(phone_id).state == "ringing":
            await handset.reject(_DECLINED)
        else:
            await handset.hang_up()

    async def press(self, phone_id: str, keys: str) -> None:
        await self._handset(phone_id).press(keys)
        self.phone(phone_id).pressed(keys)
        await self.look_again()

    async def play(self, phone_id: str, tune: str) -> None:
        phone = self.phone(phone_id)
        await self._handset(phone_id).play_tune("" if phone.muted else tune)
        phone.played(tune)
        await self.look_again()

    async def mute(self, phone_id: str, muted: bool) -> None:
        """Silence instead of tune or voice: packets go on, or the service would take the line for dead."""
        phone = self.phone(phone_id)
        phone.muted = muted and phone.state == "in-call"
        await self.play(phone_id, phone.tune)

    async def speak(self, phone_id: str, pcm: bytes) -> None:
        phone = self.phone(phone_id)
        if phone.muted:
            return
        await self._handset(phone_id).speak(pcm)
        phone.spoke(self._clock.now_ms())

    def _handset(self, phone_id: str) -> RemoteHandset:
        if self._carrier is None or self._carrier.is_gone:
            raise StageTrouble("the simulated carrier is away")
        return self._carrier.handset(self.phone(phone_id).person.number)

    async def _deliver(self, phone: PagePhone, outgoing: Outgoing) -> None:
        self._outgoing.append(outgoing)
        sms = phone.sms_sent(outgoing.text, outgoing.at_ms)
        try:
            outgoing.sent = await self._mailbox.send(outgoing.number, cast.ACCESS_NUMBER, outgoing.text)
        except (OSError, ValueError):  # the SMS centre is away, or cannot send such a text
            phone.sms_went(sms, "failed")
        else:
            phone.sms_went(sms, "delivered" if outgoing.sent.status == ESME_ROK else "failed")
        await self.look_again()

    # --- news

    async def _connect(self) -> str:
        """Find carrier and phones; what is missing, if anything is."""
        try:
            carrier = await RemoteCarrier.connect(self._carrier_socket, _CONNECT_S)
            carrier.on_event(self._event)
            for number, phone in self._by_number.items():
                handset = carrier.handset(number)
                await handset.plan(BY_HAND)
                await handset.listen(partial(self._ears.tell, phone.id))
                state = await handset.state()
                phone.found(state["state"], state["caller"], state["since_ms"], state["tune"])
            past = await carrier.past_events(_PAST_EVENTS)
        except (OSError, TimeoutError):
            return "carrier"
        if self._carrier is None:
            self._events.extend(event for event in past if event.number in self._by_number)
            self._mailbox.listen(tuple(self._by_number))
        self._carrier = carrier
        return ""

    def _event(self, event: Event) -> None:
        phone = self._by_number.get(event.number)
        if phone is not None:
            self._events.append(event)
            phone.event(event)
            self._busy_until_s = self._clock.monotonic_s() + _BUSY_FOR_S
            self._news.set()

    def _sms_arrived(self, sms: Received) -> None:
        self._arrived.append(sms)
        self._by_number[sms.number].sms_arrived(sms.text, sms.at_ms)
        self._busy_until_s = self._clock.monotonic_s() + _BUSY_FOR_S
        self._news.set()

    def _remember(self, records: Records) -> None:
        """The SMS that phones sent before we came are known from the database, without what is secret."""
        for sms in records.sms:
            phone = self._by_number.get(sms.ani)
            was_before = sms.received_at_ms < self._began_ms and sms.state != "repeat"
            if phone is not None and was_before and sms.text is not None and sms.id not in self._remembered:
                self._remembered.add(sms.id)
                phone.sms_recorded(sms.text, sms.received_at_ms)
        for phone in self._phones.values():
            phone.look_up(sms for sms in records.sms if sms.ani == phone.person.number)

    # --- the picture

    def _draw(self, records: Records, trouble: str) -> Picture:
        anna, boris = self._phones.values()
        calls = [seen for seen in records.calls if seen.request.purpose == "callback"]
        situation = coach.Situation(
            records.verified,
            anna.state,
            boris.state,
            anna.sms,
            asked=any(seen.request.state in ("queued", "running") for seen in calls),
            talked=any(seen.request.outcome == "talked" for seen in calls),
        )
        if any(state != "idle" for state in (anna.state, boris.state)):
            self._busy_until_s = self._clock.monotonic_s() + _QUIET_S
        return Picture(
            version=0,
            now_ms=self._clock.now_ms(),
            phones=tuple(self._look(phone, records, situation) for phone in self._phones.values()),
            step=coach.next_step(situation),
            chapters=page_story.chapters(records, self._outgoing, self._arrived, self._events),
            charge=page_story.charge_of(calls[-1]) if calls else None,
            processes=self._victims.look(),
            facts=Facts(**asdict(records.tally), faults=records.faults),
            trouble=trouble,
        )

    def _look(self, phone: PagePhone, records: Records, situation: coach.Situation) -> Phone:
        anna = phone.person is cast.ANNA
        return replace(
            phone.look(),
            caption=self._caption(phone, records),
            dials=coach.worth_dialling(situation.anna, situation.boris, phone.typed) if anna else "",
            suggestions=coach.suggestions(situation) if anna else coach.of_a_stranger(),
        )

    def _caption(self, phone: PagePhone, records: Records) -> Say:
        """What it hears: by the trace of its call; of the other one, what that one plays or says."""
        running = [seen for seen in records.calls if seen.request.state == "running"]
        if phone.state != "in-call" or not running:
            return Say()
        seen = running[-1]
        heard = page_story.heard_on_a(seen)
        if phone.person.number != seen.request.number_a and heard.name != "joined":
            return Say()
        if heard.name != "joined":
            return heard
        other = next(one for one in self._phones.values() if one is not phone)
        if other.speaks(self._clock.now_ms()):
            return Say("voice", {"name": other.person.name})
        if other.tune and not other.muted:
            return Say("tune", {"name": other.person.name, "tune": other.tune})
        return Say("joined", {"name": other.person.name})
