"""One stream's RTCP: what we tell the far end every five seconds, and what it tells us. Pure."""

from callback.media import rtcp
from callback.media.outflow import Outflow
from callback.media.reception import Reception
from callback.media.rtp import CLOCK_HZ

_NAME = "ringback"


class Reporting:
    """Makes reports from the counters of both directions and keeps the newest word of the far end."""

    def __init__(self, outflow: Outflow, reception: Reception) -> None:
        self.remote_lost = 0
        self.remote_jitter_ms: float | None = None
        self.rtt_ms: float | None = None
        self._outflow = outflow
        self._reception = reception
        self._last_sr = 0
        self._last_sr_s = 0.0
        self._packets_reported = 0

    def make(self, now_s: float, unix_s: float) -> bytes:
        """A sender report if we have sent since the last one, else a receiver report."""
        sent = None
        if self._outflow.packets > self._packets_reported:
            self._packets_reported = self._outflow.packets
            stamp = self._outflow.timestamp_at(now_s)
            sent = (rtcp.ntp_time(unix_s), stamp, self._outflow.packets, self._outflow.octets)
        return rtcp.pack_report(self._outflow.ssrc, _NAME, sent, self._block(now_s))

    def take(self, data: bytes, now_s: float, unix_s: float) -> bool:
        """Note a report of the far end; False if it is none."""
        report = rtcp.parse_report(data)
        if report is None:
            return False
        if report.ntp_middle is not None:
            self._last_sr, self._last_sr_s = report.ntp_middle, now_s
        for block in report.blocks:
            if block.ssrc == self._outflow.ssrc:
                self.remote_lost = max(block.lost, 0)
                self.remote_jitter_ms = round(block.jitter_ticks * 1000 / CLOCK_HZ, 2)
                trip_s = rtcp.round_trip_s(block, rtcp.middle(rtcp.ntp_time(unix_s)))
                self.rtt_ms = self.rtt_ms if trip_s is None else round(trip_s * 1000, 1)
        return True

    def _block(self, now_s: float) -> rtcp.ReportBlock | None:
        reception = self._reception
        if reception.ssrc is None:
            return None
        delay = round((now_s - self._last_sr_s) * 65536) if self._last_sr else 0
        return rtcp.ReportBlock(
            ssrc=reception.ssrc,
            fraction_lost=reception.fraction_lost(),
            lost=reception.lost,
            highest_sequence=reception.highest_sequence,
            jitter_ticks=reception.jitter_ticks,
            last_sr=self._last_sr,
            delay_since_last_sr=min(delay, 0xFFFFFFFF),
        )
