"""An import at work: once, twice, killed, beside another, after the right was withdrawn."""

import os
import signal
import subprocess
import sys
import threading
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from learners.models import ImportRow, Invitation, InviteImport, LicenceLedger, Membership, Person
from learners.people.actions import imports
from learners.people.tasks import expire_imports, import_invitations
from orgs import jobs
from orgs.models import AuditEvent, OutboundEmail, RoleGrant
from tests.factories import MembershipFactory, PersonFactory, ProgramFactory
from tests.learners.files import counts, left_by, people, stage, start, table

ROOT = Path(__file__).resolve().parents[2]
TASK = "learners.import_invitations"
# Runs the task in a process of its own that dies as hard as it can after so many chunks: within the
# transaction of the next one, or between two.
DYING_WORKER = """
import os, signal, sys, django
django.setup()
from learners.people import tasks
from learners.people.actions import imports
from orgs import jobs
pk, imports.CHUNK, chunks = map(int, sys.argv[1:4])
within = sys.argv[4] == "within"
work, advance = imports.work, jobs.advance
def die(after):
    global chunks
    chunks -= after
    if chunks < (0 if within else 1):
        os.kill(os.getpid(), signal.SIGKILL)
def dying_advance(job, **moved):
    advance(job, **moved)
    if within:
        die(1)
def dying_work(**arguments):
    more = work(**arguments)
    if not within:
        die(1)
    return more
jobs.advance, imports.work = dying_advance, dying_work
tasks.import_invitations(pk)
"""


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 100)


def worker(pk: int, *, chunks: int, within: bool) -> int:
    """Run the task in a process on the test database until it dies or ends; its exit code."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    where = "within" if within else "between"
    command = [sys.executable, "-c", DYING_WORKER, str(pk), "100", str(chunks), where]
    environment = os.environ | {
        "DATABASE_URL": database.geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=120).returncode


def fall_silent(job: InviteImport) -> None:
    """Let the time pass after which a silent worker counts as dead."""
    past = timezone.now() - timedelta(hours=1)
    InviteImport.objects.filter(pk=job.pk).update(created_at=past, heartbeat_at=past)


def test_a_started_import_invites_everyone_once(
    program, contract, alice, sent_tasks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = start(program, contract, table(people(250)), alice)
    assert sent_tasks == [(TASK, (job.pk,))]
    import_invitations(job.pk)
    job.refresh_from_db()
    assert (job.state, job.total, job.done, job.failed, job.invited, job.percent) == (
        "done",
        250,
        250,
        0,
        250,
        100,
    )
    assert counts() == left_by(250)
    person = Person.objects.get(email="learner7@acme.example")
    assert (person.name, person.sort_name, person.external_id) == ("Learner 7", "learner 7", "E7")
    membership = person.memberships.get()
    assert (membership.program, membership.contract, membership.state) == (program, contract, "invited")
    mail = OutboundEmail.objects.get(recipient=person.email)
    assert mail.dedupe == f"invite:{membership.invitation.pk}:1"
    assert (mail.kind, mail.data, mail.state) == (
        "invitation",
        {"invitation": membership.invitation.pk},
        "queued",
    )
    assert AuditEvent.objects.values_list("verb", "actor", "after").get() == (
        "invitations.imported",
        alice.pk,
        {"rows": 250, "contract": "Workforce", "mail": True},
    )


def test_inviting_takes_no_seat(program, contract, alice):
    import_invitations(start(program, contract, table(people(25)), alice).pk)
    contract.refresh_from_db()
    assert contract.taken == 0
    assert LicenceLedger.objects.count() == 0
    assert Membership.objects.filter(state="invited").count() == 25


def test_without_the_tick_nobody_gets_a_mail(program, contract, alice):
    import_invitations(start(program, contract, table(people(20)), alice, mail=False).pk)
    assert counts() == left_by(20, mails=0)


def test_the_same_file_changes_nothing_the_second_time(program, contract, alice):
    content = table(people(120))
    first, second = (start(program, contract, content, alice) for _ in range(2))
    import_invitations(first.pk)
    before = (
        counts(),
        list(Membership.objects.order_by("id").values()),
        list(Invitation.objects.order_by("id").values()),
    )
    import_invitations(second.pk)
    second.refresh_from_db()
    assert (second.state, second.done, second.invited) == ("done", 120, 0)
    after = (
        counts(),
        list(Membership.objects.order_by("id").values()),
        list(Invitation.objects.order_by("id").values()),
    )
    assert after == before
    third = stage(program, contract, content, alice)
    assert (third.rows, third.problems) == (120, 120)


def test_a_second_delivery_of_the_task_changes_nothing(program, contract, alice):
    job = start(program, contract, table(people(30)), alice)
    import_invitations(job.pk)
    before = InviteImport.objects.values().get(pk=job.pk)
    import_invitations(job.pk)
    assert InviteImport.objects.values().get(pk=job.pk) == before
    assert counts() == left_by(30)


def test_known_people_keep_their_name_and_get_an_external_id_only_where_they_had_none(
    program, contract, alice
):
    other = ProgramFactory(organization=program.organization)
    known = PersonFactory(organization=program.organization, name="Ann Ek", email="ann@acme.example")
    numbered = PersonFactory(organization=program.organization, email="bo@acme.example", external_id="OLD")
    MembershipFactory(program=other, person=known, contract=contract, joined=True)
    rows = ["Anna Straße,ANN@acme.example,Straße 7", "Bo Berg,bo@acme.example,NEW"]
    job = start(program, contract, table(rows), alice)
    assert job.new_external_ids == 1
    import_invitations(job.pk)
    known.refresh_from_db()
    numbered.refresh_from_db()
    assert (known.name, known.external_id, known.search) == (
        "Ann Ek",
        "Straße 7",
        "ann ek ann@acme.example strasse 7",
    )
    assert numbered.external_id == "OLD"
    assert Person.objects.count() == 2
    assert Membership.objects.filter(program=program, state="invited").count() == 2
    assert Membership.objects.get(program=other).state == "member"


def test_a_removed_person_is_invited_again_with_a_new_link(program, contract, alice):
    membership = MembershipFactory(program=program, contract=contract, removed=True, allow_return=True)
    Invitation.objects.create(
        organization=program.organization, membership=membership, sent_at=timezone.now(), sent_count=3
    )
    job = start(program, contract, table([f"X,{membership.person.email},"]), alice)
    assert job.problems == 0
    import_invitations(job.pk)
    membership.refresh_from_db()
    invitation = membership.invitation
    invitation.refresh_from_db()
    assert (membership.state, membership.removed_at, membership.allow_return) == ("invited", None, False)
    assert (invitation.generation, invitation.sent_at, invitation.sent_count) == (2, None, 0)
    assert OutboundEmail.objects.get().dedupe == f"invite:{invitation.pk}:2"


def test_who_joined_or_was_invited_since_the_preview_is_skipped(program, contract, alice):
    job = start(program, contract, table(people(10)), alice)
    person = PersonFactory(organization=program.organization, email="learner3@acme.example")
    membership = MembershipFactory(program=program, contract=contract, person=person, joined=True)
    import_invitations(job.pk)
    job.refresh_from_db()
    membership.refresh_from_db()
    assert (job.done, job.invited) == (10, 9)
    assert membership.state == "member"


def test_the_people_of_another_organization_are_others(program, contract, alice, globex):
    PersonFactory(organization=globex, email="learner0@acme.example", name="Zoe")
    import_invitations(start(program, contract, table(people(2)), alice).pk)
    assert Person.objects.filter(organization=program.organization).count() == 2
    assert Person.objects.filter(organization=globex).values_list("name", flat=True).get() == "Zoe"


def test_an_import_fails_with_a_sentence_when_the_right_was_withdrawn(program, contract, bob):
    job = start(program, contract, table(people(10)), bob)
    RoleGrant.objects.filter(user=bob).delete()
    import_invitations(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == "The person who started this import may no longer invite learners to this program."
    assert counts() == left_by(0)


def test_an_import_fails_with_a_sentence_when_the_contract_has_ended_meanwhile(program, contract, alice):
    job = start(program, contract, table(people(10)), alice)
    contract.ends_on = date(2026, 6, 7)
    contract.save()
    import_invitations(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == (
        "Workforce ended on 7 Jun 2026 and takes no new members. Choose a contract that still runs."
    )
    assert counts() == left_by(0)


def test_an_import_fails_with_a_sentence_when_the_program_was_removed(program, contract, alice):
    job = start(program, contract, table(people(10)), alice)
    program.state = "removed"
    program.save()
    import_invitations(job.pk)
    job.refresh_from_db()
    assert job.error == "English for Work was removed, so nobody can be invited to it."


@pytest.mark.parametrize("within", [True, False], ids=["within a chunk", "between chunks"])
def test_killed_again_and_again_an_import_loses_nothing_and_doubles_nothing(
    transactional_db, program, contract, alice, sent_tasks, within
):
    job = start(program, contract, table(people(450)), alice)
    done = []
    for _ in range(3):
        assert worker(job.pk, chunks=1, within=within) == -signal.SIGKILL
        job.refresh_from_db()
        done.append(job.done)
        assert (job.state, job.invited, Membership.objects.count()) == ("running", job.done, job.done)
        sent_tasks.clear()
        fall_silent(job)
        assert jobs.sweep() == 1
        assert sent_tasks == [(TASK, (job.pk,))]
    assert done == [99, 199, 299]
    assert worker(job.pk, chunks=100, within=within) == 0
    job.refresh_from_db()
    assert (job.state, job.done, job.invited, job.cursor) == ("done", 450, 450, 451)
    assert counts() == left_by(450)
    assert jobs.sweep() == 0


def test_killed_after_the_last_chunk_an_import_still_ends(transactional_db, program, contract, alice):
    job = start(program, contract, table(people(150)), alice)
    assert worker(job.pk, chunks=2, within=False) == -signal.SIGKILL
    fall_silent(job)
    assert worker(job.pk, chunks=100, within=False) == 0
    job.refresh_from_db()
    assert (job.state, job.done, job.invited) == ("done", 150, 150)
    assert counts() == left_by(150)


def test_a_job_whose_worker_only_seemed_dead_is_worked_off_by_one_of_the_two(
    program, contract, alice, small_chunks
):
    job = start(program, contract, table(people(250)), alice)
    slow = jobs.claim(InviteImport, job.pk)
    imports.work(job=slow, by=alice)
    fall_silent(job)
    import_invitations(job.pk)
    with pytest.raises(jobs.LostJob):
        imports.work(job=slow, by=alice)
    job.refresh_from_db()
    assert (job.state, job.done, job.invited) == ("done", 250, 250)
    assert counts() == left_by(250)


def test_imports_of_the_same_people_in_different_order_neither_deadlock_nor_double(
    transactional_db, program, contract, alice, small_chunks
):
    rows = people(600)
    for known in range(0, 600, 3):
        PersonFactory(organization=program.organization, email=f"learner{known}@acme.example")
    orders = (rows, rows[::-1], rows[300:] + rows[:300])
    started = [start(program, contract, table(order), alice) for order in orders]
    ready, failures = threading.Barrier(len(started)), []

    def run(pk: int) -> None:
        try:
            ready.wait()
            import_invitations(pk)
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job.pk,)) for job in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for job in started:
        job.refresh_from_db()
    assert [(job.state, job.done) for job in started] == [("done", 600)] * 3
    assert sum(job.invited for job in started) == 600
    assert counts() == left_by(600)
    assert Person.objects.exclude(external_id="").count() == 600


def test_drafts_expire_after_a_week_and_the_rows_of_ended_imports_after_thirty_days(program, contract, alice):
    draft = stage(program, contract, table(people(3)), alice)
    ended = start(program, contract, table(people(4)), alice)
    waiting = start(program, contract, table(people(5, 10)), alice)
    import_invitations(ended.pk)
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        expire_imports()
    assert ImportRow.objects.count() == 12
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        expire_imports()
    assert not InviteImport.objects.filter(pk=draft.pk).exists()
    assert ImportRow.objects.count() == 9
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        expire_imports()
    assert set(InviteImport.objects.values_list("pk", flat=True)) == {ended.pk, waiting.pk}
    assert set(ImportRow.objects.values_list("job", flat=True)) == {waiting.pk}
