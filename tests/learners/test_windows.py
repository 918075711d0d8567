"""What an organization sees of work that belongs to the account: sums from enrolling until leaving."""

import pytest

from learners.models import Enrollment
from tests.factories import ContractFactory, ProgramFactory, UserFactory
from tests.learners.taking import GRADED, READING, enrolled, fact, learner, minutes, record_of, taught, tell

SUMS = ("seconds", "lessons", "assessments", "last_activity_at")


@pytest.fixture
def taken():
    return taught((READING,), (GRADED,), (READING,))


@pytest.fixture
def carla(program, contract):
    return learner(program, contract)


def work(record):
    """An hour and a half: a lesson at 0, a quiz tried at 50 and passed at 60, another lesson at 90."""
    tell(
        fact(record, 0, "i1", completes=True),
        fact(record, 50, "i2", score=20),
        fact(record, 60, "i2", score=90),
        fact(record, 90, "i3", completes=True),
    )


def sums(enrollment):
    return Enrollment.objects.values_list(*SUMS).get(pk=enrollment.pk)


def state(enrollment):
    return Enrollment.objects.values_list("progress", "grade", "started_at", "completed_at").get(
        pk=enrollment.pk
    )


def left(minute):
    return {"left_at": minutes(minute), "left_reason": "course"}


WHOLE_STATE = (100, 90, minutes(0), minutes(60))


def test_work_before_enrolling_counts_for_the_state_and_not_for_the_sums(carla, taken):
    enrollment = enrolled(carla, taken, at=minutes(55))
    work(enrollment.record)
    assert sums(enrollment) == (35 * 60, 2, 1, minutes(90))
    assert state(enrollment) == WHOLE_STATE


def test_work_after_leaving_counts_for_the_state_and_not_for_the_sums(carla, taken):
    enrollment = enrolled(carla, taken, **left(55))
    work(enrollment.record)
    assert sums(enrollment) == (55 * 60, 1, 1, minutes(50))
    assert state(enrollment) == WHOLE_STATE


def test_who_enrolls_after_all_work_is_done_begins_with_the_state_and_no_sums(carla, taken):
    enrollment = enrolled(carla, taken, at=minutes(91))
    work(enrollment.record)
    assert sums(enrollment) == (0, 0, 0, None)
    assert state(enrollment) == WHOLE_STATE


def test_the_first_and_last_moment_of_a_window_belong_to_it(carla, taken):
    enrollment = enrolled(carla, taken, at=minutes(50), **left(90))
    work(enrollment.record)
    assert sums(enrollment) == (40 * 60, 2, 1, minutes(90))


def test_seconds_are_rounded_once_over_all_spans(carla, taken):
    """Three spans of 0.4 s each are 1.2 s: one second, not none."""
    enrollment = enrolled(carla, taken)
    for hour in range(3):
        tell(
            fact(enrollment.record, 120 * hour),
            fact(enrollment.record, minutes(120 * hour + 0.4 / 60)),
        )
    assert sums(enrollment)[0] == 1


def test_enrolling_again_opens_one_window_over_the_time_between(carla, taken):
    first = enrolled(carla, taken, **left(10))
    again = enrolled(carla, taken, at=minutes(80))
    work(again.record)
    assert sums(first) == sums(again) == (90 * 60, 3, 1, minutes(90))
    carla.refresh_from_db()
    assert (carla.enrollments, carla.current_enrollments, carla.completions) == (2, 0, 1)


def test_two_programs_of_one_organization_carry_the_same_figures(carla, taken, other_program, contract):
    second = learner(other_program, contract, user=carla.person.user)
    here, there = enrolled(carla, taken, at=minutes(55)), enrolled(second, taken, at=minutes(70), **left(80))
    work(here.record)
    assert sums(here) == sums(there) == (35 * 60, 2, 1, minutes(90))
    assert state(here) == state(there) == WHOLE_STATE
    for membership in (carla, second):
        membership.refresh_from_db()
        assert (membership.enrollments, membership.completions) == (1, 1)


def test_each_organization_sees_its_own_window_and_the_whole_state(carla, taken, globex):
    abroad = learner(
        ProgramFactory(organization=globex), ContractFactory(organization=globex), user=carla.person.user
    )
    here, there = enrolled(carla, taken, **left(55)), enrolled(abroad, taken, at=minutes(55))
    work(here.record)
    assert sums(here) == (55 * 60, 1, 1, minutes(50))
    assert sums(there) == (35 * 60, 2, 1, minutes(90))
    assert state(here) == state(there) == WHOLE_STATE


def test_another_persons_work_in_the_course_changes_nothing(carla, taken):
    enrollment = enrolled(carla, taken)
    work(record_of(UserFactory(), taken))
    assert sums(enrollment) == (0, 0, 0, None)
    assert state(enrollment) == (0, None, None, None)


def test_an_event_in_another_course_takes_its_time_from_the_one_that_went_before(carla, taken):
    """Told later, it splits a stretch that was already counted for the first course."""
    first = enrolled(carla, taken)
    second = enrolled(carla, taught((READING,)))
    tell(fact(first.record, 0), fact(first.record, 50))
    assert sums(first)[0] == 50 * 60
    tell(fact(second.record, 20))
    assert (sums(first)[0], sums(second)[0]) == (20 * 60, 30 * 60)
