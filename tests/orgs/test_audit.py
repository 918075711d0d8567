"""The audit log is append-only, for the application too."""

import pytest
from django.db import ProgrammingError, transaction

from orgs import audit
from orgs.models import AuditEvent


@pytest.fixture
def event(alice, acme, program):
    return audit.record(
        by=alice,
        organization=acme,
        verb="program.renamed",
        target=program,
        before={"name": "A"},
        after={"name": "B"},
    )


def test_an_entry_copies_who_and_what(event, alice, program):
    event.refresh_from_db()
    assert event.actor_label == "Alice Andersson <alice@acme.example>"
    assert (event.verb, event.target_type, event.target_id) == (
        "program.renamed",
        "programs.program",
        program.pk,
    )
    assert event.target_label == "English for Work"


def test_an_operators_act_has_no_actor(acme, program):
    assert audit.record(by=None, organization=acme, verb="program.created", target=program).actor_label == ""


def test_an_entry_cannot_be_changed(event):
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(verb="nothing.happened")


def test_an_entry_cannot_be_deleted(event):
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).delete()
    assert AuditEvent.objects.count() == 1
