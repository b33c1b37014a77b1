"""The requests we write, as text, and where they go."""

import pytest

from callback.telephony import DialSpec, LostLeg
from callback.telephony.letters import Letters
from callback.telephony.names import Names
from callback.telephony.wire import Dialog, Login, Outgoing, bare_uri, is_address, uri_address

LETTERS = Letters(Names(b"k" * 16), "192.0.2.1", 5060)
SPEC = DialSpec("r1-a1", "+48600316058", "48600316058", "+48221234567", ("198.51.100.4", 5062), "t", 30)
LOST = LostLeg("r1-a1", "48600316058", "+48221234567", ("198.51.100.4", 5062), "t", None)


def _text(outgoing: Outgoing) -> str:
    return outgoing.text(("192.0.2.1", 5060), "Ringback")


def test_an_invite_names_callee_caller_and_offer() -> None:
    text = _text(LETTERS.invite(SPEC, 1, "v=0\r\n", 45))
    assert text.startswith(
        "INVITE sip:48600316058@198.51.100.4:5062 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;"
    )
    assert "\r\nFrom: <sip:+48221234567@192.0.2.1>;tag=" in text
    assert "\r\nP-Asserted-Identity: <sip:+48221234567@192.0.2.1>\r\n" in text
    assert "\r\nExpires: 45\r\n" in text
    assert text.endswith("Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n")


def test_a_restarted_process_remembers_the_invite_to_the_letter_cancel_needs() -> None:
    first, memory = LETTERS.invite(SPEC, 1, "v=0\r\n", 45), LETTERS.invite(LOST, 1)
    for name in ("uri", "call_id", "sender", "to", "cseq", "branch", "target"):
        assert getattr(first, name) == getattr(memory, name)


def test_a_bye_goes_to_the_contact_when_there_is_no_route() -> None:
    bye = LETTERS.bye(LOST, Dialog("rt", "sip:x@203.0.113.5:5070;transport=UDP", ()), 7)
    assert (bye.uri, bye.target) == ("sip:x@203.0.113.5:5070;transport=UDP", ("203.0.113.5", 5070))
    assert bye.to.endswith(";tag=rt")
    assert "CSeq: 7 BYE\r\n" in _text(bye)


def test_an_ack_goes_the_way_of_the_bye_with_the_number_of_its_invite() -> None:
    dialog = Dialog("rt", "sip:x@10.0.0.5", ("<sip:203.0.113.9;lr>",))
    ack, bye = LETTERS.ack(LOST, dialog, 1), LETTERS.bye(LOST, dialog, 7)
    assert (ack.uri, ack.routes, ack.target, ack.to) == (bye.uri, bye.routes, bye.target, bye.to)
    assert "CSeq: 1 ACK\r\n" in _text(ack)
    assert ack.branch not in {bye.branch, LETTERS.invite(LOST, 1).branch}


def test_a_bye_follows_loose_routes_and_keeps_its_target() -> None:
    routes = ("<sip:203.0.113.9;lr>", "<sip:203.0.113.8:5080;lr>")
    bye = LETTERS.bye(LOST, Dialog("rt", "sip:x@10.0.0.5", routes), 7)
    assert (bye.uri, bye.routes, bye.target) == ("sip:x@10.0.0.5", routes, ("203.0.113.9", 5060))


def test_a_bye_by_a_strict_router_puts_its_target_last() -> None:
    routes = ("<sip:203.0.113.9>", "<sip:203.0.113.8;lr>")
    bye = LETTERS.bye(LOST, Dialog("rt", "sip:x@10.0.0.5", routes), 7)
    assert bye.uri == "sip:203.0.113.9"
    assert bye.routes == ("<sip:203.0.113.8;lr>", "<sip:x@10.0.0.5>")


def test_without_a_contact_the_next_hop_gets_the_bye() -> None:
    bye = LETTERS.bye(LOST, Dialog("rt", "", ()), 7)
    assert bye.target == ("198.51.100.4", 5062)


def test_a_dialog_survives_the_database() -> None:
    dialog = Dialog("rt", "sip:x@10.0.0.5", ("<sip:p;lr>",))
    assert Dialog.from_mapping(dialog.to_mapping()) == dialog


def test_a_login_never_shows_its_password() -> None:
    assert "s3cret" not in repr(Login("me", "s3cret"))


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sip:a@192.0.2.9", ("192.0.2.9", 5060)),
        ("<sip:+48@192.0.2.9:5071;lr>", ("192.0.2.9", 5071)),
        ("sip:192.0.2.9;transport=udp", ("192.0.2.9", 5060)),
        ("SIP:host.example:5080", ("host.example", 5080)),
        ("sip:a@[2001:db8::1]:5062", ("[2001:db8::1]", 5062)),
        ("sip:a@192.0.2.9:99999", None),
        ("tel:+48600316058", None),
    ],
)
def test_a_uri_points_somewhere(uri: str, address: tuple[str, int] | None) -> None:
    assert uri_address(uri) == address


def test_a_uri_is_found_within_its_brackets() -> None:
    assert bare_uri('"A" <sip:a@b;lr>;tag=x') == "sip:a@b;lr"
    assert bare_uri("sip:a@b;tag=x") == "sip:a@b"


def test_a_name_is_no_address() -> None:
    assert is_address("192.0.2.1")
    assert not is_address("carrier.example")
