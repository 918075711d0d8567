"""Learning time: what sessions are, whose time a gap is, and that no order of arrival changes it."""

from datetime import timedelta
from itertools import groupby
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learners.learning import time
from learners.models import Activity, LearningSpan
from orgs.models import User
from tests.coursework import course
from tests.factories import UserFactory
from tests.learners.taking import fact, minutes, record_of, tell

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(minutes=60)


@pytest.fixture
def courses(db):
    return [course(title) for title in ("Algebra", "Biology", "Chemistry")]


def spans(user):
    """(course, start, end, whether a session begins) in order."""
    rows = LearningSpan.objects.filter(user=user).order_by("started_at", "course_id")
    return list(rows.values_list("course_id", "started_at", "ended_at", "opens_session"))


def learn(user, *events, **fields):
    """Record opening these courses at these moments."""
    return tell(*(fact(record_of(user, where), at, **fields) for where, at in events))


def test_a_gap_of_exactly_60_minutes_is_learning(carol, courses):
    algebra = courses[0]
    learn(carol, (algebra, 0), (algebra, 60))
    assert spans(carol) == [(algebra.pk, minutes(0), minutes(60), True)]


def test_a_microsecond_more_begins_another_session(carol, courses):
    algebra = courses[0]
    late = minutes(60) + MICROSECOND
    learn(carol, (algebra, 0), (algebra, late))
    assert spans(carol) == [
        (algebra.pk, minutes(0), minutes(0), True),
        (algebra.pk, late, late, True),
    ]


def test_a_lone_event_takes_no_time(carol, courses):
    learn(carol, (courses[0], 5))
    assert spans(carol) == [(courses[0].pk, minutes(5), minutes(5), True)]


def test_a_gap_belongs_to_the_course_of_its_earlier_event(carol, courses):
    algebra, biology, _chemistry = courses
    learn(carol, (algebra, 0), (algebra, 10), (biology, 30), (algebra, 45), (biology, 200))
    assert spans(carol) == [
        (algebra.pk, minutes(0), minutes(30), True),
        (biology.pk, minutes(30), minutes(45), False),
        (algebra.pk, minutes(45), minutes(45), False),
        (biology.pk, minutes(200), minutes(200), True),
    ]


def test_events_of_one_moment_follow_in_the_order_of_their_courses(carol, courses):
    algebra, biology, _chemistry = courses
    learn(carol, (biology, 10), (algebra, 20), (algebra, 10))
    assert spans(carol) == [
        (algebra.pk, minutes(10), minutes(10), True),
        (biology.pk, minutes(10), minutes(20), False),
        (algebra.pk, minutes(20), minutes(20), False),
    ]


def test_a_late_event_joins_two_sessions_and_touches_no_other(carol, courses):
    algebra, biology, _chemistry = courses
    learn(carol, (algebra, 0), (algebra, 20), (biology, 110), (biology, 120), (algebra, 400), (algebra, 410))
    before = dict(LearningSpan.objects.values_list("started_at", "id"))
    learn(carol, (algebra, 65))
    assert spans(carol) == [
        (algebra.pk, minutes(0), minutes(110), True),
        (biology.pk, minutes(110), minutes(120), False),
        (algebra.pk, minutes(400), minutes(410), True),
    ]
    assert dict(LearningSpan.objects.values_list("started_at", "id")) == before


def test_a_late_event_of_another_course_splits_a_span(carol, courses):
    algebra, biology, _chemistry = courses
    learn(carol, (algebra, 0), (algebra, 40))
    learn(carol, (biology, 15))
    assert spans(carol) == [
        (algebra.pk, minutes(0), minutes(15), True),
        (biology.pk, minutes(15), minutes(40), False),
        (algebra.pk, minutes(40), minutes(40), False),
    ]


def test_an_earlier_event_of_the_same_moment_takes_the_beginning_of_a_session(carol, courses):
    algebra, biology, _chemistry = courses
    learn(carol, (biology, 10), (biology, 20))
    learn(carol, (algebra, 10), (algebra, 5))
    assert spans(carol) == [
        (algebra.pk, minutes(5), minutes(10), True),
        (biology.pk, minutes(10), minutes(20), False),
    ]


def test_the_same_event_counts_once(carol, courses):
    algebra = courses[0]
    event = UUID(int=7)
    first = learn(carol, (algebra, 0), event_id=event)
    again = learn(carol, (algebra, 0), (algebra, 0), event_id=event)
    assert (first.new, first.known, again.new, again.known) == (1, 0, 0, 2)
    assert Activity.objects.count() == 1


def test_other_learners_are_left_alone(carol, courses):
    other = UserFactory()
    learn(other, (courses[0], 0), (courses[0], 30))
    learn(carol, (courses[0], 10))
    assert spans(other) == [(courses[0].pk, minutes(0), minutes(30), True)]


# --- every order, against the definition ----------------------------------------------------------


def told(events):
    """The definition, word by word: sessions, then what each gap adds to the span of its earlier event."""
    found = []
    for _user, rows in groupby(sorted(events), key=lambda event: event[0]):
        before = None
        for user, at, where in rows:
            opens = before is None or at - before > HOUR
            if not opens:
                found[-1][3] = at
            if opens or found[-1][1] != where:
                found.append([user, where, at, at, opens])
            before = at
    return [tuple(row) for row in found]


def stored(users):
    rows = LearningSpan.objects.filter(user__in=users).order_by("user_id", "started_at", "course_id")
    return list(rows.values_list("user_id", "course_id", "started_at", "ended_at", "opens_session"))


# Close together or about an hour apart, to the microsecond, so that sessions join and part.
MOMENTS = st.builds(
    lambda hours, off, ticks: minutes(60 * hours + off) + ticks * MICROSECOND,
    st.integers(0, 12),
    st.sampled_from([0, 0, 1, 20, 59]),
    st.integers(-1, 1),
)
EVENTS = st.lists(st.tuples(st.integers(0, 1), MOMENTS, st.integers(0, 2)), min_size=1, max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), events=EVENTS)
def test_in_whatever_order_and_batches_events_come_the_time_is_the_same(courses, data, events):
    users = User.objects.bulk_create(User(email=f"{User.objects.count()}-{n}@x.example") for n in range(2))
    arrived = data.draw(st.permutations(list(enumerate(events))))
    batches = data.draw(st.lists(st.integers(0, 3), min_size=len(arrived), max_size=len(arrived)))
    for batch in range(4):
        part = [event for event, its in zip(arrived, batches, strict=True) if its <= batch]
        # What came in an earlier batch comes again.
        tell(
            *(
                fact(record_of(users[who], courses[where]), at, event_id=UUID(int=users[0].pk * 1000 + place))
                for place, (who, at, where) in part
            )
        )
    expected = told((users[who].pk, at, courses[where].pk) for who, at, where in events)
    assert stored(users) == expected

    rows = set(LearningSpan.objects.values_list("id", flat=True))
    time.rebuild(low=users[0].pk, high=users[1].pk)
    assert (stored(users), set(LearningSpan.objects.values_list("id", flat=True))) == (expected, rows)

    with connection.cursor() as cursor:
        cursor.execute("delete from learners_learningspan where id % 2 = 0")
        cursor.execute("update learners_learningspan set ended_at = ended_at + interval '1 second'")
    time.rebuild(low=users[0].pk, high=users[1].pk)
    assert stored(users) == expected
