"""The people and places of every test: Alice, Bob, Carol and Mallory; Acme and Globex."""

import pytest
from django.test import Client

from config.celery import app as celery_app
from orgs.permissions import Role
from tests.factories import (
    ContractFactory,
    OrganizationFactory,
    ProgramFactory,
    RoleGrantFactory,
    UserFactory,
)


@pytest.fixture
def acme(db):
    return OrganizationFactory(name="Acme")


@pytest.fixture
def globex(db):
    return OrganizationFactory(name="Globex", brand_color="#7A1FA2")


@pytest.fixture
def program(acme):
    return ProgramFactory(organization=acme, name="English for Work", slug="english")


@pytest.fixture
def other_program(acme):
    """A program of Acme that Bob does not administer."""
    return ProgramFactory(organization=acme, name="Data Basics", slug="data")


@pytest.fixture
def contract(acme):
    """Ten seats."""
    return ContractFactory(organization=acme, name="Workforce")


@pytest.fixture
def alice(acme):
    """Org admin of Acme."""
    user = UserFactory(name="Alice Andersson", email="alice@acme.example")
    RoleGrantFactory(user=user, organization=acme)
    return user


@pytest.fixture
def bob(acme, program):
    """Program admin of one program of Acme."""
    user = UserFactory(name="Bob Bergman", email="bob@acme.example")
    RoleGrantFactory(user=user, organization=acme, role=Role.PROGRAM_ADMIN, program=program)
    return user


@pytest.fixture
def carol(db):
    """A learner with an account, in no program yet."""
    return UserFactory(name="Carol Carlsson", email="carol@acme.example")


@pytest.fixture
def mallory(globex):
    """Org admin of Globex."""
    user = UserFactory(name="Mallory Malm", email="mallory@globex.example")
    RoleGrantFactory(user=user, organization=globex)
    return user


@pytest.fixture
def signed_in():
    """Give a browser in which this person is signed in: `signed_in(alice).get(...)`."""

    def sign_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing a password well takes a third of a second on purpose; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def sent_tasks(request, monkeypatch):
    """Tasks enqueued by this test, as (name, args): no worker runs unless the test is marked `worker`."""
    sent: list[tuple[str, tuple]] = []
    if request.node.get_closest_marker("worker"):
        return sent
    monkeypatch.setattr(
        celery_app, "send_task", lambda name, args=(), **options: sent.append((name, tuple(args)))
    )
    return sent
