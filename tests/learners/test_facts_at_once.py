"""Facts that come in at the same time, in whatever order, lose nothing and count once."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from learners.learning import figures
from learners.models import Activity, Attempt, CourseRecord, Enrollment, ItemProgress, LearningSpan
from tests.coursework import specialization
from tests.factories import ContractFactory, ProgramFactory
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
from tests.learners.test_reconciling_learning import figures as stored


@pytest.fixture
def records(program, other_program, contract, globex):
    """Two learners of two courses, in two programs and, the first, in another organization."""
    courses = [taught((VIDEO, READING), (GRADED, PRACTICE)), taught((VIDEO,), (READING,))]
    path = specialization(*courses)
    found = []
    for _ in range(2):
        membership = learner(program, contract)
        user = membership.person.user
        found += [enrolled(membership, course).record for course in courses]
        enrolled(learner(other_program, contract, user=user), courses[0], at=minutes(30))
        membership.specializationenrollment_rows.create(
            organization=membership.organization,
            program=program,
            contract=contract,
            specialization=path,
        )
    abroad = learner(
        ProgramFactory(organization=globex), ContractFactory(organization=globex), user=found[0].user
    )
    enrolled(abroad, courses[0], at=minutes(45), left_at=minutes(200), left_reason="course")
    return found


def at_once(*batches):
    """Record each batch in a thread of its own, all at the same moment; what each heard."""
    start = Barrier(len(batches))

    def work(batch):
        try:
            start.wait()
            return tell(*batch)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(work, batches))


@pytest.mark.django_db(transaction=True)
def test_what_threads_record_for_one_learner_at_once_is_all_there(records):
    record = records[0]
    at_once(*([fact(record, 5 * turn + place, "i3", score=turn) for place in range(5)] for turn in range(6)))
    assert (Activity.objects.count(), Attempt.objects.count()) == (30, 30)
    quiz = ItemProgress.objects.get()
    assert (quiz.attempts, quiz.best_score, quiz.started_at) == (30, 5, minutes(0))
    span = LearningSpan.objects.get()
    assert (span.started_at, span.ended_at) == (minutes(0), minutes(29))
    assert Enrollment.objects.get(record=record, enrolled_at=minutes(0)).seconds == 29 * 60


@pytest.mark.django_db(transaction=True)
def test_batches_with_the_same_learners_in_opposite_order_wait_for_each_other(records):
    for turn in range(5):
        batch = [fact(record, 100 * turn + place, "i1") for place, record in enumerate(records)]
        later = [fact(record, 100 * turn + 10 + place, "i2") for place, record in enumerate(records[:2])]
        at_once(batch, batch[::-1], [*later, *batch[2:]], [*batch[:1:-1], *later[::-1]])
    assert Activity.objects.count() == 5 * 16
    kept = stored()
    figures.rebuild()
    assert stored() == kept


@pytest.mark.django_db(transaction=True)
def test_the_same_event_in_many_threads_counts_once(records):
    batch = [fact(record, 1, "i1", score=70, event_id=UUID(int=n)) for n, record in enumerate(records)]
    heard = at_once(*(batch[:: 1 if turn % 2 else -1] for turn in range(6)))
    assert sorted((one.new, one.known) for one in heard) == [(0, 4)] * 5 + [(4, 0)]
    assert (Activity.objects.count(), Attempt.objects.count()) == (4, 4)
    assert set(ItemProgress.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_before_the_commit_leaves_nothing(records):
    before = stored()

    def die():
        try:
            with transaction.atomic():
                tell(fact(records[0], 1, "i3", score=90))
                with connection.cursor() as cursor:
                    cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, pytest.raises(OperationalError):
        pool.submit(die).result()
    assert (stored(), Activity.objects.count(), Attempt.objects.count()) == (before, 0, 0)
    tell(fact(records[0], 1, "i3", score=90))
    assert CourseRecord.objects.get(pk=records[0].pk).grade == 90


def some_life(records, chance):
    """Sixty facts of these records, close together and far apart, with events of their own."""
    return [
        fact(
            record := chance.choice(records),
            chance.randrange(0, 600, 5),
            key := chance.choice(list(record.version.items.values_list("key", flat=True))),
            score=chance.randrange(101) if key in ("i3", "i4") and chance.random() < 0.7 else None,
            completes=chance.random() < 0.5,
            event_id=UUID(int=number + 1),
        )
        for number in range(60)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_facts_tell_the_same_in_any_order_batches_and_twice(records, seed):
    chance = random.Random(seed)
    life = some_life(records, chance)
    mixed = chance.sample(life, len(life))
    ways = [
        [life],
        [life[:30], life[30:]],
        [life[::-1]],
        [[one] for one in mixed],
        [mixed[:40], mixed[20:], life + life],
    ]
    outcomes = []
    for batches in ways:
        with transaction.atomic():
            for batch in batches:
                tell(*batch)
            outcomes.append(stored())
            transaction.set_rollback(True)
    assert outcomes[1:] == outcomes[:1] * 4
    assert len(outcomes[0]["learners_learningspan"]) > 10


def test_a_rebuild_from_nothing_tells_what_recording_told(records):
    tell(*some_life(records, random.Random(9)))
    kept = stored()
    with connection.cursor() as cursor:
        for emptied in (
            "delete from learners_itemprogress",
            "delete from learners_lessontaken",
            "delete from learners_learningspan",
            "update learners_courserecord set started_at = null, items_completed = 0, progress = 0, "
            "grade = null, completed_at = null",
            "update learners_enrollment set progress = 0, grade = null, started_at = null, "
            "completed_at = null, seconds = 0, lessons = 0, assessments = 0, last_activity_at = null",
            "update learners_specializationenrollment set courses_completed = 0, completed_at = null",
            "update learners_membership set enrollments = 0, current_enrollments = 0, completions = 0, "
            "last_completion_at = null, last_activity_at = joined_at",
        ):
            cursor.execute(emptied)
    assert stored() != kept
    figures.rebuild()
    assert stored() == kept
