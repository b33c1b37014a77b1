"""A bare UDP socket that writes SIP by hand, for tests that must say exactly this and hear exactly that."""

import asyncio
import os
import socket
from types import TracebackType

from callback.telephony.simulator.message import Header, Message, parse, reply

Address = tuple[str, int]


class Stranger:
    """Speaks to one address. A context manager."""

    def __init__(self, target: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address: Address = self.socket.getsockname()
        self._target = target

    async def __aenter__(self) -> "Stranger":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    async def ask(
        self, method: str, call_id: str = "", to_tag: str = "", cseq: int = 1, body: str = ""
    ) -> Message:
        """One request and its final response."""
        self.send(self.write(method, call_id, to_tag, cseq, body))
        return await self.hear_final()

    def write(
        self,
        method: str,
        call_id: str = "",
        to_tag: str = "",
        cseq: int = 1,
        body: str = "",
        user: str = "+4822",
        branch: str = "",
    ) -> bytes:
        host, port = self.address
        headers: list[Header] = [
            ("via", f"SIP/2.0/UDP {host}:{port};rport;branch={branch or 'z9hG4bK' + os.urandom(8).hex()}"),
            ("max-forwards", "70"),
            ("from", f"<sip:+4871@{host}>;tag=stranger"),
            ("to", f"<sip:{user}@127.0.0.1>{f';tag={to_tag}' if to_tag else ''}"),
            ("call-id", call_id or os.urandom(8).hex()),
            ("cseq", f"{cseq} {method}"),
            ("contact", f"<sip:{host}:{port};transport=UDP>"),
        ]
        return Message(f"{method} sip:{user}@127.0.0.1 SIP/2.0", headers, body).encode()

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self._target)

    def answer(self, request: Message, status: int, to_tag: str, body: str = "") -> None:
        """A response to something heard, sent to where we speak."""
        host, port = self.address
        contact = ("contact", f"<sip:{host}:{port}>")
        self.send(reply(request, status, to_tag, (contact,), body).encode())

    async def hear(self, timeout_s: float = 3.0) -> Message:
        """The next message, whatever it is; TimeoutError if there is none."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_s):
            while True:
                message = parse(await loop.sock_recv(self.socket, 65536))
                if message is not None:
                    return message

    async def hear_final(self) -> Message:
        while (message := await self.hear()).is_request or message.status < 200:
            pass
        return message

    async def hear_request(self, method: str, timeout_s: float = 3.0) -> Message:
        """The next request of that method; others are passed over."""
        while True:
            message = await self.hear(timeout_s)
            if message.is_request and message.method == method:
                return message
