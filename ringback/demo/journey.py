"""From records to moments: rows of the service and events of the simulators, told in the order of time. Pure.

Each moment has a key, so that the same row read again tells the same moment again.
"""

import json
from collections.abc import Iterator

from callback.core.money import format_money
from callback.core.spoken import ENTER_NUMBER
from callback.store.models import Transfer
from callback.store.reports import SmsSeen
from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.mailbox import Received, Sent
from ringback.demo.news import Bill, Chapter, LegCharge, Moment, Place
from ringback.demo.sentences import SENTENCES
from ringback.demo.witness import Seen

# What the carrier's phones report, and where it is; what is not here is not told.
_AT_THE_PHONE = {
    "invite": Place.CARRIER,
    "ringing": Place.PHONE,
    "answered": Place.PHONE,
    "rtp": Place.EAR,
    "bye-sent": Place.PHONE,
    "bye": Place.CARRIER,
    "rejected": Place.PHONE,
    "cancelled": Place.CARRIER,
}
_STORY = {"ringing", "answered", "rtp", "bye-sent"}


class Journey:
    """Makes the moments of one chapter."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter = chapter

    def moment(
        self, key: str, at_ms: int, place: Place, sentence: str, /, *, mark: bool = False, **values: str
    ) -> Moment:
        """A moment told by the sentence of that name."""
        number, began_ms = self.chapter.number, self.chapter.at_ms
        text, detail = (part.format(**values) for part in SENTENCES[sentence])
        since_ms = max(0, at_ms - began_ms)
        return Moment(f"{number}:{key}", number, at_ms, since_ms, place, text, detail, mark, sentence, values)

    def of_sending(self, sent: Sent) -> Iterator[Moment]:
        yield self.moment("sent", sent.sent_at_ms, Place.SMSC, "sent", mark=True)
        if sent.status == 0:
            yield self.moment("acked", sent.acked_at_ms, Place.GATEWAY, "acked")

    def of_sms(self, sms: SmsSeen) -> Iterator[Moment]:
        yield self.moment("received", sms.received_at_ms, Place.GATEWAY, "received")
        if sms.done_at_ms is not None:
            yield self.moment(
                "executed", sms.done_at_ms, Place.GATEWAY, "executed",
                mark=True, outcome=sms.outcome, text=sms.text or "",
            )  # fmt: skip

    def of_reply(self, sms: Received) -> Moment:
        person = cast.person_of(sms.number)
        name = person.name if person else sms.number
        return self.moment(f"reply:{sms.at_ms}:{sms.text}", sms.at_ms, Place.SMSC, "reply", name=name)

    def of_event(self, event: Event) -> Iterator[Moment]:
        person, place = cast.person_of(event.number), _AT_THE_PHONE.get(event.kind)
        if place is None or person is None:
            return
        values = {"name": person.name}
        if event.kind == "invite":
            values["cli"] = f"+{event.detail.lstrip('+')}"
        elif event.kind == "rejected":
            values["status"] = event.detail
        key, mark = f"{event.kind}:{event.call_id}", event.kind in _STORY
        yield self.moment(key, event.at_ms, place, event.kind, mark=mark, **values)

    def of_call(self, seen: Seen) -> Iterator[Moment]:
        """Everything the service wrote down about the callback."""
        request = seen.request
        if request.claimed_at_ms is not None:
            yield self.moment("claimed", request.claimed_at_ms, Place.DIALER, "claimed")
        for leg in seen.legs:
            yield self.moment(f"dialled:{leg.id}", leg.dialled_at_ms, Place.DIALER, "dialled", role=leg.role)
        yield from self._of_session(seen)
        for transfer in seen.transfers:
            yield self._of_transfer(transfer)
        if request.ended_at_ms is not None:
            yield self.moment("over", request.ended_at_ms, Place.DIALER, "over", outcome=request.outcome)

    def _of_transfer(self, transfer: Transfer) -> Moment:
        amount = format_money(transfer.amount_micro, cast.CURRENCY)
        role = (transfer.leg_id or "").rpartition("-")[2][:1].upper()
        place, sentence = Place.LEDGER, transfer.kind
        if sentence == "hold" and transfer.key.endswith(":1"):
            place, sentence = Place.INTAKE, "stored"
        return self.moment(
            transfer.key, transfer.at_ms, place, sentence, mark=sentence == "settle", amount=amount, role=role
        )

    def _of_session(self, seen: Seen) -> Iterator[Moment]:
        typed, first_ms = "", 0
        for line in seen.lines:
            event = json.loads(line.event)
            match event["is"]:
                case "DigitPressed":
                    typed, first_ms = typed + event["digit"], first_ms or line.at_ms
                case "CallAuthorised":
                    minutes, number = str(event["talk_s"] // 60), event["number"]
                    yield self.moment(
                        f"authorised:{event['ask']}", line.at_ms, Place.DIALER, "authorised",
                        minutes=minutes, number=number,
                    )  # fmt: skip
                case "CallRefused":
                    key, reason = f"refused:{event['ask']}", event["reason"]
                    yield self.moment(key, line.at_ms, Place.DIALER, "refused", mark=True, reason=reason)
            if line.state.endswith(">talk") and not line.state.startswith("talk>"):
                yield self.moment(f"talk:{line.at_ms}", line.at_ms, Place.DIALER, "talk", mark=True)
            for effect in json.loads(line.effects):
                if effect["is"] == "Play" and effect["items"][0] == ENTER_NUMBER:
                    key = f"play:{effect['playback_id']}"
                    yield self.moment(key, line.at_ms, Place.DIALER, "play", prompt=ENTER_NUMBER)
        if typed:
            yield self.moment("digits", first_ms, Place.DIALER, "digits", mark=True, keys=typed)


def bill_of(seen: Seen, before_micro: int, faults: tuple[str, ...] | None = None) -> Bill:
    """The money of a callback as it stands now."""
    costs = {record.leg_id: record for record in seen.records}
    legs = []
    for leg in seen.legs:
        rate, record, person = json.loads(leg.rate), costs.get(leg.id), cast.person_of(leg.number)
        legs.append(
            LegCharge(
                role=leg.role,
                who=person.name if person else "",
                number=leg.number,
                prefix=rate["prefix"],
                connect_micro=rate["connect_micro"],
                minute_micro=rate["minute_micro"],
                first_s=rate["first_s"],
                next_s=rate["next_s"],
                talked_ms=record.duration_ms if record else 0,
                billed_s=record.billed_s if record else 0,
                cost_micro=record.cost_micro if record else None,
            )
        )
    return Bill(
        currency=cast.CURRENCY,
        before_micro=before_micro,
        held_micro=seen.moved_micro("hold"),
        settled_micro=seen.moved_micro("settle"),
        released_micro=seen.moved_micro("release"),
        balance_micro=seen.balance_micro,
        legs=tuple(legs),
        closed=seen.request.state not in ("queued", "running"),
        faults=faults,
    )
