"""The coursework of the demo: its figures recounted in plain Python, its contracts, its believability."""

import io
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q

from config.demo import building
from learners.learning import figures
from learners.models import (
    Activity,
    Attempt,
    CourseRecord,
    Enrollment,
    LicenceLedger,
    Membership,
    SpecializationEnrollment,
)
from orgs.models import User
from programs.models import Contract, Program
from tests.config import recounting

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module", autouse=True)
def demo(django_db_setup, django_db_blocker):
    """Made once for all tests here, which only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield building.build(size="small", seed=1, today=TODAY)
        transaction.set_rollback(True)


def stored(model, *fields, **filters):
    return {row[0]: row[1:] for row in model.objects.filter(**filters).values_list("id", *fields)}


def test_every_enrollment_says_what_plain_python_makes_of_the_facts():
    fields = ("progress", "grade", "started_at", "completed_at", "verified_at")
    sums = ("seconds", "lessons", "assessments", "last_activity_at")
    found = stored(Enrollment, *fields, *sums)
    assert len(found) > 800
    assert found == recounting.enrollments()


def test_every_membership_counts_what_plain_python_counts():
    counters = ("enrollments", "current_enrollments", "completions", "last_completion_at", "last_activity_at")
    found = stored(Membership, *counters, joined_at__isnull=False)
    assert len(found) > 900
    assert found == recounting.memberships()


def test_every_specialization_counts_its_completed_courses():
    found = stored(SpecializationEnrollment, "courses_completed", "completed_at")
    assert len(found) > 50
    assert found == recounting.specializations()


def test_credits_taken_are_charged_once_for_each_enrollment_and_never_too_many():
    for contract in Contract.objects.filter(kind="enrollments"):
        lines = list(LicenceLedger.objects.filter(contract=contract).values_list("delta", "reason"))
        assert lines == [(1, "enrolled")] * contract.taken
        assert Enrollment.objects.filter(contract=contract).count() == contract.taken <= contract.quantity
    charged = Contract.objects.filter(kind="enrollments", taken__gt=0).order_by("starts_on")
    assert [contract.name for contract in charged] == ["Cloud & Security 2025", "Cloud & Security 2026"]


def test_nobody_enrolls_before_joining_outside_a_contract_or_past_the_limit():
    for enrollment in Enrollment.objects.select_related("membership", "contract__organization"):
        membership, contract = enrollment.membership, enrollment.contract
        day = enrollment.enrolled_at.astimezone(contract.organization.zone).date()
        assert membership.joined_at < enrollment.enrolled_at
        assert contract.starts_on <= day <= contract.ends_on
        assert day < TODAY
        if membership.state == "removed":
            assert enrollment.enrolled_at < enrollment.left_at <= membership.removed_at
    for program in Program.objects.exclude(enrollment_limit=None):
        most = Membership.objects.filter(program=program).order_by("-enrollments").first()
        assert 0 < most.enrollments <= program.enrollment_limit


def test_work_ends_with_the_membership_and_attempts_with_those_allowed():
    only = CourseRecord.objects.annotate(
        places=Count("enrollments"), ended=Count("enrollments", filter=Q(enrollments__left_reason="program"))
    )
    removed = only.filter(places=1, ended=1, started_at__isnull=False)
    assert removed.count() > 5
    for record in removed:
        left = record.enrollments.get().left_at
        assert Activity.objects.filter(user=record.user, course=record.course).latest("at").at < left
    over = Attempt.objects.values("record", "item").annotate(tries=Count("id"))
    assert not over.filter(tries__gt=F("item__assessment__attempts")).exists()
    assert over.filter(tries__gt=1).count() > 100


def test_its_figures_are_those_of_a_company():
    joined = Membership.objects.filter(joined_at__isnull=False)
    enrolled = joined.filter(enrollments__gt=0)
    assert 0.5 < enrolled.count() / joined.count() < 0.68
    assert 0.25 < enrolled.filter(completions__gt=0).count() / enrolled.count() < 0.42
    assert Enrollment.objects.filter(left_reason="course").count() > 20
    assert Enrollment.objects.filter(source="").count() > 100
    assert CourseRecord.objects.filter(started_at=None).count() > 50
    weekend = Activity.objects.filter(at__iso_week_day__in=[6, 7]).count()
    assert 0.03 < weekend / Activity.objects.count() < 0.12
    years = set(Activity.objects.values_list("at__year", flat=True))
    assert {2024, 2025, 2026} <= years


def test_one_course_through_two_programs_and_one_account_in_two_organizations():
    records = CourseRecord.objects.annotate(
        programs=Count("enrollments__program", distinct=True),
        organizations=Count("enrollments__organization", distinct=True),
    )
    assert records.filter(programs__gt=1).exists()
    lotte = User.objects.get(email="lotte.brandsma@nordhaven.example")
    organizations = Enrollment.objects.filter(record__user=lotte).values("organization__slug").distinct()
    assert {row["organization__slug"] for row in organizations} == {"fernweh", "nordhaven"}


def test_the_learner_one_signs_in_as_has_completed_a_course_and_is_in_the_middle_of_another():
    joana = CourseRecord.objects.filter(user__email="joana.azevedo@nordhaven.example").order_by("created_at")
    first, second = joana
    assert first.completed_at
    assert not second.completed_at
    assert 20 < second.progress < 80


def test_telling_everything_again_finds_nothing_to_change():
    before = stored(Enrollment, "progress", "grade", "seconds", "lessons", "assessments", "last_activity_at")
    items = list(CourseRecord.objects.order_by("id").values_list("items_completed", "progress", "grade"))
    figures.rebuild()
    assert (
        stored(Enrollment, "progress", "grade", "seconds", "lessons", "assessments", "last_activity_at")
        == before
    )
    again = CourseRecord.objects.order_by("id").values_list("items_completed", "progress", "grade")
    assert list(again) == items


def test_reconcile_finds_no_difference():
    out = io.StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue().startswith("No differences. ")
