"""Business days and years on a wall clock (rules: section 1, C2, O6), by the zones of the standard library.

Instants are whole nanoseconds since 1970 in UTC; business days are datetime.date.
"""

import datetime
import functools
import zoneinfo

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UTC = datetime.timezone.utc


def utc_day(at):
    return at // DAY


def second_of(at):
    """The beginning of its second (P5)."""
    return at - at % SECOND


class BusinessClock:
    def __init__(self, zone):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.is_day_of_change = functools.lru_cache(maxsize=None)(self._is_day_of_change)

    def _is_day_of_change(self, day):
        """Whether the wall clock is put forward or back on this day."""
        return self.at(day + datetime.timedelta(days=1), 0) - self.at(day, 0) != DAY

    def wall(self, at):
        """Whole seconds of the wall clock."""
        return datetime.datetime.fromtimestamp(at // SECOND, self.zone)

    def day(self, at):
        return self.wall(at).date()

    def instant(self, wall):
        """Of a wall time: one that is skipped takes the offset before it, one that comes twice is the earlier."""
        return int(wall.replace(tzinfo=self.zone, fold=0).timestamp()) * SECOND

    def at(self, day, hour):
        return self.instant(datetime.datetime.combine(day, datetime.time(hour)))

    def years_later(self, at, years):
        """The same wall time so many years on; from 29 February 28 February."""
        wall = self.wall(at).replace(tzinfo=None)
        try:
            later = wall.replace(year=wall.year + years)
        except ValueError:
            later = wall.replace(year=wall.year + years, day=28)
        return self.instant(later) + at % SECOND


def rfc3339(at):
    """In UTC, with as many digits as it needs."""
    text = datetime.datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = at % SECOND
    return text + (f".{rest:09}".rstrip("0") if rest else "") + "Z"
