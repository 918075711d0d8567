"""People who took their seat by the front door, and whether counter, ledger and members agree."""

from django.db.models import Sum

from learners.models import LicenceLedger, Membership
from learners.people.actions import joining
from learners.people.actions.joining import Outcome
from orgs.models import OutboundEmail
from programs.models import Contract
from tests.factories import InvitationFactory, MembershipFactory, PersonFactory, UserFactory

State = Membership.State


def seat(program, contract, name):
    """Someone who joined by the front door, so that counter and ledger know."""
    email = f"{name.lower()}@acme.example"
    person = PersonFactory(organization=program.organization, name=name, email=email)
    row = MembershipFactory(program=program, person=person, contract=contract)
    user = UserFactory(name=name, email=email)
    result = joining.join(program=program, person=person, user=user, contract=contract, by=user)
    assert result.outcome == Outcome.JOINED
    row.refresh_from_db()
    return row


def invite(program, contract, name, **invitation):
    person = PersonFactory(organization=program.organization, name=name, email=f"{name.lower()}@acme.example")
    row = MembershipFactory(program=program, person=person, contract=contract)
    InvitationFactory(membership=row, **invitation)
    return row


def taken(contract):
    return Contract.objects.values_list("taken", flat=True).get(pk=contract.pk)


def ledger(contract):
    return LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta"))["sum"] or 0


def agree(contract, number):
    """Counter, ledger and members are all this many."""
    members = Membership.objects.filter(contract=contract, state=State.MEMBER).count()
    return taken(contract) == ledger(contract) == members == number


def exits():
    return list(OutboundEmail.objects.filter(kind="program_exit").order_by("id"))
