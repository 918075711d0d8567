"""Enrolling: who may, what it costs, and that the last credit is taken once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Course, CourseSession
from learners.learning.actions import enrollments
from learners.models import CourseRecord, Enrollment, LicenceLedger, Membership, Person
from orgs.errors import ActionError
from orgs.models import AuditEvent, User
from programs.models import Contract
from tests.coursework import course, offer, specialization
from tests.factories import ContractFactory, MembershipFactory, PersonFactory, ProgramFactory
from tests.learners.places import figures_agree, member
from tests.learners.seats import ledger, taken

THREADS = 24


@pytest.fixture
def credits(acme):
    """Three course enrollments."""
    return ContractFactory(organization=acme, name="Credits", kind=Contract.Kind.ENROLLMENTS, quantity=3)


@pytest.fixture
def writing(db):
    return course("Writing Well")


@pytest.fixture
def speaking(db):
    return course("Speaking Up")


@pytest.fixture
def start(program, writing, speaking):
    """The program's one collection."""
    return offer(program, writing, speaking)


def enroll(membership, what, **more) -> Enrollment:
    return enrollments.enroll(membership=membership, course=what, by=membership.person.user, **more)


def refused(membership, what, **more) -> str:
    before = Enrollment.objects.count(), CourseRecord.objects.count(), LicenceLedger.objects.count()
    with pytest.raises(ActionError) as refusal:
        enroll(membership, what, **more)
    assert (
        Enrollment.objects.count(),
        CourseRecord.objects.count(),
        LicenceLedger.objects.count(),
    ) == before
    return refusal.value.code


# --- What it does -------------------------------------------------------------------------------
def test_enrolling_takes_a_credit_and_a_line_in_the_ledger(carol, program, credits, start, writing):
    mine = member(carol, program, credits)

    row = enroll(mine, writing, collection=start)

    assert (row.organization, row.program, row.membership, row.contract) == (
        program.organization,
        program,
        mine,
        credits,
    )
    assert (row.collection, row.source, row.session) == (start, "Start here", None)
    assert (row.record.user, row.record.course, row.record.version) == (carol, writing, writing.version)
    assert (row.left_at, row.completed_at, row.class_start_at) == (None, None, row.enrolled_at)
    assert taken(credits) == ledger(credits) == 1
    line = LicenceLedger.objects.get()
    assert (line.membership, line.delta, line.reason) == (mine, 1, "enrolled")
    mine.refresh_from_db()
    assert (mine.enrollments, mine.current_enrollments, mine.completions) == (1, 1, 0)
    assert mine.last_activity_at == row.enrolled_at
    assert figures_agree()


@pytest.mark.parametrize("kind", ["seats", "unlimited"])
def test_where_members_are_paid_for_their_courses_are_not(carol, acme, program, start, writing, kind):
    contract = ContractFactory(organization=acme, kind=kind, quantity=1 if kind == "seats" else None)
    mine = member(carol, program, contract)

    assert enroll(mine, writing).contract == contract

    assert taken(contract) == ledger(contract) == 1
    assert list(LicenceLedger.objects.values_list("reason", flat=True)) == ["joined"]
    assert figures_agree()


def test_found_by_search_an_enrollment_names_no_collection(carol, program, contract, start, writing):
    row = enroll(member(carol, program, contract), writing)

    assert (row.collection, row.source) == (None, "")


def test_a_class_begins_on_its_day_and_later_than_the_enrollment(carol, program, contract, start, writing):
    monday = timezone.now() + timedelta(days=5)
    session = CourseSession.objects.create(
        course=writing, starts_at=monday, ends_at=monday + timedelta(days=30)
    )

    row = enroll(member(carol, program, contract), writing, session=session)

    assert (row.session, row.class_start_at) == (session, monday)
    assert row.enrolled_at < monday


def test_work_done_before_in_another_program_is_there_at_once_in_the_version_it_began_with(
    carol, program, other_program, contract, start, writing
):
    offer(other_program, writing)
    first = enroll(member(carol, program, contract), writing)
    began_with = writing.version
    Course.objects.filter(pk=writing.pk).update(version=writing.versions.create(number=2))
    CourseRecord.objects.update(
        progress=40, reported_progress=40, reported_at=timezone.now(), reported_result="passing"
    )

    second = enroll(member(carol, other_program, contract), Course.objects.get(pk=writing.pk))

    assert CourseRecord.objects.get() == first.record == second.record
    assert (second.record.version, second.progress) == (began_with, 40)


def test_a_learners_own_doing_is_no_administrative_act_but_what_others_do_for_them_is(
    carol, alice, program, contract, start, writing, speaking
):
    mine = member(carol, program, contract)
    enroll(mine, writing)
    enrollments.enroll(membership=mine, course=speaking, by=alice)

    event = AuditEvent.objects.get(verb="enrollment.created")
    assert (event.actor, event.program_id, event.target_id) == (alice, program.pk, mine.pk)
    assert event.after == {"course": "Speaking Up"}


# --- Refusals -----------------------------------------------------------------------------------
def test_only_members_enroll(carol, acme, program, contract, start, writing):
    person = PersonFactory(organization=acme, user=carol)
    invited = MembershipFactory(program=program, person=person, contract=contract)
    assert refused(invited, writing) == "not_a_member"
    Membership.objects.update(state="removed", removed_at=timezone.now())
    assert refused(invited, writing) == "not_a_member"


def test_nobody_enrolls_in_a_removed_program(carol, program, contract, start, writing):
    mine = member(carol, program, contract)
    program.state = "removed"
    program.save()
    assert refused(mine, writing) == "program_removed"


def test_a_course_must_be_in_the_programs_own_catalog(
    carol, program, other_program, contract, start, speaking
):
    negotiating = course("Negotiating")
    offer(other_program, negotiating)
    assert refused(member(carol, program, contract), negotiating) == "not_in_catalog"


def test_a_course_of_a_specialization_in_the_catalog_is_in_it(carol, program, contract):
    negotiating = course("Negotiating")
    collection = offer(program, specialization(negotiating))
    row = enroll(member(carol, program, contract), negotiating, collection=collection)
    assert row.source == "Start here"


def test_a_course_that_is_withdrawn_or_empty_is_refused(carol, program, contract, start, writing, speaking):
    Course.objects.filter(pk=writing.pk).update(is_offered=False)
    Course.objects.filter(pk=speaking.pk).update(version=None)
    mine = member(carol, program, contract)
    assert (refused(mine, writing), refused(mine, speaking)) == ("not_offered", "no_content")


def test_nobody_is_enrolled_twice_and_who_completed_is_told_so(carol, program, contract, start, writing):
    mine = member(carol, program, contract)
    enroll(mine, writing)
    assert refused(mine, writing) == "already_enrolled"
    Enrollment.objects.update(completed_at=timezone.now())
    assert refused(mine, writing) == "already_completed"


def test_a_class_that_is_over_or_of_another_course_is_refused(
    carol, program, contract, start, writing, speaking
):
    past = timezone.now() - timedelta(days=60)
    over = CourseSession.objects.create(course=writing, starts_at=past, ends_at=past + timedelta(days=30))
    other = CourseSession.objects.create(course=speaking, starts_at=past)
    mine = member(carol, program, contract)
    assert refused(mine, writing, session=over) == "session_over"
    assert refused(mine, writing, session=other) == "session_over"


@pytest.mark.parametrize("kind", Contract.Kind.values)
def test_outside_its_dates_no_contract_takes_an_enrollment(
    carol, acme, program, start, writing, kind, time_machine
):
    quantity = None if kind == "unlimited" else 5
    contract = ContractFactory(
        organization=acme,
        kind=kind,
        quantity=quantity,
        starts_on=date(2026, 6, 1),
        ends_on=date(2026, 6, 30),
    )
    time_machine.move_to("2026-06-10T12:00Z", tick=False)
    mine = member(carol, program, contract)

    time_machine.move_to("2026-05-31T21:59Z", tick=False)
    assert refused(mine, writing) == "not_started"
    time_machine.move_to("2026-06-30T22:01Z", tick=False)
    assert refused(mine, writing) == "ended"
    time_machine.move_to("2026-06-30T21:59Z", tick=False)
    assert enroll(mine, writing).contract == contract


def test_the_limit_counts_current_and_completed_courses_and_says_its_number(carol, program, contract):
    program.enrollment_limit = 2
    program.save()
    courses = [course(f"Course {n}") for n in range(4)]
    offer(program, *courses)
    mine = member(carol, program, contract)
    enrollments.leave(enrollment=enroll(mine, courses[0]), by=carol)
    done = enroll(mine, courses[1])
    CourseRecord.objects.filter(pk=done.record_id).update(
        reported_completed_at=timezone.now(), completed_at=timezone.now()
    )
    Enrollment.objects.filter(pk=done.pk).update(completed_at=timezone.now())
    enroll(mine, courses[2])

    with pytest.raises(ActionError) as refusal:
        enroll(mine, courses[3])

    assert refusal.value.code == "limit"
    assert refusal.value.text == (
        "English for Work allows 2 courses for each learner, completed ones included, and you have reached "
        "that."
    )


def test_without_a_credit_nobody_enrolls_and_nobody_is_remembered(carol, acme, program, start, writing):
    contract = ContractFactory(organization=acme, kind="enrollments", quantity=2, taken=2)
    mine = member(carol, program, contract)
    assert refused(mine, writing) == "no_credits"
    assert taken(contract) == 2


def test_what_belongs_to_another_organization_is_refused(carol, program, contract, start, writing, globex):
    foreign = offer(ProgramFactory(organization=globex), writing, name="Globex only")
    mine = member(carol, program, contract)
    assert refused(mine, writing, collection=foreign) == "other_organization"
    forged = Membership.objects.get(pk=mine.pk)
    forged.organization = globex
    assert refused(forged, writing) == "other_organization"


def test_a_collection_of_another_program_or_without_the_course_is_refused(
    carol, program, other_program, contract, start, writing, speaking
):
    elsewhere = offer(other_program, writing)
    without = offer(program, course("Negotiating"), name="Without")
    mine = member(carol, program, contract)
    assert refused(mine, writing, collection=elsewhere) == "not_in_catalog"
    assert refused(mine, writing, collection=without) == "not_in_catalog"


# --- At once ------------------------------------------------------------------------------------
def members(program, contract, count) -> list[Membership]:
    users = User.objects.bulk_create(
        User(email=f"p{n}@acme.example", name=f"P {n}", password="!") for n in range(count)
    )
    people = Person.objects.bulk_create(
        PersonFactory.build(organization=program.organization, email=user.email, name=user.name, user=user)
        for user in users
    )
    now = timezone.now()
    return Membership.objects.bulk_create(
        Membership(
            organization=program.organization,
            program=program,
            person=person,
            contract=contract,
            state="member",
            sort_name=person.sort_name,
            joined_at=now,
            last_activity_at=now,
        )
        for person in people
    )


def at_once(attempts) -> list[str]:
    """Let all these (membership, course) enroll at once; what each heard, in order."""
    heard = [""] * len(attempts)
    turns = iter(range(len(attempts)))
    start = Barrier(min(THREADS, len(attempts)))

    def work(_thread):
        start.wait()
        try:
            for turn in turns:
                membership, what = attempts[turn]
                try:
                    enrollments.enroll(membership=membership, course=what, by=None)
                    heard[turn] = "enrolled"
                except ActionError as refusal:
                    heard[turn] = refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(start.parties) as pool:
        list(pool.map(work, range(start.parties)))
    return heard


@pytest.mark.django_db(transaction=True)
def test_200_people_at_once_take_the_last_credit_once(acme, program, start, writing):
    contract = ContractFactory(organization=acme, kind="enrollments", quantity=1)
    everyone = members(program, contract, 200)
    random.Random(7).shuffle(everyone)

    heard = at_once([(membership, writing) for membership in everyone])

    assert (heard.count("enrolled"), heard.count("no_credits")) == (1, 199)
    assert taken(contract) == ledger(contract) == Enrollment.objects.count() == 1
    assert CourseRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_many_times_at_once_is_enrolled_once_for_one_credit(program, credits, start, writing):
    (mine,) = members(program, credits, 1)

    heard = at_once([(mine, writing)] * 12)

    assert sorted(set(heard)) == ["already_enrolled", "enrolled"]
    assert heard.count("enrolled") == 1
    assert taken(credits) == ledger(credits) == Enrollment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_though_many_courses_are_tried_at_once(program, contract):
    program.enrollment_limit = 3
    program.save()
    courses = [course(f"Course {n}") for n in range(12)]
    offer(program, *courses)
    (mine,) = members(program, contract, 1)

    heard = at_once([(mine, one) for one in courses])

    assert (heard.count("enrolled"), heard.count("limit")) == (3, 9)
    mine.refresh_from_db()
    assert mine.enrollments == mine.current_enrollments == Enrollment.objects.count() == 3
