"""Does anything speak SIP there? One OPTIONS (RFC 3261 §11); any answer at all means yes."""

import os
import socket

_TRIES = 2
_WAIT_S = 0.5  # T1, RFC 3261 §17.1.1.1


def answers_options(host: str, port: int) -> bool:
    """Whether a SIP message came back within a second; raises OSError if the name does not resolve."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as probe:
        probe.settimeout(_WAIT_S)
        try:
            probe.connect(address)
            here, our_port = probe.getsockname()
            request = _options(str(address[0]), port, here, our_port)
            for _ in range(_TRIES):
                probe.send(request)
                try:
                    if probe.recv(4096).startswith(b"SIP/2.0 "):
                        return True
                except TimeoutError:
                    continue
        except OSError:  # nobody there: ICMP port or host unreachable
            return False
    return False


def _options(host: str, port: int, here: str, our_port: int) -> bytes:
    token = os.urandom(8).hex()
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {here}:{our_port};branch=z9hG4bK{token};rport",
        "Max-Forwards: 70",
        f"From: <sip:ringback@{here}:{our_port}>;tag={token}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {token}@{here}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:ringback@{here}:{our_port}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
