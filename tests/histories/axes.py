"""Stretches of time that histories are lived through: which days are dense, and what happens there."""

import datetime
from dataclasses import dataclass

from business_clock import DAY, HOUR, MINUTE, SECOND, BusinessClock

DENSE_DAYS = 40
DENSE_STEPS = 28
LATER_STEPS = 14


@dataclass(frozen=True)
class Axis:
    name: str
    zone: str
    first_day: datetime.date
    price_change: datetime.date  # C3
    marks: tuple = ()  # wall times around which records lie and packs are bought


AXES = (
    Axis("leap", "Asia/Shanghai", datetime.date(2028, 2, 10), datetime.date(2028, 3, 5),
         (datetime.datetime(2028, 2, 29, 9), datetime.datetime(2028, 2, 29, 23, 59), datetime.datetime(2029, 2, 28, 23),
          datetime.datetime(2028, 3, 1))),
    Axis("autumn", "America/New_York", datetime.date(2026, 10, 12), datetime.date(2026, 11, 1),
         (datetime.datetime(2026, 11, 1, 1, 30), datetime.datetime(2026, 11, 7, 1, 30),
          datetime.datetime(2027, 11, 7, 1, 30), datetime.datetime(2026, 11, 2))),
    Axis("meters", "Asia/Shanghai", datetime.date(2023, 8, 1), datetime.date(2023, 9, 1),
         (datetime.datetime(2023, 8, 21), datetime.datetime(2023, 8, 20, 23, 59, 59))),
    Axis("spring", "America/New_York", datetime.date(2027, 2, 20), datetime.date(2027, 3, 20),
         (datetime.datetime(2027, 3, 14, 3), datetime.datetime(2027, 3, 12, 2, 30),
          datetime.datetime(2028, 3, 12, 3), datetime.datetime(2027, 3, 15))),
)


def instants(axis, dice):
    """The instants of the steps, ascending: a dense month, a year with a few, a dense month around the anniversary."""
    clock = BusinessClock(axis.zone)
    begin = clock.at(axis.first_day, 0)
    steps = [begin + dice.randrange(DENSE_DAYS * DAY // SECOND) * SECOND for _ in range(DENSE_STEPS)]
    steps += [begin + (DENSE_DAYS + dice.randrange(300)) * DAY + dice.randrange(DAY // SECOND) * SECOND
              for _ in range(4)]
    steps += [begin + 365 * DAY + dice.randrange((DENSE_DAYS + 15) * DAY // SECOND) * SECOND
              for _ in range(LATER_STEPS)]
    for mark in axis.marks:
        at = clock.instant(mark)
        steps += [at, at + 20 * MINUTE, at + 30 * HOUR]
    return sorted(set(steps))
