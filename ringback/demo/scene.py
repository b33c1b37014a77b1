"""What is to be seen right now: all news so far, folded into one picture. Pure."""

from dataclasses import dataclass, field

from ringback.demo.news import (
    STAGES,
    Bill,
    Chapter,
    Closing,
    Failed,
    Finished,
    Moment,
    News,
    Opened,
    PhoneLook,
    Sms,
    StageAhead,
    StageBegan,
    StageDone,
)

_SMS_KEPT = 20


@dataclass(slots=True)
class Scene:
    opened: Opened | None = None
    phones: dict[str, PhoneLook] = field(default_factory=dict)
    sms: dict[str, list[Sms]] = field(default_factory=dict)
    chapters: list[Chapter] = field(default_factory=list)
    moments: dict[str, Moment] = field(default_factory=dict)
    ahead: int | None = None  # the stage that waits for a word
    running: int | None = None
    proofs: dict[int, str] = field(default_factory=dict)
    bill: Bill | None = None
    failed: Failed | None = None
    finished: Finished | None = None
    closing: bool = False

    def take(self, news: News) -> None:
        match news:
            case Opened():
                self.opened = news
            case PhoneLook():
                self.phones[news.name] = news
            case Sms():
                self.sms[news.name] = [*self.sms.get(news.name, []), news][-_SMS_KEPT:]
            case Chapter():
                self.chapters.append(news)
            case Moment():
                self.moments[news.key] = news
            case StageAhead(stage):
                self._next(stage)
            case StageBegan(stage):
                self.ahead, self.running = None, stage
            case StageDone(stage, proof):
                self.running, self.proofs[stage] = None, proof
            case Bill():
                self.bill = news
            case Failed():
                self.failed = news
            case Finished():
                self.finished = news
            case Closing():
                self.closing = True

    def moments_of(self, chapter: Chapter) -> list[Moment]:
        """In the order of time."""
        of_chapter = (moment for moment in self.moments.values() if moment.chapter == chapter.number)
        return sorted(of_chapter, key=lambda moment: moment.at_ms)

    def _next(self, stage: int) -> None:
        self.ahead, self.finished = stage, None
        for later in range(stage, len(STAGES)):
            self.proofs.pop(later, None)
