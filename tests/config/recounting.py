"""Telling every figure of learning from exported rows, in plain Python and without the product's SQL.

Written from the definitions alone: what an item, a lesson and a course need to be done, what a session is,
what an organization sees. Two ways to the same figures, so that a slip in one shows in the other.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from catalog.models import Item, SpecializationCourse
from learners.models import Activity, Attempt, CourseRecord, Enrollment, Membership, SpecializationEnrollment

HOUR = timedelta(minutes=60)
NEVER = datetime.max.replace(tzinfo=UTC)
CENT = Decimal("0.01")
GRADED = ("graded_quiz", "assignment")


@dataclass
class Work:
    """One account's work in one course: when each item was done, first tried, best scored."""

    outline: list
    opened: dict = field(default_factory=dict)
    done: dict = field(default_factory=dict)
    best: dict = field(default_factory=dict)
    passed: dict = field(default_factory=dict)
    tries: dict = field(default_factory=lambda: defaultdict(list))
    moments: list = field(default_factory=list)

    @property
    def progress(self):
        share = Decimal(100 * len(self.done)) / len(self.outline) if self.outline else Decimal(0)
        return share.quantize(CENT, ROUND_HALF_UP)

    @property
    def weights(self):
        return {
            item: weight
            for item, _lesson, kind, required, weight in self.outline
            if required and kind in GRADED
        }

    @property
    def grade(self):
        weights = self.weights
        if not sum(weights.values()):
            return None
        points = sum(weight * self.best.get(item, 0) for item, weight in weights.items())
        return (points / sum(weights.values())).quantize(CENT, ROUND_HALF_UP)

    @property
    def completed_at(self):
        must = set(self.weights)
        done = self.passed if must else self.done
        must = must or {item for item, _lesson, _kind, required, _weight in self.outline if required}
        return max(done[item] for item in must) if must and must <= set(done) else None

    @property
    def lessons(self):
        """When each lesson was taken: the last of its required items, of which it has one at least."""
        required = defaultdict(list)
        for item, lesson, _kind, is_required, _weight in self.outline:
            if is_required:
                required[lesson].append(item)
        return {
            lesson: max(self.done[item] for item in items)
            for lesson, items in required.items()
            if all(item in self.done for item in items)
        }


def works():
    """The work in every course record, by its id."""
    outlines = defaultdict(list)
    for row in Item.objects.values_list(
        "version", "id", "lesson", "kind", "is_required", "assessment__weight"
    ):
        outlines[row[0]].append((*row[1:5], Decimal(str(row[5])) if row[5] is not None else Decimal(1)))
    found, by_place = {}, {}
    for pk, user, course, version in CourseRecord.objects.values_list("id", "user", "course", "version"):
        found[pk] = by_place[user, course] = Work(outlines[version])
    kinds = dict(Item.objects.values_list("id", "kind"))
    fields = ("user", "course", "at", "item", "completes")
    for user, course, at, item, completes in Activity.objects.order_by("at").values_list(*fields):
        work = by_place[user, course]
        work.moments.append(at)
        if item is not None:
            work.opened.setdefault(item, at)
            if completes and kinds[item] not in GRADED:
                work.done[item] = min(at, work.done.get(item, at))
    fields = ("record", "item", "submitted_at", "score", "passed")
    for pk, item, at, score, passed in Attempt.objects.order_by("submitted_at").values_list(*fields):
        work = found[pk]
        work.tries[item].append(at)
        work.best[item] = max(score, work.best.get(item, score))
        if passed:
            work.passed.setdefault(item, at)
        if kinds[item] == "practice_quiz":
            work.done[item] = min(at, work.done.get(item, at))
        elif passed:
            work.done.setdefault(item, at)
    return found


def gaps():
    """The stretches of time between two things that somebody did no more than an hour apart, by account and
    the course of the earlier one.
    """
    by_user = defaultdict(list)
    for user, at, course in Activity.objects.values_list("user", "at", "course"):
        by_user[user].append((at, course))
    found = defaultdict(list)
    for user, moments in by_user.items():
        moments.sort()
        for (at, course), (after, _course) in zip(moments, moments[1:], strict=False):
            if after - at <= HOUR:
                found[user, course].append((at, after))
    return found


def windows():
    """From an organization's first enrollment of somebody in a course until the last is left, by organization
    and record.
    """
    found = {}
    fields = ("organization", "record", "enrolled_at", "left_at")
    for organization, record, since, until in Enrollment.objects.values_list(*fields):
        was = found.get((organization, record), (since, since))
        found[organization, record] = (min(was[0], since), max(was[1], until or NEVER))
    return found


def enrollments():
    """What each enrollment must say, by its id."""
    all_works, all_gaps, all_windows = works(), gaps(), windows()
    found = {}
    fields = ("id", "organization", "record", "record__user", "course", "record__verified_at")
    for pk, organization, record, user, course, verified in Enrollment.objects.values_list(*fields):
        work, (since, until) = all_works[record], all_windows[organization, record]
        within = [
            (max(a, since), min(b, until)) for a, b in all_gaps[user, course] if a < until and b > since
        ]
        seconds = sum((b - a for a, b in within), timedelta()).total_seconds()
        seen = [at for at in work.moments if since <= at <= until]
        found[pk] = (
            work.progress,
            work.grade,
            min(work.moments, default=None),
            work.completed_at,
            verified if work.completed_at else None,
            round(seconds),
            sum(since <= at <= until for at in work.lessons.values()),
            sum(any(since <= at <= until for at in tries) for tries in work.tries.values()),
            max(seen, default=None),
        )
    return found


def memberships():
    """The counters of everyone who joined, by membership."""
    completed = {pk: work.completed_at for pk, work in works().items()}
    told = enrollments()
    mine = defaultdict(list)
    for row in Enrollment.objects.values_list("membership", "id", "record", "enrolled_at", "left_at"):
        mine[row[0]].append(row[1:])
    found = {}
    for pk, joined_at in Membership.objects.filter(joined_at__isnull=False).values_list("id", "joined_at"):
        rows = mine[pk]
        done = {record: completed[record] for _pk, record, _since, _left in rows if completed[record]}
        moments = [joined_at, *(since for _pk, _record, since, _left in rows)]
        moments += [told[row[0]][-1] for row in rows if told[row[0]][-1]]
        found[pk] = (
            len(rows),
            sum(left is None and not completed[record] for _pk, record, _since, left in rows),
            len(done),
            max(done.values(), default=None),
            max(moments),
        )
    return found


def specializations():
    """How many required courses are completed, and when the last of all was, by specialization enrollment."""
    completed = {
        (user, course): work.completed_at
        for (user, course), work in zip(
            CourseRecord.objects.order_by("id").values_list("user", "course"),
            (work for _pk, work in sorted(works().items())),
            strict=True,
        )
    }
    parts = defaultdict(list)
    for special, course in SpecializationCourse.objects.filter(is_required=True).values_list(
        "specialization", "course"
    ):
        parts[special].append(course)
    found = {}
    fields = ("id", "specialization", "membership__person__user")
    for pk, special, user in SpecializationEnrollment.objects.values_list(*fields):
        done = [completed.get((user, course)) for course in parts[special]]
        whole = bool(done) and all(done)
        found[pk] = (sum(at is not None for at in done), max(done) if whole else None)
    return found
