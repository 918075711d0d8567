"""What tests of people's pages share."""

import pytest

from learners.models import Membership, Person
from tests.factories import (
    DomainRuleFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.learners.pages import address
from tests.learners.places import PRIVATE


@pytest.fixture
def own_cache(settings, request):
    """A cache of this test alone: rate limits count in it and must not reach other tests."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": request.node.nodeid,
        }
    }


@pytest.fixture
def invitation(program, contract, acme):
    """Carol's invitation to English for Work; she has no account yet."""
    person = PersonFactory(organization=acme, email="carol@acme.example", name="Carol Carlsson")
    return InvitationFactory(membership=MembershipFactory(program=program, contract=contract, person=person))


@pytest.fixture
def url(invitation):
    """The link in Carol's mail."""
    return address(invitation)


@pytest.fixture
def carol_is_in(invitation, carol):
    """Carol has accepted."""
    Person.objects.update(user=carol)
    Membership.objects.update(
        state="member", joined_at="2026-06-08T12:00Z", last_activity_at="2026-06-08T12:00Z"
    )
    return carol


@pytest.fixture
def private(db):
    """The account that Carol has had for years."""
    return UserFactory(name="Carol C.", email=PRIVATE)


@pytest.fixture
def invited(program, contract, acme):
    """The invitation of Carol, as Acme invited her: at a new address."""
    person = PersonFactory(organization=acme, email="carol@acme.example", name="Carol Carlsson")
    return InvitationFactory(membership=MembershipFactory(program=program, contract=contract, person=person))


@pytest.fixture
def rule(program, contract):
    """acme.example may join English for Work under Workforce."""
    return DomainRuleFactory(program=program, contract=contract)
