"""`manage.py reconcile` finds every figure of learning that the facts do not tell, and mends it."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from learners.models import Enrollment, ItemProgress, LearningSpan, LessonTaken, Membership
from tests.coursework import specialization
from tests.factories import UserFactory
from tests.learners.places import member
from tests.learners.taking import GRADED, READING, VIDEO, enrolled, fact, taught, tell

FIGURES = (
    ("learners_itemprogress", "record_id, item_id"),
    ("learners_learningspan", "user_id, started_at, course_id"),
    ("learners_lessontaken", "record_id, lesson_id"),
    ("learners_courserecord", "id"),
    ("learners_enrollment", "id"),
    ("learners_specializationenrollment", "id"),
    ("learners_membership", "id"),
)


def figures():
    """All stored figures, without the ids of derived rows."""
    rows = {}
    with connection.cursor() as cursor:
        for table, order in FIGURES:
            cursor.execute(f"select to_jsonb(t) - '{{id}}'::text[] from {table} t order by {order}")
            rows[table] = cursor.fetchall()
    return rows


def reconcile(*arguments):
    out = io.StringIO()
    call_command("reconcile", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _life(program, contract):
    """Two learners of one course; the first has completed it, and with it a specialization."""
    taken = taught((VIDEO, READING), (GRADED,))
    for score in (90, 40):
        membership = member(UserFactory(), program, contract)
        enrollment = enrolled(membership, taken)
        membership.specializationenrollment_rows.create(
            organization=membership.organization,
            program=program,
            contract=contract,
            specialization=specialization(taken, title=f"Path {score}"),
        )
        record = enrollment.record
        tell(fact(record, 0, "i1", completes=True), fact(record, 10, "i2", completes=True))
        tell(fact(record, 100, "i3", score=score))


def test_what_facts_were_recorded_for_agrees(db):
    assert reconcile().startswith("No differences.")
    assert ItemProgress.objects.count() == 6
    assert Enrollment.objects.exclude(completed_at=None).count() == 1


PLANTED = [
    ("Progress in items", "update learners_itemprogress set attempts = 7, completed_at = now()"),
    ("Progress in items", "delete from learners_itemprogress where attempts > 0"),
    ("Progress in items", "update learners_itemprogress set started_at = null, passed_at = null"),
    ("Learning time", "update learners_learningspan set ended_at = ended_at + interval '1 minute'"),
    ("Learning time", "delete from learners_learningspan where not opens_session or course_id > 0"),
    (
        "Learning time",
        "insert into learners_learningspan (user_id, course_id, started_at, ended_at, opens_session) "
        "select user_id, course_id, now(), now(), true from learners_courserecord",
    ),
    ("Lessons taken", "delete from learners_lessontaken"),
    ("Lessons taken", "update learners_lessontaken set at = at - interval '1 day'"),
    (
        "Lessons taken",
        "insert into learners_lessontaken (record_id, lesson_id, at) "
        "select r.id, l.id, now() from learners_courserecord r, catalog_lesson l on conflict do nothing",
    ),
    (
        "Progress and grades",
        "update learners_courserecord set progress = 1, grade = null, items_completed = 0",
    ),
    ("Progress and grades", "update learners_courserecord set completed_at = now()"),
    ("Figures of enrollments", "update learners_enrollment set seconds = 1, lessons = 9, assessments = 0"),
    (
        "Figures of enrollments",
        "update learners_enrollment set completed_at = null, last_activity_at = now()",
    ),
    (
        "Figures of specialization enrollments",
        "update learners_specializationenrollment set courses_completed = 5, completed_at = null",
    ),
    ("Counters of memberships", "update learners_membership set enrollments = 4, current_enrollments = 3"),
    ("Counters of memberships", "update learners_membership set completions = 4, last_activity_at = now()"),
    (
        "Program of enrollment",
        "update learners_enrollment set program_id = (select max(id) + 1 from programs_program)",
    ),
]


@pytest.mark.parametrize(
    ("name", "plant"), PLANTED, ids=[f"{name} {n}" for n, (name, _) in enumerate(PLANTED)]
)
def test_a_planted_difference_is_found_and_mended(name, plant):
    right = figures()
    with connection.cursor() as cursor:
        cursor.execute(plant)
    assert figures() != right
    out = io.StringIO()
    with pytest.raises(CommandError, match="--fix makes good"):
        call_command("reconcile", stdout=out)
    assert f"{name}: " in out.getvalue()
    assert "No differences." in reconcile("--fix")
    assert figures() == right


def test_an_enrollment_in_another_organization_goes_back_to_its_membership(globex):
    right = figures()
    Enrollment.objects.update(organization=globex)
    with pytest.raises(CommandError):
        reconcile()
    assert "No differences." in reconcile("--fix")
    assert figures() == right


def test_differences_name_the_figures_that_differ():
    LearningSpan.objects.filter(opens_session=True).update(opens_session=False)
    LessonTaken.objects.all().delete()
    Membership.objects.update(enrollments=3)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile", stdout=out)
    said = out.getvalue()
    assert "opens_session false" in said
    assert "enrollments 3  enrollments 1" in said
    assert "  accounts" in said
