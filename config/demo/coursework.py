"""The coursework of the demo, one account at a time: courses, how far they come, when they stop.

Everything about an account comes from a random generator of its own, so that its story depends on nobody
else's, but for the last credits of a contract.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from operator import attrgetter
from random import Random

from config.demo.rhythm import DAY, Days, Habit
from config.demo.studying import Outline, Study
from learners.learning.models.enrollment import Left
from learners.learning.seeding import SeedLearner, SeedPlace, SeedRecord

COURSES = (0.45, 0.25, 0.14, 0.08, 0.05, 0.03)
IN_SPECIALIZATION = 0.16
BY_BROWSING = 0.18
SAME_COURSE = 0.75
FINISHES = 0.29
NEVER_STARTS = 0.13
STARTS_AT_ONCE = 0.45
LEAVES = 0.06
COMES_BACK = 0.25
LOOKS_AFTERWARDS = 0.08
HARDER = {"beginner": 0.06, "intermediate": -0.02, "advanced": -0.08}


@dataclass(frozen=True, slots=True)
class Offer:
    """A course in a program's catalog, and the collection in which it is found first."""

    course_id: int
    collection_id: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Track:
    """A specialization in a program's catalog, with its courses in order."""

    specialization_id: int
    collection_id: int | None
    source: str
    course_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A program's catalog, how many of its members enroll at all, and in how many courses they may."""

    offers: tuple[Offer, ...]
    tracks: tuple[Track, ...]
    enrolls: float
    limit: int | None


@dataclass(slots=True)
class Purchase:
    """A contract: the moments between which it takes enrollments, and how many it has left; None: no end."""

    starts: int
    ends: int
    credits: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership of somebody who joined. `reaches` is told by the story for those one can sign in as."""

    user_id: int
    email: str
    organization_id: int
    program_id: int
    membership_id: int
    contract_id: int
    joined_at: int
    removed_at: int | None
    reaches: tuple[float, ...] = ()


@dataclass
class Coursework:
    """What the members of the demo learn. Iterate over `learners` once."""

    seed: int
    days: Mapping[int, Days]
    outlines: Mapping[int, Outline]
    shelves: Mapping[int, Shelf]
    purchases: Mapping[int, Purchase]
    _rng: Random = field(default_factory=Random, init=False)

    def __post_init__(self) -> None:
        # What stands first in a catalog is chosen most.
        self._weights = {
            program_id: list(accumulate((rank + 2) ** -0.8 for rank in range(len(shelf.offers))))
            for program_id, shelf in self.shelves.items()
        }

    def learners(self, members: Iterable[Member]) -> Iterator[SeedLearner]:
        """The learners among these members, who come account by account."""
        for user_id, memberships in groupby(members, attrgetter("user_id")):
            learner = _Learner(self, user_id, sorted(memberships, key=attrgetter("joined_at")))
            if learner.seed.places:
                yield learner.seed

    def start(self, email: str) -> Random:
        """The generator, set to where this account's story begins."""
        self._rng.seed(f"{self.seed}:{email}")
        return self._rng

    def pick(self, program_id: int) -> Offer:
        """A course of the program's catalog; what stands first is chosen most."""
        weights = self._weights[program_id]
        return self._rng.choices(self.shelves[program_id].offers, cum_weights=weights)[0]


class _Learner:
    """One account through all its memberships."""

    def __init__(self, world: Coursework, user_id: int, members: Sequence[Member]) -> None:
        self._world = world
        self._rng = world.start(members[0].email)
        self._habit = Habit.of(self._rng)
        self._studies: dict[int, Study] = {}
        self.seed = SeedLearner(user_id)
        for member in members:
            _Path(world, self._rng, self._habit, self._studies, member, self.seed).walk()
        self.seed.records = [study.record for study in self._studies.values()]


class _Path:
    """What one membership leads to: courses one after the other, until it ends or today."""

    def __init__(
        self,
        world: Coursework,
        rng: Random,
        habit: Habit,
        studies: dict[int, Study],
        member: Member,
        seed: SeedLearner,
    ) -> None:
        self._world, self._rng, self._habit, self._studies = world, rng, habit, studies
        self._member, self._seed = member, seed
        self._days = world.days[member.organization_id]
        self._shelf = world.shelves[member.program_id]
        self._purchase = world.purchases[member.contract_id]
        self._stop = self._days.end if member.removed_at is None else member.removed_at
        self._held: Counter[int] = Counter()

    def walk(self) -> None:
        rng, member, shelf = self._rng, self._member, self._shelf
        if not shelf.offers or not (member.reaches or rng.random() < shelf.enrolls):
            return
        at = self._first_moment()
        track = None
        if shelf.tracks and not member.reaches and rng.random() < IN_SPECIALIZATION:
            track = shelf.tracks[rng.randrange(len(shelf.tracks))]
        if at is None or not self._may_enroll(at):
            return
        if track is None:
            self._take_courses(at)
        else:
            self._take_track(at, track)

    def _take_courses(self, at: int) -> None:
        count = len(self._member.reaches) or self._rng.choices(range(1, 7), COURSES)[0]
        for number in range(count):
            offer = self._choose()
            if offer is None or not self._may_enroll(at):
                return
            reach = self._member.reaches[number] if self._member.reaches else None
            found = self._rng.random() >= BY_BROWSING
            place = self._place(at, offer.collection_id if found else None, offer.source if found else "")
            study = self._enroll(place, offer.course_id, reach)
            following = self._moment_after(study, at)
            if following is None:
                return
            at = following

    def _take_track(self, at: int, track: Track) -> None:
        """A specialization enrolls in its first course at once, in each other when the one before is done."""
        special = self._place(at, track.collection_id, track.source)
        special.specialization_id = track.specialization_id
        self._seed.places.append(special)
        for course_id in track.course_ids:
            if self._held[course_id] or not self._may_enroll(at):
                return
            study = self._enroll(self._place(at, track.collection_id, track.source), course_id, None)
            if not study.record.completed_at:
                return
            following = self._moment_after(study, at)
            if following is None:
                return
            at = following

    def _enroll(self, place: SeedPlace, course_id: int, reach: float | None) -> Study:
        """Enroll and learn. Somebody who knows the course from elsewhere goes on where they were."""
        rng, member = self._rng, self._member
        outline = self._world.outlines[course_id]
        study = self._studies.get(course_id)
        if study is None:
            record = SeedRecord(course_id, outline.version_id, place.enrolled_at)
            study = Study(rng, self._habit, self._days, outline, record)
            self._studies[course_id] = study
        self._put(place, study, outline)
        start = max(place.enrolled_at, place.class_start_at or 0, study.last)
        at_once = start == place.enrolled_at and bool(member.reaches or rng.random() < STARTS_AT_ONCE)
        if not study.is_over:
            study.run(start, self._stop, self._reach(outline) if reach is None else reach, at_once=at_once)
        if reach is None and not study.record.completed_at and rng.random() < LEAVES:
            self._leave(place, study, outline)
        elif rng.random() < LOOKS_AFTERWARDS:
            self._look(study, study.last, self._stop)
        return study

    def _put(self, place: SeedPlace, study: Study, outline: Outline) -> None:
        """Take the place with its credit, in a class that begins soon if there is one."""
        if self._purchase.credits is not None:
            self._purchase.credits -= 1
        self._held[outline.course_id] += 1
        place.record, place.class_start_at = study.record, place.enrolled_at
        soon = [
            session
            for session in outline.sessions
            if place.enrolled_at - 7 * DAY < session[1] < place.enrolled_at + 35 * DAY
        ]
        if soon and self._rng.random() < 0.6:
            place.session_id, place.class_start_at = soon[0]
        self._seed.places.append(place)

    def _reach(self, outline: Outline) -> float:
        """How far somebody means to come: many lose heart early, some never begin."""
        rng = self._rng
        finishes = FINISHES + 0.09 * self._habit.diligence + HARDER.get(outline.level, 0)
        if rng.random() < min(0.85, max(0.06, finishes)):
            return 1
        return 0 if rng.random() < NEVER_STARTS else 0.95 * rng.random() ** 1.8

    def _leave(self, place: SeedPlace, study: Study, outline: Outline) -> None:
        """Leave the course; look at it once more, or come back to it."""
        rng = self._rng
        left_at = self._moment(max(study.last, place.enrolled_at), 12)
        if left_at is None or left_at >= self._stop:
            return
        place.left_at, place.left_reason = left_at, Left.COURSE
        if rng.random() < COMES_BACK:
            again = self._moment(left_at, 20)
            if again is not None and self._may_enroll(again):
                back = self._place(again, place.collection_id, place.source)
                self._put(back, study, outline)
                study.run(again, self._stop, self._reach(outline), at_once=False)
        elif study.last > place.enrolled_at:
            self._look(study, left_at, self._days.end)

    def _look(self, study: Study, moment: int, stop: int) -> None:
        midnight = self._days.later(self._rng, moment, 15)
        if midnight is not None:
            at = self._habit.sits_down(self._rng, midnight)
            if moment < at < stop:
                study.look(at)

    def _choose(self) -> Offer | None:
        """A course this member has not had: rather one they know from another program than any other."""
        if self._studies and self._rng.random() < SAME_COURSE:
            for offer in self._shelf.offers:
                if offer.course_id in self._studies and not self._held[offer.course_id]:
                    return offer
        for _ in range(8):
            offer = self._world.pick(self._member.program_id)
            if not self._held[offer.course_id]:
                return offer
        return None

    def _may_enroll(self, at: int) -> bool:
        """Whether the membership, its contract and the program's limit allow one more enrollment then."""
        purchase, limit = self._purchase, self._shelf.limit
        return (
            purchase.starts <= at < min(self._stop, purchase.ends)
            and (purchase.credits is None or purchase.credits > 0)
            and (limit is None or self._held.total() < limit)
        )

    def _place(self, at: int, collection_id: int | None, source: str) -> SeedPlace:
        member = self._member
        place = SeedPlace(
            organization_id=member.organization_id,
            program_id=member.program_id,
            membership_id=member.membership_id,
            contract_id=member.contract_id,
            collection_id=collection_id,
            source=source,
            enrolled_at=at,
        )
        if member.removed_at is not None:
            place.left_at, place.left_reason = member.removed_at, Left.PROGRAM
        return place

    def _first_moment(self) -> int | None:
        """Right after joining, or within days."""
        rng, joined_at = self._rng, self._member.joined_at
        if self._member.reaches or rng.random() < 0.4:
            return joined_at + rng.randrange(90, 2_400)
        return self._moment(joined_at, 8)

    def _moment_after(self, study: Study, at: int) -> int | None:
        """When somebody looks for the next course: soon after completing one, else after a while."""
        finished = study.record.completed_at is not None
        return self._moment(max(at, study.last), 9 if finished else 55)

    def _moment(self, after: int, days: float) -> int | None:
        midnight = self._days.later(self._rng, after, days)
        return None if midnight is None else self._habit.sits_down(self._rng, midnight)
