"""What a text asks for, and what of it may be seen afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.core.commands import Balance, Command, ConfirmNumber, Help, NotYet, Register, RequestCallback
from callback.core.outcomes import Reason, Refused
from smsgw.grammar import mask, parse_command

UNDERSTOOD: list[tuple[str, Command]] = [
    ("U.callback P.pass R.48600316058", Register("callback", "pass", "48600316058")),
    ("r.+48600316058 p.pass u.CallBack", Register("callback", "pass", "+48600316058")),
    ("U:callback,P:pass,\n R:48600316058", Register("callback", "pass", "48600316058")),
    ("U.anna P.'a b, c' R.1", Register("anna", "a b, c", "1")),
    ("U.anna P.“two words”", RequestCallback("anna", "two words")),
    ("U.anna P.it's", RequestCallback("anna", "it's")),
    ("U.anna P.Geheim\u00a0C", RequestCallback("anna", "Geheim")),
    ("U.anna P.x T.48600316058", RequestCallback("anna", "x", "48600316058")),
    ("U.anna P.x T.1 F.2", RequestCallback("anna", "x", "1", "2")),
    ("U.anna P.x F.2", RequestCallback("anna", "x", None, "2")),
    ("U.anna P.x c F.2", RequestCallback("anna", "x", None, "2")),
    ("U.anna P.x b", Balance("anna", "x")),
    ("U.علي P.x R.٤٨٦٠٠٣١٦٠٥٨", Register("علي", "x", "48600316058")),
    ("\u200fU.anna\u200f P.\u2066x\u2069 B\u200e", Balance("anna", "x")),
    ("U.anna P.x R.४८६००", Register("anna", "x", "48600")),
    ("OK 123456", ConfirmNumber("123456")),
    (" ok.١٢٣٤٥٦ ", ConfirmNumber("123456")),
    ("Ok, 123 456.", ConfirmNumber("123456")),
    ("ok\n123-456!", ConfirmNumber("123456")),
    ("help", Help()),
    ("?", Help()),
    ("U.anna P.x HELP", Help()),
    ("STOP", NotYet("STOP")),
    ("start", NotYet("START")),
    ("K", NotYet("K")),
    ("k all", NotYet("K")),
    ("U.anna P.x K", NotYet("K")),
    ("U.anna P.x K ALL", NotYet("K")),
    ("U.anna P.x H", NotYet("H")),
    ("U.anna P.x V.1234", NotYet("V")),
    ("U.anna P.x T.1 W.18:30", NotYet("W")),
    ("U.anna P.x S.3=48600316058", NotYet("S")),
    ("U.anna P.x T.S3", NotYet("S")),
    ("U.anna P.x Q.48", NotYet("Q")),
    ("U.anna P.x D.48", NotYet("D")),
    ("U.anna P.x X.48", NotYet("X")),
]

REFUSED = [
    ("", Reason.MISSING_PART, {"part": "U."}),
    ("C", Reason.MISSING_PART, {"part": "U."}),
    ("48600316058", Reason.MISSING_PART, {"part": "U."}),
    ("P.x", Reason.MISSING_PART, {"part": "U."}),
    ("U.anna", Reason.MISSING_PART, {"part": "P."}),
    ("U.anna P.", Reason.MISSING_PART, {"part": "P. (no space after it)."}),
    ("U.anna P.x R.", Reason.MISSING_PART, {"part": "R. (no space after it)."}),
    ("U.anna P.x R. 48600316058", Reason.MISSING_PART, {"part": "R. (no space after it)."}),
    ("U.anna P.'' R.1", Reason.MISSING_PART, {"part": "P. (no space after it)."}),
    ("U.anna P.x T.22 123 49 99", Reason.MALFORMED, {"token": "spaces in a number"}),
    ("R.+48 600316058 U.anna P.x", Reason.MALFORMED, {"token": "spaces in a number"}),
    ("U.anna P.secret R.Secret", Reason.MALFORMED, {"token": "password twice"}),
    ("U.anna P.x R.1 R.2", Reason.MALFORMED, {"token": "second R."}),
    ("U.anna P.my secret", Reason.MALFORMED, {"token": "word 3"}),
    ("U.anna P.x Z.1", Reason.MALFORMED, {"token": "word 3"}),
    ("U.anna P.x R.1 T.2", Reason.MALFORMED, {"token": "combination of parts"}),
    ("U.anna P.x C B", Reason.MALFORMED, {"token": "combination of parts"}),
    ("U.anna P.x T.1 C", Reason.MALFORMED, {"token": "combination of parts"}),
    ("U.anna P.x T.1 H", Reason.MALFORMED, {"token": "combination of parts"}),
    ("U.anna P.x V.1 48600316058", Reason.MALFORMED, {"token": "combination of parts"}),
    ("U.anna P.'x R.1", Reason.MALFORMED, {"token": "quotation mark"}),
    ("U.anna P.'x'R.1", Reason.MALFORMED, {"token": "quotation mark"}),
    ("hello", Reason.MALFORMED, {"token": "word 1"}),
    ("OK 12345", Reason.WRONG_CODE, {}),
    ("OK 123 456 7", Reason.WRONG_CODE, {}),
    ("OK fine", Reason.MALFORMED, {"token": "word 1"}),
    ("HELP HELP", Reason.MALFORMED, {"token": "word 2"}),
]


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD)
def test_a_well_formed_text_is_understood(text: str, command: Command) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(("text", "reason", "detail"), REFUSED)
def test_a_text_with_a_fault_is_refused_whole(text: str, reason: Reason, detail: dict[str, str]) -> None:
    assert parse_command(text) == Refused(reason, detail)


def test_a_command_shows_neither_password_nor_code() -> None:
    shown = repr([parse_command("U.anna P.Geheim R.1"), parse_command("OK 123456")])
    assert "Geheim" not in shown
    assert "123456" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("U.callback P.pass R.48600316058", "U.callback P.*** R.48600316058"),
        ("u.anna, p.'two words', c", "U.anna P.*** C"),
        ("U.anna P.x V.1234", "U.anna P.*** V.***"),
        ("ok 123456", "OK ***"),
        ("OK 12345", "***"),
        ("U.anna P.my secret R.1", "U.*** P.***"),
        ("U.anna secret R.1", "U.*** ***"),
        ("U.annaP.secret R.1", "U.*** R.***"),
        ("U.anna.secret", "U.***"),
        ("U.anna P.'secret R.1", "U.*** ***"),
        ("U.anna P.secret R.secret", "U.*** P.***"),
        ("U.anna P.secret R.secrte", "U.anna P.*** R.***"),
        ("U.anna P.12345678 R.12345678", "U.anna P.*** R.12345678"),
        ("U.anna P.x T.S3", "U.anna P.*** T.S3"),
        ("C", "C"),
        ("hunter2", "***"),
    ],
)
def test_a_masked_text_keeps_what_is_no_secret(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_a_login_that_was_not_right_is_hidden_it_may_be_the_password() -> None:
    assert mask("U.secret P.anna T.48600316058 F.1", proven=False) == "U.*** P.*** T.*** F.***"
    assert mask("HELP", proven=False) == "HELP"


SECRET = st.text(alphabet="bdegjlm79+-_", min_size=6, max_size=12)
AROUND = st.text(alphabet="UPRT.: ,'\"\nacx0123", max_size=20)


@given(before=AROUND, key=st.sampled_from(["P.", "p:", "V.", "OK "]), secret=SECRET, after=AROUND)
def test_no_muddle_shows_what_stands_after_a_secret_key(
    before: str, key: str, secret: str, after: str
) -> None:
    assert secret not in mask(f"{before} {key}{secret}{after}")


@given(st.text(max_size=80))
def test_any_text_is_a_command_or_a_refusal(text: str) -> None:
    assert parse_command(text) is not None
    assert isinstance(mask(text), str)
