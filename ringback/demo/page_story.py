"""From records and reports to what the page tells: chapters, charge, captions. Pure.

A chapter begins with an SMS, or with a press of *Call me* on the portal. What a phone or its carrier reports
belongs to the chapter of its callback: the SIP Call-ID begins with the request's id.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callback.core.money import format_money
from callback.core.spoken import TONE_RINGBACK, TONE_WARNING
from callback.prompts.catalogue import WORDS
from callback.telephony.simulator.events import Event
from ringback.demo import cast, news
from ringback.demo.journey import Journey, bill_of
from ringback.demo.mailbox import Received, Sent
from ringback.demo.page_records import Records
from ringback.demo.witness import Seen
from smsgw.grammar import mask
from webapp.stage import Chapter, Charge, LegCharge, Moment, Say

_CHAPTERS = 6
_CLOCKS_DIFFER_MS = 20  # between the processes


@dataclass(slots=True)
class Outgoing:
    """An SMS sent from the page; `sent` when the SMS centre has its answer."""

    number: str
    text: str
    at_ms: int
    sent: Sent | None = None


@dataclass(slots=True)
class _Beginning:
    """Where a chapter begins, and what is known to belong to it."""

    key: str
    title: Say
    at_ms: int
    inbox_id: int = 0
    outgoing: Outgoing | None = None


def chapters(
    records: Records, outgoing: Sequence[Outgoing], arrived: Iterable[Received], events: Iterable[Event]
) -> tuple[Chapter, ...]:
    """The newest chapters, the oldest of them first."""
    beginnings = _beginnings(records, outgoing)
    if not beginnings:
        return ()
    starts = [one.at_ms for one in beginnings]
    told: list[list[news.Moment]] = [[] for _ in beginnings]
    journeys = [Journey(news.Chapter(n, "", one.at_ms)) for n, one in enumerate(beginnings)]

    def at(at_ms: int) -> int:
        return max(0, bisect_right(starts, at_ms + _CLOCKS_DIFFER_MS) - 1)

    by_sms = {one.inbox_id: n for n, one in enumerate(beginnings) if one.inbox_id}
    of_request: dict[str, int] = {}
    for n, one in enumerate(beginnings):
        if one.outgoing is not None and one.outgoing.sent is not None:
            told[n] += journeys[n].of_sending(one.outgoing.sent)
    for sms in records.sms:
        told[by_sms[sms.id]] += journeys[by_sms[sms.id]].of_sms(sms)
    for seen in records.calls:
        n = of_request[seen.request.id] = at(seen.request.created_at_ms)
        told[n] += journeys[n].of_call(seen)
    for event in events:
        n = of_request.get(event.call_id.partition("-")[0], at(event.at_ms))
        told[n] += journeys[n].of_event(event)
    for reply in arrived:
        n = at(reply.at_ms)
        told[n].append(journeys[n].of_reply(reply))
    made = [_chapter(one, moments) for one, moments in zip(beginnings, told, strict=True)]
    return tuple(made[-_CHAPTERS:])


def _beginnings(records: Records, outgoing: Sequence[Outgoing]) -> list[_Beginning]:
    """Each SMS once, be it sent by the page, stored by the service or both; and what the web asked for."""
    unmatched = list(outgoing)
    found = []
    for sms in records.sms:
        of_phone = (one for one in unmatched if one.number == sms.ani and one.at_ms <= sms.received_at_ms)
        mine = next(of_phone, None)
        if mine is not None:
            unmatched.remove(mine)
        text = sms.text or (mask(mine.text) if mine else "…")
        title = Say("sms", {"name": _name(sms.ani), "text": text})
        at_ms = mine.at_ms if mine else sms.received_at_ms
        found.append(_Beginning(f"sms-{sms.id}", title, at_ms, sms.id, mine))
    for one in unmatched:
        title = Say("sms", {"name": _name(one.number), "text": mask(one.text)})
        found.append(_Beginning(f"sent-{one.at_ms}", title, one.at_ms, outgoing=one))
    for seen in records.calls:
        if seen.request.trigger == "web":
            title = Say("web", {"name": _name(seen.request.number_a)})
            found.append(_Beginning(f"web-{seen.request.id}", title, seen.request.created_at_ms))
    return sorted(found, key=lambda one: one.at_ms)


def _chapter(beginning: _Beginning, moments: Iterable[news.Moment]) -> Chapter:
    once = {moment.key: moment for moment in moments}
    in_order = sorted(once.values(), key=lambda moment: moment.at_ms)
    return Chapter(beginning.key, beginning.title, beginning.at_ms, tuple(map(_moment, in_order)))


def _moment(moment: news.Moment) -> Moment:
    say = Say(moment.name, moment.values)
    detail = Say(f"{moment.name}.detail" if moment.detail else "", moment.values)
    return Moment(moment.key, moment.since_ms, moment.place.value, say, detail, moment.mark)


def _name(number: str) -> str:
    person = cast.person_of(f"+{number.lstrip('+')}")
    return person.name if person else number


def charge_of(seen: Seen) -> Charge:
    """The money of a callback as it stands."""
    before_micro = seen.balance_micro + seen.moved_micro("hold") - seen.moved_micro("release")
    bill = bill_of(seen, before_micro)

    def money(micro: int) -> str:
        return format_money(micro, bill.currency)

    return Charge(
        before=money(bill.before_micro),
        held=money(bill.held_micro),
        settled=money(bill.settled_micro),
        released=money(bill.released_micro),
        balance=money(bill.balance_micro),
        closed=bill.closed,
        legs=tuple(_leg(leg, bill.currency) for leg in bill.legs),
    )


def _leg(leg: news.LegCharge, currency: str) -> LegCharge:
    beyond_s = max(0, leg.billed_s - leg.first_s)
    return LegCharge(
        role=leg.role,
        who=leg.who,
        number=leg.number,
        prefix=leg.prefix,
        connect=format_money(leg.connect_micro, currency),
        minute=format_money(leg.minute_micro, currency),
        first_s=leg.first_s,
        next_s=leg.next_s,
        talked_ms=leg.talked_ms,
        billed_s=leg.billed_s,
        increments=-(-beyond_s // leg.next_s),
        cost="" if leg.cost_micro is None else format_money(leg.cost_micro, currency),
    )


def heard_on_a(seen: Seen, language: str = "en") -> Say:
    """What leg A hears by the trace: a prompt with its words, a tone, or the other one ("joined")."""
    playing: tuple[int, list[str]] | None = None
    joined = False
    for line in seen.lines:
        event = json.loads(line.event)
        if event["is"] == "PlayEnded" and playing is not None and playing[0] == event["playback_id"]:
            playing = None
        for effect in json.loads(line.effects):
            match effect["is"]:
                case "Play":
                    playing = effect["playback_id"], effect["items"]
                case "StopPlay":
                    playing = None
                case "Bridge":
                    playing, joined = None, True
                case "Unbridge":
                    joined = False
    if playing is not None:
        return _caption(playing[1], language)
    return Say("joined") if joined else Say()


def _caption(items: Sequence[str], language: str) -> Say:
    if TONE_RINGBACK in items:
        return Say("ringback")
    if TONE_WARNING in items:
        return Say("warning")
    words = " ".join(WORDS[language][key] for key in items if key in WORDS[language])
    return Say("prompt", {"words": words}) if words else Say()
