"""Ends the calls that an earlier process left on the wire, and any answer that comes too late.

What a row remembers decides what is sent; what comes back decides what may be done with the leg:

    no answer stored   CANCEL ─► 487                       cancelled
                              ─► 2xx (they crossed)        ACK + BYE ─► hung-up
                              ─► 481, then 9 s of quiet    absent
    answer stored      ACK, for its 2xx may still wait for one (RFC 3261 §13.2.2.4)
                       BYE    ─► 200                       hung-up      481: absent      other: refused
    either             nothing for 32 s                    unreachable  (and the BYE is tried again)
    at any time        a 2xx nobody waits for              ACK (by the stack) + BYE

A leg whose trunk asks for a digest has had two INVITEs, so both are cancelled. Claim the legs of a dead node
first: two processes reading the same rows would both send. Runs in the asyncio loop.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from callback.clock import Clock
from callback.telephony import LostLeg, LostOutcome
from callback.telephony.letters import FIRST_CSEQ, Letters
from callback.telephony.stack import SipStack
from callback.telephony.wire import GONE, OK, Address, Dialog, Incoming, Login, Outgoing, Response, bare_uri

SETTLE_S = 9.0  # a 2xx without ACK is repeated at most 4 s apart (RFC 3261 §13.3.1.4), and one may be lost
RETRY_S = 10.0
_RETRIES = 3
_CSEQ_EPOCH_S = 1_700_000_000

OnOutcome = Callable[[str, LostOutcome, int], None]


@dataclass(slots=True)
class _Lost:
    """A leg being ended. `open_invites`: how many INVITEs may still come to something."""

    leg: LostLeg
    open_invites: int
    answered: bool = False
    asked_for: bool = True  # False: a stray answer showed it to us; nobody waits for its outcome yet
    outcome: LostOutcome | None = None


class Recovery:
    """Knows the lost legs of earlier processes; one per backend."""

    def __init__(
        self,
        letters: Letters,
        stack: SipStack,
        logins: Mapping[str, Login],
        clock: Clock,
        no_reply_s: float,
        settle_s: float,
    ) -> None:
        self._letters = letters
        self._stack = stack
        self._logins = logins
        self._clock = clock
        self._no_reply_s = no_reply_s
        self._settle_s = settle_s
        self._lost: dict[str, _Lost] = {}
        self._hung_up: set[tuple[str, str]] = set()
        self._on_outcome: OnOutcome = lambda leg_id, outcome, at_ms: None

    async def recover(self, legs: Sequence[LostLeg], on_outcome: OnOutcome) -> None:
        """Send every CANCEL and BYE; outcomes follow, one per leg."""
        self._on_outcome = on_outcome
        for leg in legs:
            self._end(leg)
        await self._stack.drain()

    def _end(self, leg: LostLeg) -> None:
        early = self._lost.get(leg.leg_id)
        if early is not None:  # its answer was faster than we are, and is being hung up
            early.leg, early.asked_for = leg, True
            if early.outcome is not None:
                self._on_outcome(leg.leg_id, early.outcome, self._clock.now_ms())
            return
        if leg.dialog is not None:
            lost = self._lost[leg.leg_id] = _Lost(leg, 1, answered=True)
            dialog = Dialog.from_mapping(leg.dialog)
            for cseq in self._invites_of(leg):
                self._stack.send_ack(self._letters.ack(leg, dialog, cseq))
            self._hang_up(lost, dialog)
            return
        cseqs = self._invites_of(leg)
        lost = self._lost[leg.leg_id] = _Lost(leg, len(cseqs))
        for cseq in cseqs:
            self._cancel(lost, cseq)

    def _invites_of(self, leg: LostLeg) -> tuple[int, ...]:
        """The CSeq of every INVITE that may have been sent."""
        return (FIRST_CSEQ, FIRST_CSEQ + 1) if leg.trunk in self._logins else (FIRST_CSEQ,)

    def _report(self, lost: _Lost, outcome: LostOutcome) -> None:
        lost.open_invites -= 1
        if lost.outcome or (lost.open_invites > 0 and outcome in ("absent", "unreachable")):
            return
        lost.outcome = outcome
        if lost.asked_for:
            self._on_outcome(lost.leg.leg_id, outcome, self._clock.now_ms())

    # --- an INVITE whose fate is open

    def _cancel(self, lost: _Lost, cseq: int) -> None:
        loop = asyncio.get_running_loop()
        settling: list[asyncio.TimerHandle] = []
        accepted = False

        def on_final(response: Response) -> None:
            if response.status < 200:
                return
            for timer in settling:
                timer.cancel()
            if response.status < 300:
                self._hang_up(lost, Dialog.of(response))
            elif response.local:  # with its CANCEL accepted, an INVITE counts as cancelled (RFC 3261 §9.1)
                self._report(lost, "cancelled" if accepted else "unreachable")
            else:
                self._report(lost, "cancelled")

        def on_cancel(response: Response) -> None:
            nonlocal accepted
            if 200 <= response.status < 300:
                accepted = True
            elif response.status == 481:  # it never came, is over, or is answered and the 2xx on its way
                settling.append(loop.call_later(self._settle_s, self._settled, lost))

        self._stack.revive_and_cancel(
            self._letters.invite(lost.leg, cseq), on_final, on_cancel, self._no_reply_s
        )

    def _settled(self, lost: _Lost) -> None:
        if not lost.answered:
            self._report(lost, "absent")

    # --- an answered dialog

    def stray(self, response: Response) -> None:
        """A 2xx to an INVITE of ours that no living call waits for; the stack has sent the ACK."""
        leg_id = self._letters.names.find_leg_id(response.call_id, response.from_tag)
        assert leg_id is not None, "the stack hands on only what is ours"
        lost = self._lost.get(leg_id)
        if lost is None:  # its row is gone, or it is a second branch of a call: all we need is in the 2xx
            lost = self._lost[leg_id] = _Lost(_leg_of(leg_id, response), 1, asked_for=False)
        self._hang_up(lost, Dialog.of(response))

    def _hang_up(self, lost: _Lost, dialog: Dialog, tries: int = _RETRIES) -> None:
        key = (lost.leg.leg_id, dialog.remote_tag)
        if key in self._hung_up:
            return
        self._hung_up.add(key)
        lost.answered = True

        def send(cseq: int, credentials: tuple[tuple[str, str], ...] = ()) -> None:
            bye = self._letters.bye(lost.leg, dialog, cseq, credentials)
            self._stack.send(
                bye, lambda response: answered(response, bye, bool(credentials)), no_reply_s=self._no_reply_s
            )

        def answered(response: Response, bye: Outgoing, second: bool) -> None:
            login = self._logins.get(lost.leg.trunk)
            if response.status < 200:
                return
            if not second and login and response.challenge:
                credentials = response.challenge.answer(login, bye.method, bye.uri)
                if credentials is not None:
                    send(bye.cseq + 1, (credentials,))
                    return
            if response.local:
                self._hung_up.discard(key)
                self._report(lost, "unreachable")
                if tries:
                    asyncio.get_running_loop().call_later(RETRY_S, self._hang_up, lost, dialog, tries - 1)
            elif response.status < 300:
                self._report(lost, "hung-up")
            else:
                self._report(lost, "absent" if response.status == 481 else "refused")

        send(self._cseq())

    def _cseq(self) -> int:
        """Above every CSeq the call counted from 1, so that none is stored (RFC 3261 §8.1.1.5)."""
        return self._clock.now_ms() // 1000 - _CSEQ_EPOCH_S

    # --- requests for a dialog that no living call owns

    def received(self, request: Incoming) -> None:
        """BYE is what we want too; all else is refused, whereupon the far end clears."""
        leg_id = self._letters.names.find_leg_id(request.call_id, request.to_tag)
        if leg_id is None or request.method != "BYE":
            request.reply(GONE)
            return
        request.reply(OK)
        lost = self._lost.get(leg_id)
        if lost is not None:
            lost.answered = True
            self._hung_up.add((leg_id, request.from_tag))
            self._report(lost, "hung-up")


def _leg_of(leg_id: str, response: Response) -> LostLeg:
    def user(address: str) -> str:
        return bare_uri(address).partition(":")[2].partition("@")[0]

    next_hop: Address = response.source
    return LostLeg(leg_id, user(response.to), user(response.sender), next_hop, "", None)
