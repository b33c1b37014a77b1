"""The time zones people choose from: those of the IANA list that are named after a place, and UTC."""

from functools import cache
from zoneinfo import available_timezones

_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia",
    "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@cache
def time_zones() -> tuple[str, ...]:
    """All of them, by region and place."""
    return ("UTC", *sorted(zone for zone in available_timezones() if zone.split("/")[0] in _REGIONS))


def find_time_zone(written: str) -> str | None:
    """The zone as people write it, in any case and with spaces, "europe/isle of man"; or its place alone."""
    plain = "_".join(written.split()).casefold()
    places: list[str] = []
    for zone in time_zones():
        if zone.casefold() == plain:
            return zone
        if zone.casefold().rpartition("/")[2] == plain:
            places.append(zone)
    return places[0] if len(places) == 1 else None
