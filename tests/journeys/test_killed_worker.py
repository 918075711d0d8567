"""A worker killed in mid-import and in mid-sending loses nothing and doubles nothing."""

import csv
import io

import pytest
from django.test import Client

from config.lib import mailbox
from learners.models import Invitation, InviteImport, Membership, Person
from orgs.models import OutboundEmail
from tests.journeys.conftest import wait_until

pytestmark = pytest.mark.worker
ROWS = 20_000
MAILED = 1_500


def uploaded(alice, rows: int) -> InviteImport:
    """A draft import of so many good rows, made through the pages."""
    text = io.StringIO()
    people = [(f"Person {n}", f"p{n}@acme.example", "") for n in range(rows)]
    csv.writer(text).writerows([("Full Name", "Email", "External ID"), *people])
    client = Client()
    client.force_login(alice)
    file = io.BytesIO(text.getvalue().encode())
    file.name = "people.csv"
    client.post("/o/acme/admin/programs/english/learners/invite/file", {"file": file})
    return InviteImport.objects.get()


def started(alice, job: InviteImport, **choices) -> None:
    client = Client()
    client.force_login(alice)
    ticked = {"beyond_seats": "on", **choices}
    client.post(f"/o/acme/admin/programs/english/imports/{job.pk}/start", ticked)


def test_an_import_killed_between_its_chunks_is_finished_by_the_next_worker(worker, alice, program, contract):
    job = uploaded(alice, ROWS)
    started(alice, job)
    for done in (1, 10_000):
        wait_until(lambda done=done: InviteImport.objects.get(pk=job.pk).done >= done, seconds=60)
        worker.kill()
        # A chunk is whole or not there; a quick worker may have ended the last one.
        cursor = InviteImport.objects.get(pk=job.pk).cursor
        assert cursor % 5_000 == 0 or cursor == ROWS + 1
        worker.start()
    wait_until(lambda: InviteImport.objects.get(pk=job.pk).state == "done", seconds=60)
    job.refresh_from_db()
    assert (job.done, job.failed, job.invited) == (ROWS, 0, ROWS)
    assert [model.objects.count() for model in (Person, Membership, Invitation)] == [ROWS, ROWS, ROWS]


def test_mail_killed_in_mid_sending_reaches_everyone(worker, settings, alice, program, contract):
    started(alice, uploaded(alice, MAILED), mail="on")
    sent = OutboundEmail.objects.filter(state="sent")
    for count in (1, 700):
        wait_until(lambda count=count: sent.count() >= count, seconds=60)
        worker.kill()
        worker.start()
    wait_until(lambda: sent.count() == MAILED, seconds=90)
    received = [message.content["Message-ID"] for message in mailbox.messages(settings.MAILBOX_DIR)]
    assert len(set(received)) == MAILED
    assert len(received) - MAILED <= 2
