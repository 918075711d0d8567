"""The second wall holds: rows of another organization do not exist inside `org_transaction`."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from learners.models import Membership, Person
from orgs.tenancy import current_organization_id, org_transaction
from programs.models import Program
from tests.factories import MembershipFactory, PersonFactory, ProgramFactory


def test_rows_of_another_organization_cannot_be_seen_changed_or_deleted(acme, globex):
    own, foreign = ProgramFactory(organization=acme), ProgramFactory(organization=globex)
    with org_transaction(acme):
        assert list(Program.objects.all()) == [own]
        assert Program.objects.filter(pk=foreign.pk).update(name="Taken over") == 0
        assert Program.objects.filter(pk=foreign.pk).delete()[0] == 0
    assert Program.objects.get(pk=foreign.pk).name == foreign.name


def test_a_row_cannot_be_written_for_another_organization(acme, globex):
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        org_transaction(acme),
    ):
        PersonFactory(organization=globex)


def test_with_nothing_set_the_wall_is_open_for_learners_pages(acme, globex):
    ProgramFactory(organization=acme)
    ProgramFactory(organization=globex)
    assert Program.objects.count() == 2


def test_leaving_a_nested_transaction_restores_what_was_set(acme, globex):
    with org_transaction(acme):
        with org_transaction(globex):
            assert current_organization_id() == globex.pk
        assert current_organization_id() == acme.pk
    assert current_organization_id() is None


def test_an_error_in_a_nested_transaction_restores_what_was_set(acme, globex):
    with org_transaction(acme):
        with pytest.raises(ValueError, match="stop"), org_transaction(globex):
            raise ValueError("stop")
        assert current_organization_id() == acme.pk


@pytest.mark.django_db(transaction=True)
def test_nothing_remains_set_after_commit_or_rollback(acme):
    with org_transaction(acme):
        assert current_organization_id() == acme.pk
    assert current_organization_id() is None
    with pytest.raises(ValueError, match="stop"), org_transaction(acme):
        raise ValueError("stop")
    assert current_organization_id() is None
    assert not connection.in_atomic_block


def test_the_database_refuses_a_second_membership_of_the_same_person(program):
    membership = MembershipFactory(program=program)
    with pytest.raises(IntegrityError, match="membership_once"), transaction.atomic():
        MembershipFactory(program=program, person=membership.person)
    assert Membership.objects.count() == 1


def test_the_database_refuses_a_second_person_with_the_same_address(acme, globex):
    PersonFactory(organization=acme, email="carol@acme.example")
    PersonFactory(organization=globex, email="carol@acme.example")
    with pytest.raises(IntegrityError, match="person_email_once"), transaction.atomic():
        PersonFactory(organization=acme, email="carol@acme.example")
    assert Person.objects.count() == 2
