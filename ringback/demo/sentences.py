"""The sentences of a timeline, by name: words and detail, with places for values. Pure.

The terminal tells them as they stand here; the page tells the same names in its reader's language
(`webapp/demo_words.py`), and a test holds the two together.
"""

SENTENCES: dict[str, tuple[str, str]] = {
    # the SMS
    "sent": ("deliver_sm leaves the SMS centre", ""),
    "acked": ("committed, then acknowledged", "deliver_sm_resp ESME_ROK"),
    "received": ("read from the socket", ""),
    "executed": ("executed: {outcome}", "{text}"),
    "reply": ("an SMS for {name}", "submit_sm"),
    # the phones and their carrier
    "invite": ("INVITE for {name}", "shows {cli}"),
    "ringing": ("{name}'s phone rings", "180 Ringing"),
    "answered": ("{name} answers", "200 OK"),
    "rtp": ("first sound in {name}'s ear", "RTP"),
    "bye-sent": ("{name} hangs up", "BYE"),
    "bye": ("{name}'s phone is hung up", "BYE"),
    "rejected": ("{name}'s phone refuses", "{status}"),
    "cancelled": ("{name}'s phone stops ringing", "CANCEL"),
    # the callback
    "claimed": ("the job wakes a dialer", "request claimed"),
    "dialled": ("INVITE for leg {role} leaves", "the leg is committed"),
    "authorised": ("allowed: money for {minutes} minutes", "{number}"),
    "refused": ("not connected: {reason}", ""),
    "talk": ("the legs are joined: they talk", ""),
    "play": ("the prompt begins", "{prompt}"),
    "digits": ("keys: {keys}", "RFC 4733"),
    "over": ("the callback is over: {outcome}", ""),
    "proof": ("✓ {words}", "{detail}"),  # of the terminal's tour
    # the money
    "stored": ("request stored, {amount} set aside", ""),
    "hold": ("{amount} more set aside", ""),
    "settle": ("leg {role} charged: {amount}", ""),
    "release": ("{amount} given back", ""),
}
