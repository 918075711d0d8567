"""Rows for tests. Every factory makes a valid row of one organization; relations follow it."""

from datetime import date

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from config.lib import domains
from learners.models import Invitation, Membership, Person
from learners.people import names
from orgs.models import Organization, RoleGrant, User
from orgs.permissions import Role
from programs.models import Contract, DomainRule, Program

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory):
    """An account with a verified address and `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@acme.example")

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        self.set_password(extracted or PASSWORD)
        self.save()

    @factory.post_generation
    def verified_address(self, create, extracted, **kwargs):
        EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization
        django_get_or_create = ("slug",)

    name = "Acme"
    slug = factory.LazyAttribute(lambda organization: organization.name.lower())
    timezone = "Europe/Stockholm"


class ProgramFactory(DjangoModelFactory):
    class Meta:
        model = Program

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Program {n}")
    slug = factory.Sequence(lambda n: f"program-{n}")


class ContractFactory(DjangoModelFactory):
    """Ten seats that run all through this decade."""

    class Meta:
        model = Contract

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Contract {n}")
    kind = Contract.Kind.SEATS
    quantity = 10
    starts_on = date(2020, 1, 1)
    ends_on = date(2039, 12, 31)


class DomainRuleFactory(DjangoModelFactory):
    """acme.example on the allow-list of a program."""

    class Meta:
        model = DomainRule

    program = factory.SubFactory(ProgramFactory)
    organization = factory.SelfAttribute("program.organization")
    contract = factory.SubFactory(ContractFactory, organization=factory.SelfAttribute("..organization"))
    domain = "acme.example"
    shown = factory.LazyAttribute(lambda rule: domains.shown(rule.domain))


class RoleGrantFactory(DjangoModelFactory):
    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.ORG_ADMIN


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Learner {n}")
    email = factory.Sequence(lambda n: f"learner{n}@acme.example")
    sort_name = factory.LazyAttribute(lambda person: names.sort_name(person.name))
    search = factory.LazyAttribute(lambda person: names.search(person.name, person.email, person.external_id))
    external_id = ""


class MembershipFactory(DjangoModelFactory):
    """An open invitation; traits `joined` and `removed` for the others. Takes no seat."""

    class Meta:
        model = Membership

    class Params:
        joined = factory.Trait(
            state=Membership.State.MEMBER,
            joined_at=factory.LazyFunction(timezone.now),
            last_activity_at=factory.SelfAttribute("joined_at"),
        )
        removed = factory.Trait(state=Membership.State.REMOVED, removed_at=factory.LazyFunction(timezone.now))

    program = factory.SubFactory(ProgramFactory)
    organization = factory.SelfAttribute("program.organization")
    person = factory.SubFactory(PersonFactory, organization=factory.SelfAttribute("..organization"))
    contract = factory.SubFactory(ContractFactory, organization=factory.SelfAttribute("..organization"))
    state = Membership.State.INVITED
    sort_name = factory.SelfAttribute("person.sort_name")
    invited_at = factory.LazyFunction(timezone.now)


class InvitationFactory(DjangoModelFactory):
    class Meta:
        model = Invitation

    membership = factory.SubFactory(MembershipFactory)
    organization = factory.SelfAttribute("membership.organization")
