"""Live sound of a simulated handset: what it hears is told as it comes, and what somebody says is sent."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.media.codecs import decode
from callback.media.rtp import PCMU, pack_packet, parse_packet
from callback.media.tones import sine
from callback.telephony.simulator import Carrier, RemoteCarrier
from callback.telephony.simulator.control import ControlServer
from callback.telephony.simulator.plan import BY_HAND
from callback.telephony.simulator.speaking import Voice
from tests.telephony.network import in_loop, until
from tests.telephony.sound import is_tone
from tests.telephony.stranger import Stranger

PHONE = "+48600316058"
FRAME = 320  # bytes of PCM in 20 ms


def _tone(hz: int, duration_ms: int) -> bytes:
    return decode(PCMU, sine((hz,), duration_ms))


class Talk:
    """An answered call of a steered handset; we are the far end of its sound."""

    def __init__(self, remote: RemoteCarrier, carrier: Carrier, sound: socket.socket) -> None:
        self.remote = remote
        self.carrier = carrier
        self.phone = remote.handset(PHONE)
        self.heard = b""  # by us
        self._sound = sound
        asyncio.get_running_loop().add_reader(sound, self._readable)

    def send(self, pcm_hz: int, frames: int) -> None:
        call = self.carrier.handset(PHONE).call
        assert call is not None
        ulaw = sine((pcm_hz,), 20 * frames)
        for n in range(frames):
            data = pack_packet(PCMU, False, n, n * 160, 1, ulaw[n * 160 : n * 160 + 160])
            self._sound.sendto(data, ("127.0.0.1", call.line.port))

    def _readable(self) -> None:
        packet = parse_packet(self._sound.recv(2048))
        assert packet is not None
        self.heard += decode(packet.payload_type, packet.payload)


@asynccontextmanager
async def _talk() -> AsyncIterator[Talk]:
    carrier = Carrier("127.0.0.1", 0, Clock())
    await carrier.start()
    with (
        tempfile.TemporaryDirectory(prefix="rb-") as directory,
        socket.socket(type=socket.SOCK_DGRAM) as sound,
    ):
        sound.bind(("127.0.0.1", 0))
        sound.setblocking(False)
        control = ControlServer(carrier, Path(directory) / "carrier.sock")
        await control.start()
        remote = await RemoteCarrier.connect(Path(directory) / "carrier.sock")
        async with Stranger(("127.0.0.1", carrier.port)) as caller:
            port = sound.getsockname()[1]
            sdp = f"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 0 101\r\n"
            await remote.handset(PHONE).plan(BY_HAND)
            caller.send(caller.write("INVITE", body=sdp, user=PHONE))
            await carrier.wait_for("ringing", PHONE)
            await remote.handset(PHONE).answer()
            yield Talk(remote, carrier, sound)
        asyncio.get_running_loop().remove_reader(sound)
        await remote.close()
        await control.stop()
        await carrier.stop()


@in_loop
async def test_what_a_phone_hears_is_told_frame_by_frame_until_nobody_listens() -> None:
    async with _talk() as talk:
        heard: list[bytes] = []
        await talk.phone.listen(heard.append)
        talk.send(700, 20)
        await until(lambda: len(heard) == 20, 3, "twenty frames")
        assert {len(frame) for frame in heard} == {FRAME}
        assert is_tone(b"".join(heard), 700)
        assert await talk.phone.heard() == b"".join(heard), "live and recorded are the same"
        await talk.phone.listen(None)
        talk.send(700, 5)
        await until(lambda: talk.carrier.handset(PHONE).call.line.received == 25, 3, "five more")  # type: ignore[union-attr]  # it is there
        await talk.phone.state()
        assert len(heard) == 20


@in_loop
async def test_who_goes_away_without_a_word_listens_no_more() -> None:
    async with _talk() as talk:
        await talk.phone.listen(lambda _: None)
        listeners = talk.carrier.handset(PHONE).recording.listeners
        assert len(listeners) == 1
        await talk.remote.close()
        assert talk.remote.is_gone
        await until(lambda: not listeners, 3, "the listener to be forgotten")


@in_loop
async def test_a_spoken_tone_is_sent_instead_of_the_tune_and_then_the_tune_again() -> None:
    async with _talk() as talk:
        await talk.phone.play_tune("1500")
        await until(lambda: is_tone(talk.heard[-FRAME * 15 :], 1500), 3, "the tune")
        spoken = _tone(400, 400)
        await talk.phone.speak(spoken)
        await until(lambda: is_tone(talk.heard[-FRAME * 15 :], 400), 3, "the voice")
        await until(lambda: is_tone(talk.heard[-FRAME * 15 :], 1500), 3, "the tune again")


@in_loop
async def test_sound_that_is_no_sound_is_refused() -> None:
    async with _talk() as talk:
        with pytest.raises(ValueError, match="two bytes"):
            await talk.phone.speak(b"odd")
        with pytest.raises(ValueError, match="Error"):
            await talk.remote.ask("speak", number=PHONE, pcm="§")


def test_a_voice_waits_until_a_late_piece_can_be_bridged_and_drops_what_is_too_old() -> None:
    voice = Voice()
    assert voice.frame() is None
    voice.add(b"\0" * FRAME * 5)
    assert voice.frame() is None, "100 ms are not enough to begin with"
    voice.add(b"\0" * FRAME)
    frames = 0
    while voice.frame() is not None:
        frames += 1
    assert frames == 6
    voice.add(b"\0" * FRAME * 5)
    assert voice.frame() is None, "it ran dry, so it waits again"
    voice.add(b"\0" * FRAME * 50)
    frames = 0
    while voice.frame() is not None:
        frames += 1
    assert frames == 20, "400 ms, and not a second"
