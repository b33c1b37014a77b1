"""Free ports on loopback."""

import socket


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port nobody has now; the caller binds it at once."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_sip_port() -> int:
    """A port that is free for UDP and TCP alike: a SIP phone listens on both."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
