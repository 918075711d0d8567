"""Enrolling many members at once, as an import tells: every answer, twice, in any order, at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Course
from learners.learning.actions import enrollments
from learners.learning.actions.bulk_enrolling import BATCH, Outcome, Row, enroll_many
from learners.learning.refusals import Refusal
from learners.models import CourseRecord, Enrollment, LicenceLedger, Membership
from orgs.models import User
from programs.models import Contract
from tests.coursework import course, offer
from tests.factories import ContractFactory, MembershipFactory, PersonFactory, ProgramFactory, UserFactory
from tests.learners.places import figures_agree, member
from tests.learners.seats import ledger, taken

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
ENROLLED, KNOWN, UPDATED = Outcome


def day(number: int) -> datetime:
    """A moment in May."""
    return datetime(2026, 5, number, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def june(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def credits(acme):
    """Three course enrollments, from the first of May to the end of June."""
    return ContractFactory(
        organization=acme,
        name="Credits",
        kind=Contract.Kind.ENROLLMENTS,
        quantity=3,
        starts_on=date(2026, 5, 1),
        ends_on=date(2026, 6, 30),
    )


@pytest.fixture
def writing(program):
    return offered(program, "Writing Well")


@pytest.fixture
def speaking(program):
    return offered(program, "Speaking Up")


@pytest.fixture
def mine(carol, program, credits):
    """Carol's membership."""
    return member(carol, program, credits)


def offered(program, title) -> Course:
    what = course(title)
    offer(program, what, name=title)
    return what


def row(membership, what, at, **more) -> Row:
    return Row(membership_id=membership.pk, course_id=what.pk, enrolled_at=at, **more)


def told(organization, *rows) -> list[Outcome | Refusal]:
    return enroll_many(organization=organization, rows=rows, by=None)


def tables() -> tuple:
    """Everything that enrolling writes, without the ids that only tell the order of writing."""
    return (
        sorted(
            Enrollment.objects.values_list(
                *("membership", "course", "contract", "source", "enrolled_at", "class_start_at"),
                *("record__user", "record__version", "progress", "seconds", "left_reason"),
            )
        ),
        sorted(map(str, Enrollment.objects.values_list("membership", "course", "enrolled_at", "left_at"))),
        sorted(CourseRecord.objects.values_list("user", "course", "version")),
        sorted(LicenceLedger.objects.values_list("contract", "membership", "delta", "reason", "at")),
        sorted(Contract.objects.values_list("pk", "taken")),
        sorted(
            Membership.objects.values_list("pk", "enrollments", "current_enrollments", "last_activity_at")
        ),
    )


# --- What it does -------------------------------------------------------------------------------
def test_a_place_is_as_of_its_moment_with_its_credit_and_its_line_in_the_ledger(acme, mine, credits, writing):
    assert told(acme, row(mine, writing, day(3), source="HR system")) == [ENROLLED]

    place = Enrollment.objects.get()
    assert (place.organization, place.program_id, place.membership, place.contract) == (
        acme,
        mine.program_id,
        mine,
        credits,
    )
    assert (place.enrolled_at, place.class_start_at, place.left_at) == (day(3), day(3), None)
    assert (place.source, place.collection, place.session) == ("HR system", None, None)
    assert (place.record.user, place.record.version) == (mine.person.user, writing.version)
    line = LicenceLedger.objects.get()
    assert (line.membership, line.delta, line.reason, line.at) == (mine, 1, "enrolled", day(3))
    assert taken(credits) == ledger(credits) == 1
    mine.refresh_from_db()
    assert (mine.enrollments, mine.current_enrollments) == (1, 1)
    assert figures_agree()


def test_a_class_begins_later_and_a_place_that_was_left_is_over(acme, mine, writing):
    assert told(acme, row(mine, writing, day(3), class_start_at=day(5), left_at=day(9))) == [ENROLLED]
    place = Enrollment.objects.get()
    assert (place.class_start_at, place.left_at, place.left_reason) == (day(5), day(9), "course")
    mine.refresh_from_db()
    assert (mine.enrollments, mine.current_enrollments) == (1, 0)
    assert figures_agree()


def test_where_members_are_paid_for_their_courses_are_not(carol, acme, program, writing):
    seats = ContractFactory(organization=acme, kind="seats", quantity=1, starts_on=date(2026, 5, 1))
    assert told(acme, row(member(carol, program, seats), writing, day(3))) == [ENROLLED]
    assert taken(seats) == ledger(seats) == 1
    assert figures_agree()


# --- What is known ------------------------------------------------------------------------------
def test_what_began_at_the_same_moment_or_is_open_is_known_and_costs_nothing(acme, mine, credits, writing):
    assert told(acme, row(mine, writing, day(3)), row(mine, writing, day(3))) == [ENROLLED, KNOWN]
    assert told(acme, row(mine, writing, day(7))) == [KNOWN]
    assert taken(credits) == ledger(credits) == Enrollment.objects.count() == 1


def test_a_known_place_that_is_open_ends_when_the_row_says_so(acme, mine, credits, writing):
    told(acme, row(mine, writing, day(3)))
    left = row(mine, writing, day(3), left_at=day(8))

    assert [told(acme, left), told(acme, left)] == [[UPDATED], [KNOWN]]

    place = Enrollment.objects.get()
    assert (place.left_at, place.left_reason) == (day(8), "course")
    mine.refresh_from_db()
    assert (mine.enrollments, mine.current_enrollments, taken(credits)) == (1, 0, 1)
    assert figures_agree()


def test_a_place_opened_and_left_by_rows_of_one_import_is_stored_as_left(acme, mine, writing):
    rows = row(mine, writing, day(3)), row(mine, writing, day(3), left_at=day(8)), row(mine, writing, day(9))
    assert told(acme, *rows) == [ENROLLED, UPDATED, ENROLLED]
    assert list(Enrollment.objects.order_by("enrolled_at").values_list("enrolled_at", "left_at")) == [
        (day(3), day(8)),
        (day(9), None),
    ]
    assert figures_agree()


def test_an_earlier_stay_is_a_place_of_its_own_though_the_later_one_came_first(acme, mine, credits, writing):
    assert told(acme, row(mine, writing, day(9))) == [ENROLLED]
    assert told(acme, row(mine, writing, day(3), left_at=day(8))) == [ENROLLED]
    assert list(Enrollment.objects.filter(left_at=None).values_list("enrolled_at", flat=True)) == [day(9)]
    assert taken(credits) == 2


# --- Refusals -----------------------------------------------------------------------------------
def test_mallorys_membership_is_no_member_here_and_stays_untouched(acme, globex, mine, writing, mallory):
    elsewhere = ProgramFactory(organization=globex)
    offer(elsewhere, writing)
    theirs = member(mallory, elsewhere, ContractFactory(organization=globex))
    before = tables()
    assert told(acme, row(theirs, writing, day(3))) == [Refusal.NOT_A_MEMBER]
    assert told(globex, row(mine, writing, day(3))) == [Refusal.NOT_A_MEMBER]
    assert tables() == before


def test_only_members_with_a_working_account_are_enrolled(carol, acme, program, credits, mine, writing):
    invited = MembershipFactory(
        program=program, person=PersonFactory(organization=acme, user=UserFactory()), contract=credits
    )
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert told(acme, row(invited, writing, day(3)), row(mine, writing, day(3))) == [Refusal.NOT_A_MEMBER] * 2
    assert Enrollment.objects.count() == CourseRecord.objects.count() == 0


def test_who_was_removed_is_accepted_only_for_what_they_left_by_then(acme, mine, writing, speaking):
    Membership.objects.update(state="removed", removed_at=day(20))
    assert told(
        acme,
        row(mine, writing, day(3)),
        row(mine, writing, day(4), left_at=day(21)),
        row(mine, speaking, day(5), left_at=day(20)),
    ) == [Refusal.NOT_A_MEMBER, Refusal.NOT_A_MEMBER, ENROLLED]


def test_a_removed_program_takes_nobody_but_knows_whom_it_had(acme, program, mine, writing, speaking):
    told(acme, row(mine, writing, day(3)))
    program.state = "removed"
    program.save()
    assert told(acme, row(mine, writing, day(3)), row(mine, speaking, day(3))) == [
        KNOWN,
        Refusal.PROGRAM_REMOVED,
    ]


def test_a_course_must_be_in_the_programs_own_catalog(acme, other_program, mine):
    assert told(acme, row(mine, offered(other_program, "Elsewhere"), day(3))) == [Refusal.NOT_IN_CATALOG]
    assert told(acme, Row(mine.pk, 0, day(3))) == [Refusal.NOT_IN_CATALOG]


def test_a_withdrawn_course_takes_the_past_and_an_empty_one_nothing(acme, mine, writing, speaking):
    Course.objects.filter(pk=writing.pk).update(is_offered=False)
    Course.objects.filter(pk=speaking.pk).update(version=None)
    rows = row(mine, writing, NOW), row(mine, speaking, day(3))
    assert told(acme, *rows) == [Refusal.NOT_OFFERED, Refusal.NO_CONTENT]
    assert told(acme, row(mine, writing, NOW - timedelta(days=1))) == [ENROLLED]


@pytest.mark.parametrize(
    ("moment", "answer"),
    [
        ("2026-04-30T21:59Z", Refusal.NOT_STARTED),
        ("2026-04-30T22:00Z", ENROLLED),
        ("2026-06-30T21:59Z", ENROLLED),
        ("2026-06-30T22:00Z", Refusal.ENDED),
    ],
)
def test_the_contracts_dates_are_days_of_the_organization(acme, mine, writing, time_machine, moment, answer):
    acme.timezone = "Europe/Stockholm"
    acme.save()
    time_machine.move_to("2026-08-01T12:00Z", tick=False)
    assert told(acme, row(mine, writing, datetime.fromisoformat(moment))) == [answer]


def test_the_limit_counts_current_and_completed_courses_of_the_earliest_first(acme, program, mine):
    program.enrollment_limit = 1
    program.save()
    one, two, three = (offered(program, f"Course {n}") for n in range(3))
    assert told(
        acme,
        row(mine, three, day(9)),
        row(mine, two, day(3), left_at=day(4)),
        row(mine, one, day(5)),
    ) == [Refusal.LIMIT, ENROLLED, ENROLLED]
    assert told(acme, row(mine, three, day(9)), row(mine, one, day(5), left_at=day(8))) == [ENROLLED, UPDATED]


def test_credits_go_to_the_earliest_and_never_beyond_what_was_bought(acme, program, mine, credits):
    courses = [offered(program, f"Course {n}") for n in range(5)]
    answers = told(acme, *(row(mine, what, day(20 - n)) for n, what in enumerate(courses)))
    assert answers == [Refusal.NO_CREDITS, Refusal.NO_CREDITS, ENROLLED, ENROLLED, ENROLLED]
    assert taken(credits) == ledger(credits) == 3
    assert figures_agree()


def test_rows_that_make_no_sense_are_refused_as_a_whole(acme, mine, writing):
    good = row(mine, writing, day(3))
    with pytest.raises(ValueError, match="left before"):
        told(acme, good, row(mine, writing, day(3), left_at=day(2)))
    with pytest.raises(ValueError, match="10000"):
        told(acme, *[good] * (BATCH + 1))
    assert told(acme) == []
    assert Enrollment.objects.count() == 0


# --- Again, in another order, at once -----------------------------------------------------------
@pytest.fixture
def import_rows(acme, program, contract, credits, writing, speaking):
    """Stays of ten members in two courses, some over, some twice, paid by two contracts."""
    Contract.objects.filter(pk=contract.pk).update(starts_on=date(2026, 5, 1), quantity=10)
    Contract.objects.filter(pk=credits.pk).update(quantity=100)
    contract.refresh_from_db()
    rows = []
    for n in range(10):
        user = UserFactory()
        one = member(user, program, credits if n % 2 else contract)
        rows += [
            row(one, writing, day(2), left_at=day(4)),
            row(one, speaking, day(1 + n)),
            row(one, writing, day(5 + n), left_at=day(25) if n % 3 else None),
        ]
    return rows


@pytest.mark.django_db
def test_twice_changes_nothing(acme, import_rows):
    assert set(told(acme, *import_rows)) == {ENROLLED}
    before = tables()
    assert set(told(acme, *import_rows)) == {KNOWN}
    assert tables() == before


def test_halves_in_either_order_give_the_same_tables(acme, import_rows):
    class Undo(Exception):
        pass

    def after(*parts):
        try:
            with transaction.atomic():
                for part in parts:
                    assert set(told(acme, *part)) == {ENROLLED}
                assert figures_agree()
                seen = tables()
                raise Undo
        except Undo:
            return seen

    early, late = import_rows[::2], import_rows[1::2]
    assert after(early, late) == after(late, early) == after(import_rows)


@pytest.mark.django_db(transaction=True)
def test_the_same_rows_at_once_are_taken_once(acme, credits, import_rows):
    start = Barrier(2)

    def work(rows):
        start.wait()
        try:
            return told(acme, *rows)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, (import_rows, import_rows[::-1]))

    assert {first[0], second[0]} == {ENROLLED, KNOWN}
    assert len(set(first)) == len(set(second)) == 1
    assert Enrollment.objects.count() == len(import_rows)
    assert taken(credits) == ledger(credits) == 15
    assert figures_agree()


@pytest.mark.django_db(transaction=True)
def test_an_import_and_a_learner_take_the_last_credit_once(acme, program, credits, mine, writing):
    Contract.objects.filter(pk=credits.pk).update(quantity=1)
    other = member(UserFactory(), program, credits)
    start = Barrier(2)

    def learner():
        start.wait()
        try:
            enrollments.enroll(membership=other, course=writing, by=None)
        except Exception as refusal:
            return getattr(refusal, "code", refusal)
        finally:
            connection.close()
        return "enrolled"

    def importing():
        start.wait()
        try:
            return told(acme, row(mine, writing, timezone.now()))[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        heard = [pool.submit(learner), pool.submit(importing)]
    assert sorted(str(one.result()) for one in heard) == ["enrolled", "no_credits"]
    assert taken(credits) == ledger(credits) == Enrollment.objects.count() == 1
