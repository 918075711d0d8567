"""Courses with an outline and people who take them, for tests of learning."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from catalog.models import Assessment, Item, Lesson, Module
from learners.learning.actions import facts
from learners.learning.facts import Fact
from learners.models import Activity, CourseRecord, Enrollment, Person
from tests.coursework import course
from tests.factories import MembershipFactory, PersonFactory, UserFactory

# A Monday morning; facts are placed by minutes from here.
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)

VIDEO, READING = Item.Kind.VIDEO, Item.Kind.READING
PRACTICE, GRADED, ASSIGNMENT = Item.Kind.PRACTICE_QUIZ, Item.Kind.GRADED_QUIZ, Item.Kind.ASSIGNMENT


def minutes(number, start=START):
    return start + timedelta(minutes=number)


def taught(*lessons, weights=None, optional=()):
    """A course with an outline: each argument is a lesson, a tuple of item kinds. Without any: one video.

    Items get the keys i1, i2 … in order. `weights` by key, those of assessments; `optional` names the keys of
    items that are not required.
    """
    made = course(f"Course {next(_numbers)}")
    module = Module.objects.create(version=made.version, title="Week 1")
    keys = (f"i{place}" for place in count(1))
    for position, kinds in enumerate(lessons or [(VIDEO,)]):
        lesson = Lesson.objects.create(module=module, title=f"Lesson {position + 1}", position=position)
        for place, (kind, key) in enumerate(zip(kinds, keys, strict=False)):
            item = Item.objects.create(
                version=made.version,
                lesson=lesson,
                key=key,
                kind=kind,
                title=key,
                position=place,
                is_required=key not in optional,
            )
            if kind in (*Item.GRADED, PRACTICE):
                weight = 0 if kind == PRACTICE else (weights or {}).get(key, 1)
                Assessment.objects.create(item=item, weight=weight)
    return made


def item(course, key):
    return Item.objects.get(version=course.version_id, key=key)


def learner(program, contract, *, user=None, at=START, **fields):
    """A membership whose person has an account."""
    user = user or UserFactory()
    person = Person.objects.filter(organization=program.organization, user=user).first() or PersonFactory(
        organization=program.organization, user=user, email=user.email
    )
    return MembershipFactory(
        program=program,
        contract=contract,
        person=person,
        joined=True,
        joined_at=at,
        last_activity_at=at,
        **fields,
    )


def record_of(user, course):
    """The account's record of the course."""
    return CourseRecord.objects.get_or_create(user=user, course=course, defaults={"version": course.version})[
        0
    ]


def enrolled(membership, course, *, at=START, **fields):
    """An enrollment and the record it needs, as rows; figures untouched."""
    return Enrollment.objects.create(
        organization=membership.organization,
        program=membership.program,
        membership=membership,
        contract=membership.contract,
        record=record_of(membership.person.user, course),
        course=course,
        enrolled_at=at,
        class_start_at=at,
        **fields,
    )


def fact(record, at, key=None, *, kind=Activity.Kind.OPENED, score=None, **fields):
    """Something done in the record's course; `at` is a moment or minutes from START."""
    return Fact(
        user_id=record.user_id,
        course_id=record.course_id,
        at=at if isinstance(at, datetime) else minutes(at),
        kind=kind,
        item_id=Item.objects.get(version=record.version_id, key=key).pk if key else None,
        score=None if score is None else Decimal(score),
        **fields,
    )


def tell(*told):
    """Record these facts."""
    return facts.record(facts=told, by=None)
