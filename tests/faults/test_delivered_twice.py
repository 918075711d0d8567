"""A broker may deliver a task twice, one after the other or at once: what it names is done once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from config.lib import mailbox
from learners.people.actions import imports
from learners.people.tasks import import_invitations
from orgs.models import OutboundEmail
from orgs.tasks import send_mail
from tests.faults.work import KINDS, rows
from tests.learners.files import people, start, table

pytestmark = pytest.mark.django_db(transaction=True)


def one_after_the_other(task):
    task()
    before = rows()
    task()
    assert rows() == before


def at_once(task):
    ready = Barrier(2)

    def run(_thread):
        try:
            ready.wait()
            task()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))


@pytest.mark.parametrize("deliver", [one_after_the_other, at_once], ids=lambda deliver: deliver.__name__)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_job_delivered_twice_is_done_once(kind, deliver, program, contract, alice):
    job = kind.ask(program, contract, alice)
    deliver(partial(kind.task, job.pk))
    job.refresh_from_db()
    assert (job.state, job.claims, kind.holds(job)) == ("done", 1, True)


@pytest.mark.parametrize("deliver", [one_after_the_other, at_once], ids=lambda deliver: deliver.__name__)
def test_mail_that_is_asked_for_twice_is_sent_once(
    deliver, settings, tmp_path, monkeypatch, program, contract, alice
):
    settings.EMAIL_BACKEND = "config.lib.mailbox.EmailBackend"
    settings.MAILBOX_DIR, settings.MAIL_BATCH = tmp_path, 5
    monkeypatch.setattr(imports, "CHUNK", 5_000)
    import_invitations(start(program, contract, table(people(40)), alice).pk)
    deliver(send_mail)
    received = [message.recipients for message in mailbox.messages(tmp_path)]
    assert len(received) == len(set(received)) == 40
    assert OutboundEmail.objects.filter(state="sent", attempts=1).count() == 40
