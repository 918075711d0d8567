"""What another system says of a learner's course: the newest word counts, over what is told here."""

from decimal import Decimal
from itertools import permutations

import pytest

from learners.learning.actions import facts
from learners.learning.facts import Report
from learners.models import CourseRecord, Enrollment
from tests.learners.taking import GRADED, VIDEO, enrolled, fact, learner, minutes, record_of, taught, tell

FIGURES = ("progress", "grade", "completed_at", "verified_at")


@pytest.fixture
def record(program, contract):
    return enrolled(learner(program, contract), taught((VIDEO,), (GRADED,))).record


def said(record, minute, **values):
    return Report(user_id=record.user_id, course_id=record.course_id, at=minutes(minute), **values)


def report(*reports):
    facts.report(reports=reports, by=None)


def figures(record):
    return CourseRecord.objects.values_list(*FIGURES, "reported_result", "reported_at").get(pk=record.pk)


def test_in_any_order_the_newest_word_counts_for_each_figure_and_the_earliest_completion(carol):
    words = [
        {"minute": 10, "progress": Decimal(90), "completed_at": minutes(8)},
        {"minute": 20, "progress": Decimal(40), "grade": Decimal(75), "result": "passed"},
        {"minute": 30, "completed_at": minutes(25), "verified": True},
        {"minute": 40, "grade": Decimal("61.5"), "verified": True},
    ]
    expected = (40, Decimal("61.50"), minutes(8), minutes(30), "passed", minutes(40))
    for order in permutations(words):
        one_by_one, at_once = (record_of(carol, taught((GRADED,))) for _ in range(2))
        for word in order:
            report(said(one_by_one, **word))
        report(*(said(at_once, **word) for word in order))
        assert figures(one_by_one) == figures(at_once) == expected


def test_a_report_wins_over_what_facts_tell_and_says_nothing_where_it_is_silent(record):
    tell(fact(record, 0, "i1", completes=True), fact(record, 5, "i2", score=80))
    assert figures(record)[:3] == (100, 80, minutes(5))
    report(said(record, 6, progress=Decimal(30)))
    assert figures(record)[:3] == (30, 80, minutes(5))
    report(said(record, 7, grade=Decimal(0), completed_at=minutes(6)))
    assert figures(record)[:3] == (30, 0, minutes(6))
    tell(fact(record, 8, "i2", score=100))
    assert figures(record)[:3] == (30, 0, minutes(6))


def test_reports_reach_the_enrollment_and_the_membership(record):
    report(said(record, 9, progress=Decimal(100), grade=Decimal(88), completed_at=minutes(9), verified=True))
    enrollment = Enrollment.objects.select_related("membership").get()
    assert [getattr(enrollment, name) for name in FIGURES] == [100, 88, minutes(9), minutes(9)]
    assert (enrollment.seconds, enrollment.last_activity_at) == (0, None)
    membership = enrollment.membership
    assert (membership.current_enrollments, membership.completions) == (0, 1)
    assert membership.last_completion_at == minutes(9)


def test_the_same_report_twice_changes_nothing(record):
    word = said(record, 9, progress=Decimal(50), grade=Decimal(70), completed_at=minutes(9), result="ok")
    report(word)
    first = CourseRecord.objects.values().get(pk=record.pk)
    report(word)
    report(word, word)
    assert CourseRecord.objects.values().get(pk=record.pk) == first


def test_of_two_reports_of_one_moment_the_better_counts_whichever_comes_first(carol):
    for order in permutations((Decimal(20), Decimal(60))):
        record = record_of(carol, taught())
        for progress in order:
            report(said(record, 5, progress=progress))
        assert figures(record)[0] == 60


def test_a_report_on_a_course_that_was_never_begun_is_refused_with_all_beside_it(record, carol):
    unknown = Report(user_id=carol.pk, course_id=record.course_id, at=minutes(1), progress=Decimal(10))
    with pytest.raises(ValueError, match="has no record"):
        report(said(record, 1, progress=Decimal(10)), unknown)
    assert figures(record) == (0, None, None, None, "", None)
