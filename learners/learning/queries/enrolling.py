"""Whether a member may enroll: the same answer for a page and, asked again under the lock, for the action.

What only the moment decides, the last credit, is decided by the statement that takes it.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from catalog.models import Course, CourseSession, Specialization
from learners.learning.models import CourseRecord, Enrollment, SpecializationEnrollment
from learners.learning.refusals import Refusal
from learners.people.models import Membership
from programs import queries as offers
from programs.models import Collection, Contract

# What the course enrollment limit counts: current and completed.
COUNTED = Q(left_at=None) | Q(completed_at__isnull=False)


def course_refusal(
    membership: Membership, course: Course, session: CourseSession | None = None
) -> Refusal | None:
    """Why this member cannot enroll in the course now, or None."""
    return (
        _standing(membership)
        or _listing(membership, course)
        or _place(Enrollment.objects.filter(membership=membership, course=course, left_at=None))
        or (None if course.is_offered else Refusal.NOT_OFFERED)
        or (None if course.version_id else Refusal.NO_CONTENT)
        or (Refusal.SESSION_OVER if session is not None and not _is_open(session, course) else None)
        or _dates(membership.contract)
        or (Refusal.LIMIT if _is_at_limit(membership, course) else None)
        or (None if _has_credit(membership.contract) else Refusal.NO_CREDITS)
    )


def specialization_refusal(membership: Membership, specialization: Specialization) -> Refusal | None:
    """Why this member cannot enroll in the specialization now, or None; its courses are asked one by one."""
    places = SpecializationEnrollment.objects.filter(
        membership=membership, specialization=specialization, left_at=None
    )
    return (
        _standing(membership)
        or _listing(membership, specialization)
        or _place(places)
        or (None if specialization.is_offered else Refusal.NOT_OFFERED)
        or _dates(membership.contract)
    )


def next_course(membership: Membership, specialization: Specialization) -> Course | None:
    """The first course of the sequence that is offered and that the member neither is enrolled in nor has
    completed, wherever that was.
    """
    current = Enrollment.objects.filter(membership=membership, left_at=None)
    done = CourseRecord.objects.filter(user=membership.person.user_id, completed_at__isnull=False)
    offered = specialization.parts.filter(course__is_offered=True, course__version__isnull=False)
    fresh = offered.exclude(course__in=current.values("course")).exclude(course__in=done.values("course"))
    part = fresh.select_related("course").order_by("position", "pk").first()
    return part.course if part else None


def holds(membership: Membership, collection: Collection, what: Course | Specialization) -> bool:
    """Whether the collection is one of the member's program and the course or specialization is in it."""
    return offers.collections_with(membership.program, what).filter(pk=collection.pk).exists()


def courses_counted(memberships: Iterable[int]) -> dict[int, set[int]]:
    """The courses of each of these memberships that its course enrollment limit counts, each once."""
    counted: dict[int, set[int]] = {membership: set() for membership in memberships}
    rows = Enrollment.objects.filter(COUNTED, membership__in=counted)
    for membership, course in rows.values_list("membership", "course"):
        counted[membership].add(course)
    return counted


def _standing(membership: Membership) -> Refusal | None:
    if not membership.program.is_active:
        return Refusal.PROGRAM_REMOVED
    is_in = membership.state == Membership.State.MEMBER and membership.person.user_id is not None
    return None if is_in else Refusal.NOT_A_MEMBER


def _listing(membership: Membership, what: Course | Specialization) -> Refusal | None:
    found = offers.collections_with(membership.program, what).exists()
    return None if found else Refusal.NOT_IN_CATALOG


def _place(rows: Iterable[Enrollment] | Iterable[SpecializationEnrollment]) -> Refusal | None:
    """What an open place says: enrolled, or completed."""
    for row in rows:
        return Refusal.ALREADY_COMPLETED if row.completed_at else Refusal.ALREADY_ENROLLED
    return None


def _is_open(session: CourseSession, course: Course) -> bool:
    over = session.ends_at is not None and session.ends_at <= timezone.now()
    return session.course_id == course.pk and not over


def _dates(contract: Contract) -> Refusal | None:
    if contract.today < contract.starts_on:
        return Refusal.NOT_STARTED
    return Refusal.ENDED if contract.today > contract.ends_on else None


def _is_at_limit(membership: Membership, course: Course) -> bool:
    limit = membership.program.enrollment_limit
    if limit is None:
        return False
    return len(courses_counted([membership.pk])[membership.pk] - {course.pk}) >= limit


def _has_credit(contract: Contract) -> bool:
    return contract.kind != Contract.Kind.ENROLLMENTS or bool(contract.left)
