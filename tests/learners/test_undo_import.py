"""Undoing an import: what is still open is withdrawn, what was accepted stays, within a week, once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from learners.models import ImportUndo, Invitation, InviteImport, Membership, Person
from learners.people.actions import imports, invitations, undoing
from learners.people.imports import check
from learners.people.tasks import import_invitations, undo_import
from orgs import jobs
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, RoleGrant
from tests.factories import MembershipFactory, PersonFactory
from tests.learners.files import address, on_page, people, start, table


@pytest.fixture
def imported(program, contract, alice):
    """Five people invited by a file; the first has accepted."""
    job = start(program, contract, table(people(5)), alice)
    import_invitations(job.pk)
    accept("learner0@acme.example")
    job.refresh_from_db()
    return job


def accept(email: str) -> None:
    now = timezone.now()
    Membership.objects.filter(person__email=email).update(state="member", joined_at=now, last_activity_at=now)


def states() -> dict[str, str]:
    found = Membership.objects.order_by("id").values_list("person__email", "state")
    return {email.partition("@")[0]: state for email, state in found}


def test_undoing_withdraws_what_is_open_and_leaves_the_rest(imported, alice, other_program):
    MembershipFactory(program=other_program, person=Person.objects.get(email="learner1@acme.example"))
    job = undoing.undo(imported=imported, by=alice)
    assert (job.total, job.state) == (4, "queued")
    undo_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 4)
    here = Membership.objects.filter(program=imported.program)
    assert sorted(here.values_list("person__email", "state")) == [
        ("learner0@acme.example", "member"),
        *((f"learner{n}@acme.example", "removed") for n in range(1, 5)),
    ]
    assert Membership.objects.get(program=other_program).state == "invited"
    assert Person.objects.count() == 5
    assert sorted(OutboundEmail.objects.values_list("recipient", "state")) == [
        ("learner0@acme.example", "queued"),
        *((f"learner{n}@acme.example", "cancelled") for n in range(1, 5)),
    ]
    assert AuditEvent.objects.filter(verb="import.undone").values_list(
        "actor", "target_id", "after"
    ).get() == (
        alice.pk,
        imported.pk,
        {"people": 4},
    )


def test_people_known_before_stay_and_those_invited_otherwise_are_not_touched(program, contract, alice):
    known = PersonFactory(organization=program.organization, email="learner1@acme.example", name="Known")
    MembershipFactory(program=program, contract=contract, person__email="learner2@acme.example")
    job = start(program, contract, table(people(3)), alice)
    import_invitations(job.pk)
    assert Invitation.objects.filter(made_by=job).count() == 2
    undo_import(undoing.undo(imported=job, by=alice).pk)
    known.refresh_from_db()
    assert known.name == "Known"
    assert states() == {"learner2": "invited", "learner0": "removed", "learner1": "removed"}


def test_who_was_invited_anew_since_is_no_longer_of_the_import(imported, program, contract, alice):
    Membership.objects.filter(person__email="learner1@acme.example").update(
        state="removed", removed_at=timezone.now()
    )
    row = check(0, "Learner 1", "learner1@acme.example", "")
    invitations.send(program=program, contract=contract, rows=[row], mail=True, by=alice)
    undo_import(undoing.undo(imported=imported, by=alice).pk)
    assert states() == {
        "learner0": "member",
        "learner1": "invited",
        **{f"learner{n}": "removed" for n in range(2, 5)},
    }
    mails = OutboundEmail.objects.filter(recipient="learner1@acme.example", state="queued")
    assert sorted(dedupe.rpartition(":")[2] for dedupe in mails.values_list("dedupe", flat=True)) == [
        "1",
        "2",
    ]


def test_a_resent_mail_that_still_waits_is_cancelled_and_a_sent_one_stays(imported, alice):
    membership = Membership.objects.get(person__email="learner1@acme.example")
    OutboundEmail.objects.filter(recipient="learner1@acme.example").update(state="sent")
    Invitation.objects.filter(membership=membership).update(sent_count=1, sent_at=timezone.now())
    invitations.resend(memberships=[membership], by=alice, confirmed=True)
    undo_import(undoing.undo(imported=imported, by=alice).pk)
    mails = OutboundEmail.objects.filter(recipient="learner1@acme.example").order_by("id")
    assert list(mails.values_list("state", flat=True)) == ["sent", "cancelled"]


def test_asking_twice_withdraws_once(imported, alice, sent_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (undoing.undo(imported=imported, by=alice) for _ in range(2))
    assert first == second
    assert sent_tasks == [("learners.undo_import", (first.pk,))]
    for _ in range(2):
        undo_import(first.pk)
    first.refresh_from_db()
    assert (first.done, ImportUndo.objects.count()) == (4, 1)
    assert undoing.undo(imported=imported, by=alice) == first


def test_a_job_taken_over_by_another_worker_withdraws_each_once(imported, alice, monkeypatch):
    monkeypatch.setattr(undoing, "CHUNK", 2)
    job = undoing.undo(imported=imported, by=alice)
    slow = jobs.claim(ImportUndo, job.pk)
    undoing.work(job=slow, by=alice)
    ImportUndo.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    undo_import(job.pk)
    with pytest.raises(jobs.LostJob):
        undoing.work(job=slow, by=alice)
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 4)


def test_after_a_week_and_before_the_end_undoing_is_refused(imported, program, contract, alice):
    later = timezone.now() + timedelta(days=7, minutes=1)
    with time_machine.travel(later), pytest.raises(ActionError) as late:
        undoing.undo(imported=imported, by=alice)
    assert late.value.text.startswith("An import can be undone for 7 days. This one ended on ")
    waiting = start(program, contract, table(people(2, 10)), alice)
    with pytest.raises(ActionError) as early:
        undoing.undo(imported=waiting, by=alice)
    assert early.value.text == "This import is not over yet. It can be undone once it is."
    assert not ImportUndo.objects.exists()


def test_an_import_of_which_nothing_is_open_cannot_be_undone(imported, alice):
    for number in range(1, 5):
        accept(f"learner{number}@acme.example")
    with pytest.raises(ActionError) as refusal:
        undoing.undo(imported=imported, by=alice)
    assert refusal.value.text == "None of these invitations is open any more, so there is nothing to undo."
    assert not ImportUndo.objects.exists()


def test_whoever_lost_the_right_undoes_nothing(imported, bob):
    job = undoing.undo(imported=imported, by=bob)
    RoleGrant.objects.filter(user=bob).delete()
    undo_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (
        "failed",
        "The person who asked for this may no longer do so in this program.",
    )
    assert list(states().values()).count("invited") == 4


def test_the_page_says_what_would_happen_and_what_did(imported, program, bob, signed_in):
    client = signed_in(bob)
    detail, question = (
        address("import_detail", program, imported.pk),
        address("import_undo", program, imported.pk),
    )
    assert question in on_page(client.get(detail))
    assert question in on_page(client.get(address("imports", program)))
    page = on_page(client.get(question))
    assert "4 invitations are still open and will be withdrawn." in page
    assert "1 was accepted and stays a member." in page
    assert client.post(question)["Location"] == detail
    assert "Withdrawing 4 invitations" in on_page(client.get(detail))
    undo_import(ImportUndo.objects.get().pk)
    polled = client.get(f"{detail}?undoing", headers={"HX-Request": "true"})
    assert polled["HX-Refresh"] == "true"
    page = on_page(client.get(detail))
    assert "4 invitations were withdrawn" in page
    assert question not in page
    assert client.get(question)["Location"] == detail
    assert "Undone" in on_page(client.get(address("imports", program)))


def test_an_import_that_was_never_started_cannot_be_undone(program, contract, alice, signed_in):
    start(program, contract, table(people(1)), alice)
    InviteImport.objects.update(state="draft")
    job = InviteImport.objects.get()
    with pytest.raises(ActionError):
        undoing.undo(imported=job, by=alice)
    imports.discard(job=job, by=alice)
    assert not InviteImport.objects.exists()
