"""How progress, grade, completion and lessons follow from what was done with each item."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.models import Assessment
from learners.learning.actions import facts
from learners.learning.facts import Report
from learners.models import CourseRecord, ItemProgress, LearningSpan, LessonTaken
from tests.learners.taking import (
    ASSIGNMENT,
    GRADED,
    PRACTICE,
    READING,
    VIDEO,
    fact,
    item,
    minutes,
    record_of,
    taught,
    tell,
)


@pytest.fixture
def takes(carol):
    """Carol's record of a course with this outline."""
    return lambda *lessons, **outline: record_of(carol, taught(*lessons, **outline))


def figures(record):
    return CourseRecord.objects.values_list("progress", "grade", "completed_at").get(pk=record.pk)


def lessons(record):
    rows = LessonTaken.objects.filter(record=record).order_by("lesson__position")
    return list(rows.values_list("lesson__title", "at"))


def completed_items(record):
    rows = ItemProgress.objects.filter(record=record).exclude(completed_at=None).order_by("item__key")
    return list(rows.values_list("item__key", "completed_at"))


def test_progress_counts_every_item_and_rounds_to_hundredths(takes):
    record = takes((VIDEO, READING, READING), optional=("i3",))
    tell(fact(record, 0, "i1", completes=True))
    assert figures(record) == (Decimal("33.33"), None, None)
    tell(fact(record, 1, "i3", completes=True))
    assert figures(record) == (Decimal("66.67"), None, None)


def test_without_graded_items_all_required_ones_complete_a_course(takes):
    record = takes((VIDEO, READING, READING), optional=("i3",))
    tell(fact(record, 5, "i2", completes=True), fact(record, 3, "i1", completes=True))
    tell(fact(record, 9, "i3", completes=True))
    assert figures(record) == (100, None, minutes(5))


def test_where_nothing_is_required_nothing_completes_a_course(takes):
    record = takes((VIDEO, GRADED), optional=("i1", "i2"))
    tell(fact(record, 0, "i1", completes=True), fact(record, 1, "i2", score=90))
    assert figures(record) == (100, None, None)
    assert lessons(record) == []


def test_a_course_without_items_stays_at_nothing(takes):
    record = takes(())
    tell(fact(record, 0), fact(record, 10, completes=True))
    assert figures(record) == (0, None, None)


def test_what_is_not_yet_graded_counts_as_0_by_its_weight(takes):
    record = takes((GRADED, ASSIGNMENT), weights={"i1": 1, "i2": 3})
    assert figures(record) == (0, None, None)
    tell(fact(record, 0, "i1", score=80))
    assert figures(record) == (50, 20, None)
    tell(fact(record, 9, "i2", score=90))
    assert figures(record) == (100, Decimal("87.50"), minutes(9))


def test_a_grade_is_0_once_anything_was_done_in_a_graded_course(takes):
    record = takes((VIDEO, GRADED))
    tell(fact(record, 0, "i1", completes=True))
    assert figures(record) == (50, 0, None)


def test_an_optional_assessment_adds_to_progress_alone(takes):
    record = takes((GRADED, GRADED), optional=("i2",))
    tell(fact(record, 0, "i2", score=10), fact(record, 1, "i1", score=70))
    assert figures(record) == (50, 70, minutes(1))


def test_a_course_is_completed_when_the_last_graded_item_is_first_passed(takes):
    """Not when a score gets better, and whatever else is left to do."""
    record = takes((VIDEO,), (GRADED, ASSIGNMENT))
    tell(fact(record, 0, "i2", score=59), fact(record, 10, "i2", score=60))
    tell(fact(record, 5, "i3", score=75), fact(record, 40, "i2", score=100))
    assert figures(record) == (Decimal("66.67"), Decimal("87.50"), minutes(10))


def test_a_verdict_from_elsewhere_wins_over_the_pass_mark(takes):
    record = takes((GRADED, ASSIGNMENT))
    tell(fact(record, 0, "i1", score=95, passed=False), fact(record, 1, "i2", passed=True))
    assert completed_items(record) == [("i2", minutes(1))]
    assert figures(record) == (50, Decimal("97.50"), None)


def test_each_assessment_has_its_own_pass_mark(takes):
    record = takes((GRADED,))
    Assessment.objects.filter(item=item(record.course, "i1")).update(pass_mark=90)
    tell(fact(record, 0, "i1", score="89.99"))
    assert completed_items(record) == []
    tell(fact(record, 1, "i1", score=90))
    assert completed_items(record) == [("i1", minutes(1))]


def test_a_graded_item_is_not_completed_by_a_bare_word(takes):
    record = takes((GRADED,))
    tell(fact(record, 0, "i1", completes=True))
    assert completed_items(record) == []
    assert figures(record) == (0, 0, None)


def test_a_practice_quiz_is_done_with_its_first_attempt_and_grades_nothing(takes):
    record = takes((PRACTICE, VIDEO))
    tell(fact(record, 5, "i1", score=0), fact(record, 8, "i1", score=100))
    assert completed_items(record) == [("i1", minutes(5))]
    assert figures(record) == (50, None, None)
    tell(fact(record, 2, "i1", completes=True))
    assert completed_items(record) == [("i1", minutes(2))]


def test_an_item_of_another_version_counts_for_time_only(takes):
    record, newer = takes((VIDEO,)), takes((VIDEO,))
    tell(fact(record, 0), replace(fact(record, 10), item_id=item(newer.course, "i1").pk, completes=True))
    assert figures(record) == (0, None, None)
    assert (lessons(record), LearningSpan.objects.get().ended_at) == ([], minutes(10))


def test_a_lesson_is_taken_once_when_its_last_required_item_is_done(takes):
    record = takes((VIDEO, READING, READING), (READING,), optional=("i3", "i4"))
    tell(fact(record, 4, "i1", completes=True))
    assert lessons(record) == []
    tell(fact(record, 2, "i2", completes=True))
    assert lessons(record) == [("Lesson 1", minutes(4))]
    tell(fact(record, 8, "i1", completes=True), fact(record, 9, "i3", completes=True))
    tell(fact(record, 9, "i4", completes=True))
    assert lessons(record) == [("Lesson 1", minutes(4))]


def test_a_confirmed_identity_shows_only_with_the_completion(takes):
    record = takes((VIDEO,))
    facts.report(
        reports=[Report(user_id=record.user_id, course_id=record.course_id, at=minutes(1), verified=True)],
        by=None,
    )
    record.refresh_from_db()
    assert (record.completed_at, record.verified_at) == (None, None)
    tell(fact(record, 7, "i1", completes=True))
    record.refresh_from_db()
    assert (record.completed_at, record.verified_at) == (minutes(7), minutes(1))
