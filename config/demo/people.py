"""The people of a demo organization, one by one: who they are, when they were invited, joined and left.

Everything comes from one random generator, so the same seed and day give the same people.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from config.demo.names import Name, Names
from config.demo.story import Company, Course, Login, Pilot, Term
from learners.people.models import Membership
from learners.people.seeding import SeedMembership, SeedPerson

State = Membership.State
# Imports of a program: how far back (1: its first day) and the share of its people; others come one by one.
WAVES = (
    *((1.0, 0.11), (0.87, 0.06), (0.71, 0.13), (0.55, 0.09), (0.41, 0.16)),
    *((0.27, 0.10), (0.15, 0.16), (0.06, 0.08), (0.02, 0.05)),
)
HISTORY_DAYS = 800
SECOND_PROGRAM = 0.07
MANAGERS = 40
JOB_TYPES = ("Full time", "Full time", "Full time", "Part time", "Temporary")
WEEKEND_WORK = 0.12
PILOT_INVITED_AFTER = 12


@dataclass
class Wave:
    """One bulk invitation of the story, and how many people it reached."""

    program_id: int
    contract_id: int
    at: datetime
    people: int = 0


class Calendar:
    """Moments of the organization's working days, in days before today; nothing is later than yesterday."""

    def __init__(self, today: date, zone: ZoneInfo, reach: int, rng: random.Random) -> None:
        self._rng = rng
        days = [today - timedelta(days=ago) for ago in range(reach + 1)]
        self._midnights = [datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in days]
        self._weekdays = [day.weekday() for day in days]

    def workday(self, ago: int) -> int:
        """The day itself, or the Monday after when it lies on a weekend that was not worked."""
        ago = min(max(ago, 1), len(self._midnights) - 1)
        if self._weekdays[ago] < 5 or self._rng.random() < WEEKEND_WORK:
            return ago
        return max(1, ago - (7 - self._weekdays[ago]))

    def morning(self, ago: int) -> datetime:
        """When bulk invitations go out: in the morning, from Tuesday to Thursday."""
        ago = min(max(ago, 1), len(self._midnights) - 1)
        while self._weekdays[ago] not in (1, 2, 3) and ago < len(self._midnights) - 1:
            ago += 1
        return self._midnights[ago] + timedelta(seconds=self._rng.randrange(8 * 3600, 11 * 3600))

    def moment(self, ago: int) -> datetime:
        """Some time of that day: office hours mostly, an evening now and then."""
        rng = self._rng
        hours = rng.triangular(7, 18.5, 10) if rng.random() < 0.9 else rng.uniform(18.5, 23)
        return self._midnights[ago] + timedelta(seconds=int(hours * 3600))

    def days_ago(self, moment: datetime) -> int:
        """How many midnights lie between that moment and today."""
        return (self._midnights[0] - moment).days + 1


@dataclass
class Cast:
    """The people of one organization. Iterate once; afterwards `waves` says what was imported when."""

    company: Company
    programs: dict[str, int]
    contracts: dict[str, int]
    today: date
    seed: int
    waves: list[Wave] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = random.Random(f"{self.seed}:{self.company.slug}")  # noqa: S311 -- invented people, no secret
        self._terms = {term.name: term for term in self.company.terms}
        reach = (self.today - min(term.starts_on for term in self.company.terms)).days
        self._calendar = Calendar(self.today, ZoneInfo(self.company.timezone), reach, self._rng)
        self._room = {
            term.name: term.quantity for term in self.company.terms if term.kind == "seats" and term.quantity
        }
        self._pilots = [(pilot, self._pilot_wave(pilot)) for pilot in self.company.pilots]
        self._plans = [self._plan(course) for course in self.company.courses]
        self._shares = list(accumulate(course.share for course in self.company.courses))
        self._by_region = {
            region: [place for place in self.company.places if place.region == region]
            for region in {place.region for place in self.company.places}
        }
        self._managers: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[SeedPerson]:
        names = iter(Names(self._rng))
        number = 0
        for login in self.company.logins:
            if login.program and not login.is_admin:
                number += 1
                name = Name(login.name, login.local, "Southern Europe")
                yield self._person(number, name, (self._login_membership(login),), login.domain)
        for pilot, wave in self._pilots:
            for _ in range(pilot.people):
                number += 1
                yield self._person(number, next(names), (self._pilot_membership(pilot, wave),))
        while number < self.company.people:
            number += 1
            yield self._person(number, next(names), self._memberships())

    def _plan(self, course: Course) -> tuple[Course, list[Wave], list[float]]:
        """The course's imports and, ending in a sum below 1, their shares."""
        term = self._terms[course.term]
        history = min(HISTORY_DAYS, (self.today - term.starts_on).days - 5)
        waves = []
        for part, _share in WAVES:
            jitter = self._rng.randrange(-6, 7)
            at = self._calendar.morning(min(history, max(4, int(history * part) + jitter)))
            waves.append(Wave(self.programs[course.slug], self.contracts[course.term], at))
        self.waves += waves
        return course, waves, list(accumulate(share for _part, share in WAVES))

    def _pilot_wave(self, pilot: Pilot) -> Wave:
        ago = (self.today - self._terms[pilot.term].starts_on).days - PILOT_INVITED_AFTER
        at = self._calendar.morning(ago)
        self.waves.append(Wave(self.programs[pilot.program], self.contracts[pilot.term], at))
        return self.waves[-1]

    def _memberships(self) -> tuple[SeedMembership, ...]:
        rng, plans = self._rng, self._plans
        first = self._choose(self._shares, rng.random() * self._shares[-1])
        if len(plans) == 1 or rng.random() >= SECOND_PROGRAM:
            return (self._membership(*plans[first]),)
        second = (first + rng.randrange(1, len(plans))) % len(plans)
        return self._membership(*plans[first]), self._membership(*plans[second])

    def _membership(self, course: Course, waves: list[Wave], shares: list[float]) -> SeedMembership:
        rng, calendar, term = self._rng, self._calendar, self._terms[course.term]
        draw = rng.random()
        if draw < shares[-1]:
            wave = waves[self._choose(shares, draw)]
            wave.people += 1
            invited_at = wave.at
        else:
            history = calendar.days_ago(waves[0].at)
            invited_at = calendar.moment(calendar.workday(rng.randrange(2, max(3, history))))
        joined_at = self._joined_at(invited_at) if rng.random() < course.joins else None
        if joined_at and self._take(term):
            return self._joined(course, invited_at, joined_at)
        return self._open(course, invited_at, mailed=draw < shares[-1] or rng.random() < 0.7)

    def _joined_at(self, invited_at: datetime) -> datetime | None:
        """Many come the same day, some when they are reminded, the others over weeks; None when not yet."""
        rng = self._rng
        draw = rng.random()
        if draw < 0.42:
            delay = rng.expovariate(1.4)
        elif draw < 0.78:
            delay = rng.gauss(7.5, 2.2)
        else:
            delay = rng.expovariate(1 / 24)
        invited_ago = self._calendar.days_ago(invited_at)
        if delay < 0.5 and invited_ago > 1:
            return invited_at + timedelta(seconds=rng.randrange(240, 6 * 3600))
        ago = invited_ago - max(1, round(delay))
        return self._calendar.moment(self._calendar.workday(ago)) if ago >= 1 else None

    def _joined(
        self, course: Course, invited_at: datetime, joined_at: datetime, *, stays: bool = False
    ) -> SeedMembership:
        rng = self._rng
        removed_at = None
        ago = self._calendar.days_ago(joined_at)
        if not stays and ago > 24 and rng.random() < course.leaves:
            removed_at = self._calendar.moment(self._calendar.workday(rng.randrange(1, ago - 20)))
            self._give_back(course.term)
        return SeedMembership(
            program_id=self.programs[course.slug],
            contract_id=self.contracts[course.term],
            state=State.REMOVED if removed_at else State.MEMBER,
            invited_at=invited_at,
            joined_at=joined_at,
            removed_at=removed_at,
            allow_return=bool(removed_at) and rng.random() < 0.35,
            sent_at=invited_at,
            sent_count=1,
        )

    def _open(self, course: Course, invited_at: datetime, *, mailed: bool) -> SeedMembership:
        """An invitation that nobody has answered: reminded once or twice, a few of them taken back."""
        rng = self._rng
        ago = self._calendar.days_ago(invited_at)
        reminders = rng.choice((0, 1, 1, 2)) if mailed and ago > 22 else 0
        removed = ago > 30 and rng.random() < 0.03
        return SeedMembership(
            program_id=self.programs[course.slug],
            contract_id=self.contracts[course.term],
            state=State.REMOVED if removed else State.INVITED,
            invited_at=invited_at,
            removed_at=self._calendar.moment(self._calendar.workday(rng.randrange(1, ago - 23)))
            if removed
            else None,
            sent_at=invited_at + timedelta(days=9 * reminders) if mailed else None,
            sent_count=1 + reminders if mailed else 0,
        )

    def _pilot_membership(self, pilot: Pilot, wave: Wave) -> SeedMembership:
        wave.people += 1
        joined_at = None
        if self._rng.random() < pilot.joins and self._take(self._terms[pilot.term]):
            ago = self._calendar.days_ago(wave.at) - self._rng.randrange(1, 40)
            joined_at = self._calendar.moment(self._calendar.workday(ago))
        return SeedMembership(
            program_id=wave.program_id,
            contract_id=wave.contract_id,
            state=State.MEMBER if joined_at else State.INVITED,
            invited_at=wave.at,
            joined_at=joined_at,
            sent_at=wave.at,
            sent_count=1,
        )

    def _login_membership(self, login: Login) -> SeedMembership:
        course, waves, _shares = next(plan for plan in self._plans if plan[0].slug == login.program)
        wave = waves[-4] if login.joined else waves[-1]
        wave.people += 1
        if login.joined and self._take(self._terms[course.term]):
            return self._joined(course, wave.at, wave.at + timedelta(hours=3), stays=True)
        return self._open(course, wave.at, mailed=True)

    def _person(
        self, number: int, name: Name, memberships: tuple[SeedMembership, ...], domain: str = ""
    ) -> SeedPerson:
        rng = self._rng
        near = self._by_region.get(name.region)
        place = rng.choice(near if near and rng.random() < 0.8 else self.company.places)
        unit = rng.choice(self.company.units)
        email = f"{name.local}@{domain or self.company.domain}"
        manager = self._managers[rng.randrange(len(self._managers))] if self._managers else ("", "")
        if len(self.company.logins) < number <= MANAGERS:
            self._managers.append((name.full, email))
        return SeedPerson(
            name=name.full,
            email=email,
            memberships=memberships,
            external_id=f"{self.company.prefix}-{20_000 + number}" if rng.random() < 0.94 else "",
            manager_name=manager[0],
            manager_email=manager[1],
            job_title=rng.choice(unit.titles),
            job_type=rng.choice(JOB_TYPES),
            business_unit=unit.name,
            business_unit_2=rng.choice(unit.parts),
            location_city=place.city,
            location_country=place.country,
            location_region=place.region,
        )

    def _take(self, term: Term) -> bool:
        """Take one of the seats of the story; there are only so many."""
        if term.name not in self._room:
            return True
        if self._room[term.name] <= 0:
            return False
        self._room[term.name] -= 1
        return True

    def _give_back(self, term_name: str) -> None:
        if term_name in self._room:
            self._room[term_name] += 1

    @staticmethod
    def _choose(limits: list[float], draw: float) -> int:
        return next(number for number, limit in enumerate(limits) if draw < limit)
