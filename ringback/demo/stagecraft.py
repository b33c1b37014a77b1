"""Everything a stage works with: phones that send, ring and hear, the service's records, and patience.

Nothing is told that was not read from the service's database or reported by a simulator. Waiting means to
look again every 40 ms, to tell what is new, and to notice at once when a process of the town has ended.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TypeVar

from callback.clock import Clock
from callback.store.db import Store, StoreError
from callback.telephony.simulator.client import RemoteCarrier, RemoteHandset
from callback.telephony.simulator.events import Event
from callback.telephony.simulator.plan import BY_HAND
from ringback.demo import cast
from ringback.demo.cast import Person
from ringback.demo.journey import Journey, bill_of
from ringback.demo.mailbox import ESME_ROK, Mailbox, Received
from ringback.demo.news import Bill, Chapter, Moment, News, Place
from ringback.demo.phones import Phone
from ringback.demo.town import CARRIER, SMSC, Town
from ringback.demo.witness import Seen, Witness

T = TypeVar("T")
Tell = Callable[[News], None]
_LOOK_S = 0.04
_OPEN_S = 30.0
_LONG_S = 7 * 24 * 3600.0


class Missing(Exception):
    """Something that ought to have happened did not; the message says what."""


class Stagecraft:
    """`await open()` when the town is; `await close()`."""

    def __init__(self, town: Town, tell: Tell) -> None:
        self.clock = Clock()
        self.tell = tell
        self.config_file = str(town.place.config_file)
        self.witness = Witness(Store(town.place.config.database_url))
        self.stage = 0
        self.callbacks = 0  # asked for so far
        self.request_id: str | None = None
        self.before_micro = 0
        self.sent_at_ms = 0  # the last SMS left the SMS centre
        self.faults: tuple[str, ...] | None = None
        self._town = town
        self._phones: dict[str, Phone] = {}
        self._journey = Journey(Chapter(0, "", self.clock.now_ms()))
        self._told: dict[str, Moment] = {}
        self._bill: Bill | None = None
        self._last_sms = 0
        self._sms: list[Received] = []
        self._events: list[Event] = []
        self._mailbox = Mailbox(town.place.socket_of(SMSC), self.clock, self._sms_arrived)
        self._carrier: RemoteCarrier | None = None

    async def open(self) -> None:
        """Wait until the simulators listen, the service has bound to the SMSC, and its dialer is up."""
        control = self._town.place.socket_of(CARRIER)
        connecting = asyncio.create_task(RemoteCarrier.connect(control, 2 * _OPEN_S))
        await self.until(connecting.done, _OPEN_S, "the simulated carrier did not start")
        self._carrier = connecting.result()
        self._carrier.on_event(self._event)
        for person in cast.PEOPLE:
            await self.handset(person).plan(BY_HAND)
            self._phones[person.number] = Phone(person, self.tell)
        deadline_s = self.clock.monotonic_s() + _OPEN_S
        while not await self._mailbox.is_bound():
            if self.clock.monotonic_s() > deadline_s:
                raise Missing("the service did not bind to the SMS centre")
            await self.pause(_LOOK_S)
        self._mailbox.listen(tuple(person.number for person in cast.PEOPLE))
        await self.until(self.witness.dialer_is_up, _OPEN_S, "the service's dialer did not come up")
        await self.until(self._town.page_is_up, _OPEN_S, "the service's web face did not come up")

    async def close(self) -> None:
        await self._mailbox.close()
        if self._carrier is not None:
            await self._carrier.close()

    # --- what phones do

    def phone(self, person: Person) -> Phone:
        return self._phones[person.number]

    def handset(self, person: Person) -> RemoteHandset:
        assert self._carrier is not None, "opened"
        return self._carrier.handset(person.number)

    async def text(self, person: Person, text: str, title: str) -> None:
        """Send an SMS to the service: a new chapter begins."""
        chapter = Chapter(self._journey.chapter.number + 1, title, self.clock.now_ms())
        self._journey = Journey(chapter)
        self.tell(chapter)
        self.phone(person).sms_sent(text)
        sent = await self._mailbox.send(person.number, cast.ACCESS_NUMBER, text)
        self.sent_at_ms = sent.sent_at_ms
        self._say(self._journey.of_sending(sent))
        if sent.status != ESME_ROK:
            answer = "did not answer" if sent.status is None else f"refused with status 0x{sent.status:08x}"
            raise Missing(f"the service took no SMS: it {answer}")

    async def open_calls(self) -> int:
        assert self._carrier is not None, "opened"
        return len(await self._carrier.open_calls())

    # --- what is known

    def now_ms(self) -> int:
        return self.clock.now_ms()

    def chapter_at_ms(self) -> int:
        return self._journey.chapter.at_ms

    def sms_for(self, person: Person, since_ms: int) -> list[Received]:
        return [sms for sms in self._sms if sms.number == person.number and sms.at_ms >= since_ms]

    def event(self, kind: str, person: Person) -> Event | None:
        """The first of its kind since this chapter began."""
        began_ms, number = self.chapter_at_ms(), person.number
        fits = (e for e in self._events if (e.kind, e.number) == (kind, number) and e.at_ms >= began_ms)
        return next(fits, None)

    def seen(self) -> Seen:
        assert self.request_id is not None, "a callback was asked for"
        return self.witness.look(self.request_id)

    def has_told(self, key: str) -> bool:
        """Whether a moment whose key begins so was told in this chapter."""
        return any(known.startswith(f"{self._journey.chapter.number}:{key}") for known in self._told)

    def prove(self, key: str, words: str, detail: str) -> None:
        """Tell what an ear has found."""
        moment = self._journey.moment(
            f"proof:{key}", self.now_ms(), Place.EAR, "proof", mark=True, words=words, detail=detail
        )
        self._say([moment])

    # --- patience

    async def until(self, find: Callable[[], T | None], timeout_s: float | None, missing: str) -> T:
        """The first true answer; `Missing` when it does not come in time, or when a process has ended."""
        deadline_s = self.clock.monotonic_s() + (_LONG_S if timeout_s is None else timeout_s)
        while True:
            self.look()
            found = find()
            if found:
                return found
            if self.clock.monotonic_s() > deadline_s:
                raise Missing(f"{missing} (waited {timeout_s:.0f} s)")
            await asyncio.sleep(_LOOK_S)

    async def pause(self, duration_s: float) -> None:
        """Let whoever watches see it."""
        end_s = self.clock.monotonic_s() + duration_s
        await self.until(lambda: self.clock.monotonic_s() >= end_s, None, "")

    async def ask_whoever_watches(self, question: Coroutine[None, None, T]) -> T:
        """Their answer; what happens meanwhile is told."""
        asking = asyncio.create_task(question)
        try:
            await self.until(asking.done, None, "")
            return asking.result()
        finally:
            asking.cancel()

    def look(self) -> None:
        """Read what is new, and tell it."""
        fallen = self._town.fallen()
        if fallen is not None:
            raise Missing(str(fallen))
        if not self._journey.chapter.number:
            return
        try:
            for sms in self.witness.sms_after(self._last_sms):
                self._say(self._journey.of_sms(sms))
                if sms.done_at_ms is not None:
                    self._last_sms = sms.id
            if self.request_id is not None:
                self._tell_call(self.seen())
        except StoreError as error:
            if not error.transient:
                raise

    def _tell_call(self, seen: Seen) -> None:
        self._say(self._journey.of_call(seen))
        bill = bill_of(seen, self.before_micro, self.faults)
        if bill != self._bill:
            self._bill = bill
            self.tell(bill)
        digits = self._told.get(f"{self._journey.chapter.number}:digits")
        anna = self.phone(cast.ANNA)
        if digits is not None and anna.look.state == "in call" and seen.request.state == "running":
            anna.change(typed=digits.text.partition(": ")[2])

    def _say(self, moments: Iterable[Moment]) -> None:
        for moment in moments:
            if self._told.get(moment.key) != moment:
                self._told[moment.key] = moment
                self.tell(moment)

    def _sms_arrived(self, sms: Received) -> None:
        self._sms.append(sms)
        self._phones[sms.number].sms_arrived(sms.text)
        self._say([self._journey.of_reply(sms)])

    def _event(self, event: Event) -> None:
        self._events.append(event)
        phone = self._phones.get(event.number)
        if phone is not None:
            phone.event(event)
            self._say(self._journey.of_event(event))
