"""Workers killed with -9 at every step of their work: nothing is lost and nothing is done twice."""

from functools import partial

import pytest

from config.lib import mailbox
from learners.models import InviteImport
from learners.people import tasks
from learners.people.actions import imports
from orgs import jobs
from orgs.models import OutboundEmail
from orgs.tasks import send_mail
from tests.faults.dying import NEVER, die_at, inside_and_beyond
from tests.faults.work import KINDS, all_invited_once, fall_silent
from tests.learners.files import people, start, table
from tests.orgs.mail import make_due

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 100


def test_an_import_killed_a_hundred_times_invites_everyone_once(program, contract, alice):
    lines = 900
    job = start(program, contract, table(people(lines)), alice)
    places = []
    for step in inside_and_beyond(KILLS, reach=32):
        assert die_at(step, partial(tasks.import_invitations, job.pk))
        job.refresh_from_db()
        assert (job.state in ("queued", "running"), all_invited_once(job)) == (True, True)
        places.append(job.done)
        fall_silent(job)
        jobs.sweep()
    assert len(set(places)) > KILLS // 2 - 5
    assert not die_at(NEVER, partial(tasks.import_invitations, job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, all_invited_once(job)) == ("done", lines, True)


def test_a_sending_killed_a_hundred_times_reaches_everyone_and_repeats_one_mail_a_kill_at_most(
    settings, tmp_path, monkeypatch, program, contract, alice
):
    settings.EMAIL_BACKEND = "config.lib.mailbox.EmailBackend"
    settings.MAILBOX_DIR, settings.MAIL_BATCH = tmp_path, 5
    monkeypatch.setattr(imports, "CHUNK", 5_000)
    lines = 450
    first, others = people(lines)[:1], people(lines)[1:]
    for part in (first, others):
        tasks.import_invitations(start(program, contract, table(part), alice).pk)
        if part is first:
            # Templates are compiled here, once, not in each process that is about to die.
            send_mail()
    sent = OutboundEmail.objects.filter(state="sent")
    repeats = 0
    for step in inside_and_beyond(KILLS, reach=22):
        assert die_at(step, send_mail)
        taken_and_not_marked = len(mailbox.messages(tmp_path)) - sent.count() - repeats
        assert taken_and_not_marked in (0, 1)
        repeats += taken_and_not_marked
        make_due()
    assert repeats > 5
    assert not die_at(NEVER, send_mail)
    received = mailbox.messages(tmp_path)
    ids = {(message.content["Message-ID"], message.recipients) for message in received}
    assert sent.count() == lines
    assert len({recipient for _id, recipient in ids}) == len(ids) == lines
    assert len(received) == lines + repeats


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_job_killed_at_every_step_is_done_once_in_the_end(kind, program, contract, alice):
    job = kind.ask(program, contract, alice)
    kills = 0
    for step in inside_and_beyond(KILLS, reach=26):
        if not die_at(step, partial(kind.task, job.pk)):
            break
        kills += 1
        fall_silent(job)
        jobs.sweep()
    assert kills >= 6
    job.refresh_from_db()
    assert (job.state, kind.holds(job)) == ("done", True)


def test_every_job_about_people_is_put_to_these_tests():
    own = {model for model in jobs.job_models() if model._meta.app_label == InviteImport._meta.app_label}
    assert own == {kind.model for kind in KINDS}
