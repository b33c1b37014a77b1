"""Every sentence the demo page's scripts may say, by name, in the reader's language.

A sentence has places like `{name}`, filled by the script; the names of moments are those of
`ringback/demo/sentences.py`, which a test compares. Technical words (deliver_sm, INVITE, BYE) stay as they
are: whoever meets them looks them up.
"""

from webapp.i18n import gettext as _

TUNES = ("ode", "john", "star", "440")  # that the simulated phones can play


def words() -> dict[str, str]:
    """All sentences, for one page."""
    return {**_moments(), **_captions(), **_advice(), **_controls(), **_facts()}


def _moments() -> dict[str, str]:
    return {
        "sms": _("SMS from {name}: {text}"),
        "web": _("{name} presses “Call me” on the web"),
        "sent": _("deliver_sm leaves the SMS centre"),
        "acked": _("committed, then acknowledged"),
        "acked.detail": "deliver_sm_resp ESME_ROK",
        "received": _("read from the socket"),
        "executed": _("executed: {outcome}"),
        "executed.detail": "{text}",
        "reply": _("an SMS for {name}"),
        "reply.detail": "submit_sm",
        "invite": _("INVITE for {name}"),
        "invite.detail": _("shows {cli}"),
        "ringing": _("{name}’s phone rings"),
        "ringing.detail": "180 Ringing",
        "answered": _("{name} answers"),
        "answered.detail": "200 OK",
        "rtp": _("first sound in {name}’s ear"),
        "rtp.detail": "RTP",
        "bye-sent": _("{name} hangs up"),
        "bye-sent.detail": "BYE",
        "bye": _("{name}’s phone is hung up"),
        "bye.detail": "BYE",
        "rejected": _("{name}’s phone refuses"),
        "rejected.detail": "{status}",
        "cancelled": _("{name}’s phone stops ringing"),
        "cancelled.detail": "CANCEL",
        "claimed": _("the job wakes a dialer"),
        "claimed.detail": _("request claimed"),
        "dialled": _("INVITE for leg {role} leaves"),
        "dialled.detail": _("the leg is committed"),
        "authorised": _("allowed: money for {minutes} minutes"),
        "authorised.detail": "{number}",
        "refused": _("not connected: {reason}"),
        "talk": _("the legs are joined: they talk"),
        "play": _("the prompt begins"),
        "play.detail": "{prompt}",
        "digits": _("keys: {keys}"),
        "digits.detail": "RFC 4733",
        "over": _("the callback is over: {outcome}"),
        "stored": _("request stored, {amount} set aside"),
        "hold": _("{amount} more set aside"),
        "settle": _("leg {role} charged: {amount}"),
        "release": _("{amount} given back"),
        "proof": "{words}",
        "proof.detail": "{detail}",
    }


def _captions() -> dict[str, str]:
    return {
        "prompt": _("“{words}”"),
        "ringback": _("♪ it rings at the other end"),
        "warning": _("♪ the money or the time ends in a minute"),
        "joined": _("connected with {name}"),
        "tune": _("♪ {name} plays a tune"),
        "voice": _("{name} speaks"),
    }


def _advice() -> dict[str, str]:
    """What the coach says; see `ringback/demo/coach.py`."""
    return {
        "step.register": _("Send this SMS from Anna’s phone: it registers her number."),
        "step.prove": _("A code came. Send it back: it proves that the phone is hers."),
        "step.ask": _("Now send this SMS: it asks for a callback."),
        "step.wait": _("The service has it. Anna’s phone is about to ring."),
        "step.answer": _("Anna’s phone rings. Answer it, and hear the service."),
        "step.dial": _("Anna is asked for a number. Dial Boris."),
        "step.answer-them": _("Boris’s phone rings. Answer it."),
        "step.talk": _("They talk. Play a tune or use your microphone, then hang up."),
        "step.done": _("That was a callback. Look at its charge, then kill a process and try again."),
        "why.register": _("Register the phone"),
        "why.prove": _("Send the code back"),
        "why.ask": _("Call me"),
        "why.connect": _("Connect me with Boris"),
        "why.balance": _("My balance"),
        "why.help": _("Help"),
    }


def _controls() -> dict[str, str]:
    return {
        "ringing-now": _("{name}’s phone rings: {caller} calls"),
        "in-call-now": _("{name} is in a call"),
        "over-now": _("{name}’s call is over"),
        "sms-now": _("SMS for {name}: {text}"),
        "calls-you": _("calls you"),
        "sending": _("sending…"),
        "delivered": _("taken by the service"),
        "failed": _("not taken yet"),
        "hear": _("Hear"),
        "mute": _("Mute"),
        "microphone": _("Microphone"),
        "no-microphone": _("The browser gives no microphone. Play a tune instead."),
        "tune-off": _("No tune"),
        "tune.ode": _("Ode to Joy"),
        "tune.john": _("Brother John"),
        "tune.star": _("Twinkle, Twinkle"),
        "tune.440": _("A steady tone, 440 Hz"),
        "dial": _("Dial {keys}"),
        "lost": _("The page has lost the service; it tries again."),
        "trouble.carrier": _("The simulated carrier does not answer."),
        "trouble.books": _("The database does not answer: what you see may be old."),
        "stop": _("Stop"),
        "do-it": _("Do it for me"),
        "refused-now": _("That did not work. {message}"),
    }


def _facts() -> dict[str, str]:
    return {
        "legs.A": _("to {name}"),
        "legs.B": _("to {name}"),
        "price": _("{connect} to connect, then {minute} a minute"),
        "increments": _("in steps of {first}/{next} s"),
        "talked": _("answered for {seconds} s, charged for {billed} s"),
        "steps-none": _("the first {first} s cover it"),
        "steps": _("{first} s, then {count} × {next} s"),
        "not-charged": _("not charged yet"),
        "no-charge": _("Nothing is charged yet: money is set aside when a callback is asked for."),
        "sms-fact": _("SMS received {received} · executed {handled} · answered {answered}"),
        "calls-fact": _("Callbacks {callbacks} · under way {live} · answered twice {twice}"),
        "books-right": _("Books right: every cent has its transfer"),
        "books-wrong": _("The books disagree: {faults}"),
        "pid": _("pid {pid}"),
        "away": _("away"),
        "back": _("back after {ms} ms"),
        "deaths": _("died {count} times"),
        "death": _("died once"),
        "kill-it": _("Kill"),
        "kill": _("Kill {name}"),
        "all-well": _("Nothing is lost."),
        "settling": _("Something is under way: it will be finished."),
        "not-well": _("Something is wrong: see the marked line."),
        "one-unproven": _("Nothing is lost, but a reply that may be."),
        "sms-silent": _("Nonsense again and again, answered no more: {count}"),
        "sms-unproven": _("Replies that were leaving as the process died, not sent twice: {count}"),
        "sms-lost": _("SMS that could not be executed: {aside} · replies given up: {failed}"),
        "gateway.does": _("SMS: stores, executes, replies"),
        "dialer.does": _("leads the calls by SIP"),
        "media.does": _("sound: prompts, keys, talk"),
        "worker.does": _("hands wake-ups to the dialer"),
        "relay.does": _("finds what others left behind"),
        "valkey.does": _("the queue; only wakes"),
        "hit": _("kill -9 {pid}: {name} is dead"),
    }
