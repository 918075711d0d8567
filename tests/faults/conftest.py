import pytest

from learners.people.actions import bulk, imports, programs, undoing
from tests.factories import ContractFactory


@pytest.fixture
def contract(acme):
    """Room for everyone."""
    return ContractFactory(organization=acme, name="Workforce", quantity=1_000)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Whatever more than two people ask for is a job, worked off three at a time."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    for action in (bulk, imports, undoing, programs):
        monkeypatch.setattr(action, "CHUNK", 3)
