"""When people of the demo learn: on which days, at which hour, and how long they stay with a thing.

Moments are whole seconds since 1970, days count back from today.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

HOUR = 3_600
DAY = 24 * HOUR
# How likely somebody who could learn on that day does, from Monday to Sunday.
WEEK = (0.9, 1.0, 1.0, 0.95, 0.7, 0.12, 0.16)
# From when to when people sit down, in hours, and how many like it best.
SLOTS = ((6.75, 9.0), (11.75, 13.25), (14.0, 16.75), (18.5, 22.0))
FAVORITES = (0.34, 0.24, 0.22, 0.2)
LONGEST = 55 * 60


def readiness(day: date) -> float:
    """How many of those who could learn on that day do: few on weekends and between the years, fewer in
    summer.
    """
    share = WEEK[day.weekday()]
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2):
        return share * 0.2
    if (7, 10) <= (day.month, day.day) <= (8, 15):
        return share * 0.55
    return share


class Days:
    """The days of one organization until today, which has not begun: nothing happens from `end` on."""

    def __init__(self, today: date, zone: ZoneInfo, reach: int) -> None:
        days = [today - timedelta(days=ago) for ago in range(reach + 2)]
        self._midnights = [int(datetime.combine(day, time(), tzinfo=zone).timestamp()) for day in days]
        self._rising = self._midnights[::-1]
        self._readiness = [readiness(day) for day in days]
        self.end = self._midnights[0]

    def ago(self, moment: int) -> int:
        """How many days before today that moment lies."""
        return len(self._rising) - bisect_left(self._rising, moment + 1)

    def later(self, rng: Random, moment: int, days: float) -> int | None:
        """The midnight of a day, about so many after, on which somebody learns; None when it is not over."""
        ago = self.ago(moment) - 1 - int(rng.expovariate(1 / days))
        while ago >= 1 and rng.random() > self._readiness[ago]:
            # Not simply the next day, or whoever would not on Sunday would on Monday.
            ago -= 1 + int(2.5 * rng.random())
        return self._midnights[ago] if ago >= 1 else None


@dataclass(slots=True)
class Habit:
    """What kind of learner somebody is. `ability` and `diligence` are 0 in the middle; `pace` is the days
    between two sittings.
    """

    ability: float
    diligence: float
    pace: float
    slot: int

    @classmethod
    def of(cls, rng: Random) -> "Habit":
        slot = rng.choices(range(len(SLOTS)), FAVORITES)[0]
        return cls(rng.gauss(0, 1), rng.gauss(0, 1), rng.uniform(1.3, 6), slot)

    def sits_down(self, rng: Random, midnight: int) -> int:
        """The moment of that day: at the usual hours mostly."""
        begin, end = SLOTS[self.slot if rng.random() < 0.75 else rng.randrange(len(SLOTS))]
        return midnight + rng.randrange(int(begin * HOUR), int(end * HOUR))


def sitting(rng: Random) -> int:
    """How many things one does in a row."""
    return min(14, 2 + int(rng.expovariate(0.25)))


def spent(rng: Random, seconds: int) -> int:
    """How long somebody is busy with what is meant to take so many seconds, now and then with a break."""
    took = min(LONGEST, 20 + int((seconds or 240) * rng.uniform(0.5, 1.4)))
    draw = rng.random()
    if draw > 0.05:
        return took
    if draw > 0.012:
        return took + rng.randrange(HOUR, 3 * HOUR)
    # The hour that decides whether a session has ended, to the second.
    return HOUR if draw > 0.005 else HOUR + 1
