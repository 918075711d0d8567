"""Whoever loses the right while a job of theirs waits has asked in vain: it refuses and changes nothing."""

import pytest

from orgs.models import RoleGrant
from orgs.permissions import Role
from tests.factories import RoleGrantFactory
from tests.faults.work import KINDS, rows

REFUSING = [kind for kind in KINDS if kind.refusal]
GOING_ON = [kind for kind in KINDS if not kind.refusal]


def demoted(bob, other_program):
    """Bob administers another program now."""
    RoleGrant.objects.filter(user=bob).delete()
    RoleGrantFactory(
        user=bob, organization=other_program.organization, role=Role.PROGRAM_ADMIN, program=other_program
    )


def dismissed(bob, other_program):
    RoleGrant.objects.filter(user=bob).delete()


def locked_out(bob, other_program):
    bob.is_active = False
    bob.save()


@pytest.mark.parametrize("lose", [demoted, dismissed, locked_out], ids=lambda lose: lose.__name__)
@pytest.mark.parametrize("kind", REFUSING, ids=str)
def test_a_job_of_somebody_who_lost_the_right_refuses_and_changes_nothing(
    kind, lose, program, other_program, contract, bob
):
    job = kind.ask(program, contract, bob)
    lose(bob, other_program)
    before = rows()
    kind.task(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.done) == ("failed", kind.refusal, 0)
    assert rows() == before


@pytest.mark.parametrize("kind", REFUSING, ids=str)
def test_a_job_that_refused_stays_refused_though_the_right_comes_back(
    kind, program, other_program, contract, bob
):
    job = kind.ask(program, contract, bob)
    RoleGrant.objects.filter(user=bob).delete()
    kind.task(job.pk)
    RoleGrantFactory(user=bob, organization=program.organization, role=Role.PROGRAM_ADMIN, program=program)
    before = rows()
    kind.task(job.pk)
    assert rows() == before


@pytest.mark.parametrize("kind", GOING_ON, ids=str)
def test_what_was_decided_and_only_follows_goes_on(kind, program, other_program, contract, bob):
    job = kind.ask(program, contract, bob)
    dismissed(bob, other_program)
    kind.task(job.pk)
    job.refresh_from_db()
    assert (job.state, kind.holds(job)) == ("done", True)
