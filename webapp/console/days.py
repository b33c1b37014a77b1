"""Days by the clock of who looks: "today" begins at their midnight."""

from datetime import datetime, time

from webapp.i18n import time_zone_now


def midnight_ms(now_ms: int) -> int:
    """When today began, Unix ms."""
    today = datetime.fromtimestamp(now_ms / 1000, time_zone_now()).date()
    return int(datetime.combine(today, time.min, time_zone_now()).timestamp()) * 1000
