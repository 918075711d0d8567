"""Places in courses and specializations: taking, leaving, and what happens to them with the membership.

Locks are taken in the order that holds everywhere: the account, its memberships in the organization by
their ids, enrollments, the contract.
"""

from collections.abc import Collection as Some
from datetime import datetime
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Course, CourseSession, Specialization
from learners.learning import figures
from learners.learning.models import CourseRecord, Enrollment, Left, SpecializationEnrollment
from learners.learning.queries import enrolling
from learners.learning.refusals import Refusal, error_for
from learners.learning.sql import enrolling as sql
from learners.people.models import Membership, Person
from orgs.audit import record as log
from orgs.errors import ActionError
from orgs.models import User
from orgs.tenancy import org_transaction
from programs.models import Collection

PLACES = (Enrollment, SpecializationEnrollment)
P = TypeVar("P", Enrollment, SpecializationEnrollment)


def enroll(
    *,
    membership: Membership,
    course: Course,
    collection: Collection | None = None,
    session: CourseSession | None = None,
    by: User | None,
) -> Enrollment:
    """Give a member a place in a course of the program's catalog, from the first day of `session` or, without
    one, from now on at their own pace.

    Costs one credit where the contract sells enrollments, with its line in the ledger; under other
    contracts the member's licence was taken at joining. A credit is never given back, so coming back after
    leaving costs another. Work that the account did in the course before is there at once. `collection` is
    where the course was found. Raises ActionError with a code of `Refusal`, or `other_organization`; it
    leaves no trace then. Logged when someone else than the learner acts.
    """
    with org_transaction(membership.organization):
        held = _hold(membership)
        enrollment = _enroll(held, course, _own(held, collection, course), session)
        figures.settle(records=[enrollment.record_id])
        _log(held, "enrollment.created", by, after={"course": course.title})
        enrollment.refresh_from_db()
        return enrollment


def leave(*, enrollment: Enrollment, by: User | None) -> Enrollment:
    """End a place in a course because the learner wants so: the course drops to audit, progress and grades
    stay, and the credit is spent. Raises ActionError when the place has ended already (`left`).
    """
    with org_transaction(enrollment.organization):
        held = _hold(enrollment.membership)
        row = _end(Enrollment.objects.filter(membership=held).select_related("course"), enrollment)
        figures.settle(records=[row.record_id])
        _log(held, "enrollment.left", by, after={"course": row.course.title})
        row.refresh_from_db()
        return row


def enroll_in_specialization(
    *,
    membership: Membership,
    specialization: Specialization,
    collection: Collection | None = None,
    by: User | None,
) -> SpecializationEnrollment:
    """Give a member a place in a specialization and in its first course that they neither are enrolled in nor
    have completed.

    The specialization itself costs no credit; its courses cost and count one by one, as they are enrolled
    in. What the account has completed already counts. All or nothing: where the course is refused, for want
    of a credit or at the limit, so is the specialization. Raises ActionError as `enroll` does.
    """
    with org_transaction(membership.organization):
        held = _hold(membership)
        found_in = _own(held, collection, specialization)
        refusal = enrolling.specialization_refusal(held, specialization)
        if refusal is not None:
            raise error_for(refusal, held)
        place = SpecializationEnrollment.objects.create(
            organization_id=held.organization_id,
            program_id=held.program_id,
            membership=held,
            contract=held.contract,
            collection=found_in,
            source=found_in.name if found_in else "",
            specialization=specialization,
        )
        course = enrolling.next_course(held, specialization)
        if course is not None:
            _enroll(held, course, found_in, None)
        _settle_parts(held, specialization)
        _log(held, "specialization.enrolled", by, after={"specialization": specialization.title})
        place.refresh_from_db()
        return place


def leave_specialization(
    *, enrollment: SpecializationEnrollment, by: User | None
) -> SpecializationEnrollment:
    """End a place in a specialization. The places in its courses stay: they were paid for one by one, and
    each can be left by itself. Raises ActionError when the place has ended already (`left`).
    """
    with org_transaction(enrollment.organization):
        held = _hold(enrollment.membership)
        rows = SpecializationEnrollment.objects.filter(membership=held).select_related("specialization")
        row = _end(rows, enrollment)
        _settle_parts(held, row.specialization)
        _log(held, "specialization.left", by, after={"specialization": row.specialization.title})
        row.refresh_from_db()
        return row


def audit(*, memberships: Some[int], at: datetime, reason: Left, by: User | None) -> int:
    """Let all open places of these memberships end: their courses drop to audit. Returns how many ended.

    A part of removal and the like: who calls holds the memberships and the transaction. Progress and
    grades stay, no credit is given back.
    """
    ended = 0
    for model in PLACES:
        places = model._default_manager.filter(membership__in=memberships, left_at=None)
        ended += places.update(left_at=at, left_reason=reason)
    if ended:
        figures.count(memberships=memberships)
    return ended


def restore(*, memberships: Some[int], by: User | None) -> int:
    """Reopen the places that ended with these memberships, without another credit; what a learner left by
    choice stays left. Returns how many were reopened.

    A part of coming back: who calls holds the accounts, the memberships and the transaction.
    """
    parameters = {"memberships": list(memberships)}
    with connection.cursor() as cursor:
        cursor.execute(sql.RESTORE_SPECIALIZATIONS, parameters)
        reopened = cursor.rowcount
        cursor.execute(sql.RESTORE_COURSES, parameters)
        records = [record for (record,) in cursor.fetchall()]
    if records:
        figures.settle(records=records)
    return reopened + len(records)


def _hold(membership: Membership) -> Membership:
    """The membership as it is once its account and all places of this account here are locked."""
    user = Person.objects.filter(pk=membership.person_id).values_list("user", flat=True).first()
    list(User.objects.select_for_update(no_key=True).filter(pk__in=[user]))
    places = Membership.objects.select_for_update(no_key=True).order_by("pk")
    list(places.filter(person=membership.person_id))
    # Read anew: the wait may have been for someone who changed it.
    rows = Membership.objects.select_related(
        "person__user", "program__organization", "contract__organization"
    )
    held = rows.filter(pk=membership.pk).first()
    if held is None:
        raise ActionError(_("That belongs to another organization."), code="other_organization")
    if held.person.user_id != user or held.person.user is None or not held.person.user.is_active:
        raise error_for(Refusal.NOT_A_MEMBER, held)
    return held


def _own(held: Membership, collection: Collection | None, what: Course | Specialization) -> Collection | None:
    """The collection as it is, read through the wall and out of the member's own program."""
    if collection is None:
        return None
    found = Collection.objects.filter(pk=collection.pk).first()
    if found is None:
        raise ActionError(_("That belongs to another organization."), code="other_organization")
    if not enrolling.holds(held, found, what):
        raise error_for(Refusal.NOT_IN_CATALOG, held)
    return found


def _enroll(
    held: Membership, course: Course, collection: Collection | None, session: CourseSession | None
) -> Enrollment:
    course = Course.objects.get(pk=course.pk)
    refusal = enrolling.course_refusal(held, course, session)
    if refusal is not None:
        raise error_for(refusal, held)
    assert course.version is not None, "refused as without content"
    record, _is_new = CourseRecord.objects.get_or_create(
        user=held.person.user, course=course, defaults={"version": course.version}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql.ENROLL,
            {
                "organization": held.organization_id,
                "program": held.program_id,
                "membership": held.pk,
                "contract": held.contract_id,
                "today": held.contract.today,
                "collection": collection.pk if collection else None,
                "source": collection.name if collection else "",
                "record": record.pk,
                "course": course.pk,
                "session": session.pk if session else None,
                "class_start": session.starts_at if session else None,
            },
        )
        enrollment_id, paid = cursor.fetchone()
    if enrollment_id is None or not paid:
        raise error_for(Refusal.NO_CREDITS, held)
    return Enrollment.objects.get(pk=enrollment_id)


def _end(rows: QuerySet[P], place: P) -> P:
    row = rows.filter(pk=place.pk, left_at=None).first()
    if row is None:
        raise ActionError(_("You have left this already."), code="left")
    row.left_at, row.left_reason = timezone.now(), Left.COURSE
    row.save(update_fields=["left_at", "left_reason"])
    return row


def _settle_parts(held: Membership, specialization: Specialization) -> None:
    """Tell the specialization's progress from what the account has done in its courses, here or elsewhere."""
    records = CourseRecord.objects.filter(
        user=held.person.user_id, course__in=specialization.parts.values("course")
    )
    figures.settle(records=list(records.values_list("pk", flat=True)))


def _log(held: Membership, verb: str, by: User | None, after: dict[str, str]) -> None:
    """What a learner does is no administrative act; what is done for them is."""
    if by is None or by.pk != held.person.user_id:
        log(
            by=by,
            organization=held.program.organization,
            verb=verb,
            target=held,
            program_id=held.program_id,
            after=after,
        )
