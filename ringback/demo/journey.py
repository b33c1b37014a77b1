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
from ringback.demo.witness import Seen

# What the carrier's phones report; what is not here is not told.
_AT_THE_PHONE = {  # kind: place, words, detail
    "invite": (Place.CARRIER, "INVITE for {name}", "shows {cli}"),
    "ringing": (Place.PHONE, "{name}'s phone rings", "180 Ringing"),
    "answered": (Place.PHONE, "{name} answers", "200 OK"),
    "rtp": (Place.EAR, "first sound in {name}'s ear", "RTP"),
    "bye-sent": (Place.PHONE, "{name} hangs up", "BYE"),
    "bye": (Place.CARRIER, "{name}'s phone is hung up", "BYE"),
    "rejected": (Place.PHONE, "{name}'s phone refuses", "{status}"),
    "cancelled": (Place.CARRIER, "{name}'s phone stops ringing", "CANCEL"),
}
_STORY = {"ringing", "answered", "rtp", "bye-sent"}


class Journey:
    """Makes the moments of one chapter."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter = chapter

    def moment(
        self, key: str, at_ms: int, place: Place, text: str, detail: str = "", *, mark: bool = False
    ) -> Moment:
        number, began_ms = self.chapter.number, self.chapter.at_ms
        since_ms = max(0, at_ms - began_ms)
        return Moment(f"{number}:{key}", number, at_ms, since_ms, place, text, detail, mark)

    def of_sending(self, sent: Sent) -> Iterator[Moment]:
        words = "deliver_sm leaves the SMS centre"
        yield self.moment("sent", sent.sent_at_ms, Place.SMSC, words, mark=True)
        if sent.status == 0:
            words, detail = "committed, then acknowledged", "deliver_sm_resp ESME_ROK"
            yield self.moment("acked", sent.acked_at_ms, Place.GATEWAY, words, detail)

    def of_sms(self, sms: SmsSeen) -> Iterator[Moment]:
        yield self.moment("received", sms.received_at_ms, Place.GATEWAY, "read from the socket")
        if sms.done_at_ms is not None:
            words = f"executed: {sms.outcome}"
            yield self.moment("executed", sms.done_at_ms, Place.GATEWAY, words, sms.text or "", mark=True)

    def of_reply(self, sms: Received) -> Moment:
        person = cast.person_of(sms.number)
        words = f"an SMS for {person.name if person else sms.number}"
        return self.moment(f"reply:{sms.at_ms}:{sms.text}", sms.at_ms, Place.SMSC, words, "submit_sm")

    def of_event(self, event: Event) -> Iterator[Moment]:
        person, told = cast.person_of(event.number), _AT_THE_PHONE.get(event.kind)
        if told is None or person is None:
            return
        place, words, detail = told
        detail = detail.format(cli=f"+{event.detail.lstrip('+')}", status=event.detail)
        yield self.moment(
            f"{event.kind}:{event.call_id}", event.at_ms, place, words.format(name=person.name), detail,
            mark=event.kind in _STORY,
        )  # fmt: skip

    def of_call(self, seen: Seen) -> Iterator[Moment]:
        """Everything the service wrote down about the callback."""
        request = seen.request
        if request.claimed_at_ms is not None:
            words, detail = "the job wakes a dialer", "request claimed"
            yield self.moment("claimed", request.claimed_at_ms, Place.DIALER, words, detail)
        for leg in seen.legs:
            words, detail = f"INVITE for leg {leg.role} leaves", "the leg is committed"
            yield self.moment(f"dialled:{leg.id}", leg.dialled_at_ms, Place.DIALER, words, detail)
        yield from self._of_session(seen)
        for transfer in seen.transfers:
            yield self._of_transfer(transfer)
        if request.ended_at_ms is not None:
            words = f"the callback is over: {request.outcome}"
            yield self.moment("over", request.ended_at_ms, Place.DIALER, words)

    def _of_transfer(self, transfer: Transfer) -> Moment:
        amount = format_money(transfer.amount_micro, cast.CURRENCY)
        role = (transfer.leg_id or "").rpartition("-")[2][:1].upper()
        place, words = {
            "hold": (Place.LEDGER, f"{amount} more set aside"),
            "settle": (Place.LEDGER, f"leg {role} charged: {amount}"),
            "release": (Place.LEDGER, f"{amount} given back"),
        }[transfer.kind]
        if transfer.kind == "hold" and transfer.key.endswith(":1"):
            place, words = Place.INTAKE, f"request stored, {amount} set aside"
        return self.moment(transfer.key, transfer.at_ms, place, words, mark=transfer.kind == "settle")

    def _of_session(self, seen: Seen) -> Iterator[Moment]:
        typed, first_ms = "", 0
        for line in seen.lines:
            event = json.loads(line.event)
            match event["is"]:
                case "DigitPressed":
                    typed, first_ms = typed + event["digit"], first_ms or line.at_ms
                case "CallAuthorised":
                    words = f"allowed: money for {event['talk_s'] // 60} minutes"
                    key = f"authorised:{event['ask']}"
                    yield self.moment(key, line.at_ms, Place.DIALER, words, event["number"])
                case "CallRefused":
                    words = f"not connected: {event['reason']}"
                    yield self.moment(f"refused:{event['ask']}", line.at_ms, Place.DIALER, words, mark=True)
            if line.state.endswith(">talk") and not line.state.startswith("talk>"):
                words = "the legs are joined: they talk"
                yield self.moment(f"talk:{line.at_ms}", line.at_ms, Place.DIALER, words, mark=True)
            for effect in json.loads(line.effects):
                if effect["is"] == "Play" and effect["items"][0] == ENTER_NUMBER:
                    key = f"play:{effect['playback_id']}"
                    yield self.moment(key, line.at_ms, Place.DIALER, "the prompt begins", ENTER_NUMBER)
        if typed:
            yield self.moment("digits", first_ms, Place.DIALER, f"keys: {typed}", "RFC 4733", mark=True)


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
