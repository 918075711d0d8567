"""What becomes of places in courses that are left, whose member is removed, and who returns."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from learners.learning.actions import enrollments
from learners.models import CourseRecord, Enrollment, Membership, Person, ProgramRemoval
from learners.people.actions import accounts, joining, memberships, programs
from learners.people.actions.joining import Outcome
from learners.people.tasks import remove_program
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, User
from programs.models import Contract
from tests.coursework import course, offer, specialization
from tests.factories import ContractFactory
from tests.learners.places import figures_agree, member
from tests.learners.seats import invite, ledger, taken


@pytest.fixture
def credits(acme):
    """Three course enrollments."""
    return ContractFactory(organization=acme, name="Credits", kind=Contract.Kind.ENROLLMENTS, quantity=3)


@pytest.fixture
def writing(program):
    made = course("Writing Well")
    offer(program, made)
    return made


@pytest.fixture
def speaking(program):
    made = course("Speaking Up")
    offer(program, made, name="Further")
    return made


def enroll(membership, what):
    return enrollments.enroll(membership=membership, course=what, by=membership.person.user)


def places(membership):
    rows = Enrollment.objects.filter(membership=membership).order_by("pk")
    return list(rows.values_list("course__title", "left_reason"))


def counters(membership):
    membership.refresh_from_db()
    return membership.enrollments, membership.current_enrollments


def test_leaving_spends_the_credit_and_coming_back_costs_another(carol, program, credits, writing):
    mine = member(carol, program, credits)
    first = enrollments.leave(enrollment=enroll(mine, writing), by=carol)
    assert (first.left_reason, counters(mine), taken(credits)) == ("course", (1, 0), 1)

    again = enroll(mine, writing)

    assert again.pk != first.pk
    assert again.record == first.record
    assert (counters(mine), taken(credits), ledger(credits)) == ((2, 1), 2, 2)
    with pytest.raises(ActionError) as refusal:
        enrollments.leave(enrollment=first, by=carol)
    assert refusal.value.code == "left"
    assert figures_agree()


def test_who_is_removed_and_returns_finds_what_they_did_not_leave_without_a_new_credit(
    carol, alice, program, credits, writing, speaking
):
    mine = member(carol, program, credits)
    enrollments.leave(enrollment=enroll(mine, speaking), by=carol)
    enroll(mine, writing)

    memberships.remove(memberships=[Membership.objects.get(pk=mine.pk)], allow_return=True, by=alice)
    assert places(mine) == [("Speaking Up", "course"), ("Writing Well", "program")]
    assert Enrollment.objects.get(course=writing).left_at == Membership.objects.get(pk=mine.pk).removed_at
    assert counters(mine) == (2, 0)
    assert figures_agree()

    assert joining.enter(program=program, user=carol, by=carol).outcome == Outcome.JOINED
    assert places(mine) == [("Speaking Up", "course"), ("Writing Well", "")]
    assert (counters(mine), taken(credits), ledger(credits)) == ((2, 1), 2, 2)
    assert figures_agree()


def test_a_deleted_account_leaves_its_courses_and_its_work_stays_nameless(carol, program, contract, writing):
    mine = member(carol, program, contract)
    enroll(mine, writing)

    accounts.erase(user=carol, by=carol)

    assert places(mine) == [("Writing Well", "program")]
    record = CourseRecord.objects.get()
    assert (record.user.pk, record.user.name, record.user.is_active) == (
        carol.pk,
        f"Erased person {carol.pk}",
        False,
    )
    assert Person.objects.get().user is None
    assert User.objects.filter(email="carol@acme.example").count() == 0


def test_two_places_of_one_person_merge_and_the_later_of_two_in_one_course_is_left(
    private, carol, program, credits, writing, speaking
):
    older = member(private, program, credits, email="c.c@acme.example")
    younger = member(carol, program, credits)
    for mine in (older, younger):
        enroll(mine, writing)
    enroll(younger, speaking)
    # Two accounts with coursework are never connected; the work is one's from here on.
    Enrollment.objects.filter(membership=older).update(
        record=CourseRecord.objects.get(user=carol, course=writing)
    )
    CourseRecord.objects.filter(user=private).delete()

    accounts.connect(one=private, other=carol, by=carol)

    mine = Membership.objects.get()
    assert places(mine) == [("Writing Well", ""), ("Writing Well", "course"), ("Speaking Up", "")]
    assert (counters(mine), taken(credits), ledger(credits)) == ((3, 2), 3, 3)
    assert figures_agree()


# --- Removing a program -------------------------------------------------------------------------
def test_a_removed_program_gives_back_seats_drops_courses_to_audit_and_tells_its_members(
    carol, alice, program, contract, writing
):
    mine = member(carol, program, contract)
    enroll(mine, writing)
    invited = invite(program, contract, "Ina")

    job = programs.remove_program(program=program, by=alice)
    remove_program(job.pk)

    program.refresh_from_db()
    job.refresh_from_db()
    assert (program.state, job.state, job.total, job.done) == ("removed", "done", 2, 2)
    states = Membership.objects.values_list("state", "allow_return")
    assert list(states) == [("removed", False)] * 2
    assert places(mine) == [("Writing Well", "closed")]
    assert (taken(contract), ledger(contract)) == (0, 0)
    told = OutboundEmail.objects.filter(kind__in=["program_removed", "program_exit"])
    assert list(told.values_list("kind", "recipient")) == [("program_removed", "carol@acme.example")]
    event = AuditEvent.objects.get(verb="program.removed")
    assert (event.actor, event.after) == (alice, {"state": "removed", "members": 1, "invitations": 1})
    result = joining.join(program=program, person=invited.person, user=alice, contract=contract, by=alice)
    assert result.outcome == Outcome.PROGRAM_REMOVED
    assert programs.remove_program(program=program, by=alice) == job
    assert AuditEvent.objects.filter(verb="program.removed").count() == 1
    assert figures_agree()


def test_an_operator_names_the_program_twice(carol, acme, program, contract, capsys):
    member(carol, program, contract)
    with pytest.raises(CommandError, match="1 members lose their place and 0 invitations become void"):
        call_command("remove_program", "english", organization="acme")
    assert ProgramRemoval.objects.count() == 0

    call_command("remove_program", "english", organization="acme", yes="english")
    call_command("remove_program", "english", organization="acme", yes="english")

    assert Membership.objects.get().state == "removed"
    said = capsys.readouterr().out
    assert "Removed the program English for Work of Acme." in said
    assert "was removed already." in said


# --- Specializations ----------------------------------------------------------------------------
def enter(membership, what, **more):
    return enrollments.enroll_in_specialization(
        membership=membership, specialization=what, by=membership.person.user, **more
    )


@pytest.fixture
def words(program):
    made = specialization(course("One"), course("Two"), course("Three"))
    return made, offer(program, made, name="Words")


def test_a_specialization_costs_nothing_itself_and_begins_with_its_first_course(
    carol, program, credits, words
):
    mine = member(carol, program, credits)
    place = enter(mine, words[0], collection=words[1])
    assert (place.contract, place.source, place.courses_completed) == (credits, "Words", 0)
    assert places(mine) == [("One", "")]
    assert taken(credits) == 1
    assert Enrollment.objects.get().source == "Words"

    place = enrollments.leave_specialization(enrollment=place, by=carol)
    assert (place.left_reason, places(mine)) == ("course", [("One", "")])
    assert figures_agree()


def test_a_course_completed_before_counts_and_the_next_one_is_begun(carol, program, credits, words):
    first, second, _third = words[0].courses.order_by("parts__position")
    now = timezone.now()
    CourseRecord.objects.create(
        user=carol, course=first, version=first.version, reported_completed_at=now, completed_at=now
    )
    mine = member(carol, program, credits)
    place = enter(mine, words[0])
    assert (place.courses_completed, place.completed_at) == (1, None)
    assert places(mine) == [(second.title, "")]


def test_without_a_credit_for_its_first_course_the_specialization_is_refused_too(carol, acme, program, words):
    full = ContractFactory(organization=acme, kind="enrollments", quantity=1, taken=1)
    mine = member(carol, program, full)
    with pytest.raises(ActionError) as refusal:
        enter(mine, words[0])
    assert refusal.value.code == "no_credits"
    assert mine.specializationenrollment_rows.count() == 0
