"""Are our ports free, or ours already? And is what the web face promises its visitors true?"""

import errno
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from callback.config import Config
from ringback.finding import Finding, Level
from ringback.ports import Owner, tcp_port_owner, udp_port_owner

_TLS = "put a TLS proxy (nginx, Caddy) before it and set web.public_url to its https address"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def sip_port(config: Config) -> Iterator[Finding]:
    """UDP, of the dialer."""
    address, port = str(config.sip.address), config.sip.port
    error = _bind(socket.SOCK_DGRAM, address, port)
    if error is None:
        yield Finding(Level.OK, "sip.port", f"{address}:{port} is free")
    else:
        yield _taken("sip", address, port, error, udp_port_owner(port), _ours(config, "dialer"))


def web_port(config: Config) -> Iterator[Finding]:
    """TCP, of the web face."""
    address, port = str(config.web.address), config.web.port
    error = _bind(socket.SOCK_STREAM, address, port)
    if error is None:
        yield Finding(Level.OK, "web.port", f"{address}:{port} is free")
    else:
        yield _taken("web", address, port, error, tcp_port_owner(port), _ours(config, "web"))


def web_address(config: Config) -> Iterator[Finding]:
    """Passwords in the clear are for one's own machine only."""
    public = urlsplit(config.web.public_url)
    if public.scheme == "https":
        if config.web.address.is_loopback:
            yield Finding(Level.OK, "web.public_url", f"{config.web_url}, by the TLS proxy on this machine")
        else:
            message = f"{config.web.address}:{config.web.port} may be reached past the TLS proxy"
            cure = "let a firewall admit the proxy only, or listen on 127.0.0.1: X-Forwarded-For is believed"
            yield Finding(Level.NOTE, "web.address", message, cure)
    elif public.hostname and public.hostname not in _LOOPBACK_NAMES:
        message = f"{config.web_url} sends passwords in the clear"
        yield Finding(Level.DEGRADED, "web.public_url", message, _TLS)
    elif not config.web.address.is_loopback:
        message = f"{config.web.address} is open to the network, and passwords go there in the clear"
        yield Finding(Level.DEGRADED, "web.address", message, _TLS)


def _bind(kind: socket.SocketKind, address: str, port: int) -> OSError | None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: old ends linger
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None


def _taken(section: str, address: str, port: int, error: OSError, owner: Owner | None, ours: int) -> Finding:
    if error.errno == errno.EADDRNOTAVAIL:
        message = f"{address} is no address of this machine"
        return Finding(Level.FAILED, f"{section}.address", message, "see `ip address`")
    if error.errno != errno.EADDRINUSE:
        message = f"{address}:{port}: {error.strerror}"
        return Finding(Level.FAILED, f"{section}.port", message, "choose another port")
    if owner and owner.pid == ours:
        message = f"{address}:{port} is in use by our own {'dialer' if section == 'sip' else 'web face'}"
        return Finding(Level.OK, f"{section}.port", message)
    by = f"by {owner.command} (pid {owner.pid})" if owner else "by another process"
    message, cure = f"{address}:{port} is in use {by}", f"stop it, or choose another {section}.port"
    return Finding(Level.FAILED, f"{section}.port", message, cure)


def _ours(config: Config, child: str) -> int:
    try:
        return int((config.run_dir / f"{child}.pid").read_text())
    except (OSError, ValueError):
        return 0
