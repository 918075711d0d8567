"""Places in programs as people really get them, and the proof that every figure is right afterwards."""

from django.db.models import Sum
from django.urls import reverse

from config import reconciling
from config.lib import tokens
from learners.models import LicenceLedger, Membership, Person
from learners.people.actions import joining
from learners.people.actions.joining import Outcome
from programs.models import Contract
from tests.factories import MembershipFactory, PersonFactory

PRIVATE = "carol@private.example"


def page_of(invitation) -> str:
    return reverse("invitation", args=[tokens.sign("invitation", invitation.pk, invitation.generation)])


def words(response) -> str:
    return " ".join(response.content.decode().split())


def member(user, program, contract, **person) -> Membership:
    """This account as a member, through the door that everyone takes."""
    address = person.get("email", user.email)
    known = Person.objects.filter(organization=program.organization, user=user).first() or PersonFactory(
        organization=program.organization, **{"email": address, "name": user.name, **person}
    )
    MembershipFactory(program=program, person=known, contract=contract)
    result = joining.join(program=program, person=known, user=user, contract=contract, by=user)
    assert result.outcome == Outcome.JOINED
    return Membership.objects.get(program=program, person=known)


def figures_agree() -> bool:
    """The ledger sums up to what is taken, and every stored figure is what a recount finds."""
    for contract in Contract.objects.exclude(kind="enrollments"):
        lines = LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta"))["sum"] or 0
        assert lines == contract.taken
    assert reconciling.find(reconciling.checks()) == []
    return True
