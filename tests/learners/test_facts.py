"""Facts tell items, lessons, course records, enrollments and memberships, in whatever order."""

import pytest

from learners.models import Activity, Attempt, ItemProgress, LessonTaken
from tests.learners.taking import (
    GRADED,
    PRACTICE,
    READING,
    VIDEO,
    enrolled,
    fact,
    learner,
    minutes,
    taught,
    tell,
)


@pytest.fixture
def carla(program, contract):
    return learner(program, contract)


def test_a_course_from_the_first_click_to_its_completion(carla):
    taken = taught((VIDEO, PRACTICE), (READING, GRADED))
    enrollment = enrolled(carla, taken)
    record = enrollment.record
    tell(fact(record, 0, "i1"))
    tell(fact(record, 10, "i1", completes=True), fact(record, 12, "i2", score=30))
    tell(
        fact(record, 20, "i3", completes=True),
        fact(record, 30, "i4", score=50),
        fact(record, 50, "i4", score=80),
    )
    for row in (record, enrollment, carla):
        row.refresh_from_db()
    assert (record.started_at, record.items_completed, record.progress) == (minutes(0), 4, 100)
    assert (record.grade, record.completed_at, record.verified_at) == (80, minutes(50), None)
    assert (enrollment.progress, enrollment.grade, enrollment.completed_at) == (100, 80, minutes(50))
    assert (enrollment.seconds, enrollment.lessons, enrollment.assessments) == (3000, 2, 2)
    assert (enrollment.started_at, enrollment.last_activity_at) == (minutes(0), minutes(50))
    assert (carla.enrollments, carla.current_enrollments, carla.completions) == (1, 0, 1)
    assert (carla.last_completion_at, carla.last_activity_at) == (minutes(50), minutes(50))
    quiz = ItemProgress.objects.get(record=record, item__key="i4")
    assert (quiz.attempts, quiz.best_score, quiz.passed_at, quiz.completed_at) == (
        2,
        80,
        minutes(50),
        minutes(50),
    )
    assert list(LessonTaken.objects.order_by("at").values_list("at", flat=True)) == [minutes(12), minutes(50)]
    assert (Activity.objects.count(), Attempt.objects.count()) == (6, 3)
