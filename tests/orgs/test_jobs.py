"""A job is a row: claimed by one worker, moved forward chunk by chunk, swept when it got lost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app as celery_app
from learners.models import InviteImport
from orgs import jobs


@pytest.fixture
def job(program, contract, alice):
    return InviteImport.objects.create(
        organization=program.organization,
        program=program,
        contract=contract,
        requested_by=alice,
        file_name="people.csv",
        file_size=1,
        encoding="utf-8",
        total=100,
        created_at=timezone.now() - timedelta(minutes=1),
    )


def silence(job, seconds=3600):
    """As if the job's worker had died some time ago."""
    InviteImport.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


def test_a_job_is_sent_to_its_queue_when_its_transaction_commits(
    job, sent_tasks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(job)
        assert sent_tasks == []
    assert sent_tasks == [("learners.import_invitations", (job.pk,))]


def test_a_job_is_claimed_once(job):
    assert jobs.claim(InviteImport, job.pk).pk == job.pk
    assert jobs.claim(InviteImport, job.pk) is None


def test_a_job_whose_worker_fell_silent_is_taken_over_and_the_former_worker_is_fenced_off(job):
    first = jobs.claim(InviteImport, job.pk)
    silence(job)
    second = jobs.claim(InviteImport, job.pk)
    jobs.advance(second, to=50, done=50)
    with pytest.raises(jobs.LostJob):
        jobs.advance(first, to=50, done=50)
    assert not jobs.beat(first)
    jobs.fail(first, "Not yours")
    job.refresh_from_db()
    assert (job.state, job.done, job.cursor, job.error) == ("running", 50, 50, "")


def test_a_chunk_that_was_worked_on_already_rolls_back(job):
    claimed = jobs.claim(InviteImport, job.pk)
    jobs.advance(claimed, to=50, done=50)
    claimed.cursor = 0
    with pytest.raises(jobs.LostJob):
        jobs.advance(claimed, to=50, done=50)
    job.refresh_from_db()
    assert job.done == 50


def test_a_finished_job_is_neither_claimed_nor_swept(job, sent_tasks):
    jobs.finish(jobs.claim(InviteImport, job.pk))
    assert jobs.claim(InviteImport, job.pk) is None
    assert jobs.sweep() == 0
    assert sent_tasks == []


def test_the_sweeper_enqueues_what_the_broker_lost(job, sent_tasks):
    assert jobs.sweep() == 1
    assert sent_tasks == [("learners.import_invitations", (job.pk,))]


def test_a_draft_waits_for_its_owner_not_for_a_worker(job, sent_tasks):
    InviteImport.objects.filter(pk=job.pk).update(state="draft")
    assert jobs.sweep() == 0
    assert jobs.claim(InviteImport, job.pk) is None
    assert sent_tasks == []


def test_three_tries_without_progress_end_the_job_with_a_sentence(job):
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(InviteImport, job.pk)
        silence(job)
    assert jobs.sweep() == 0
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == (
        "The work stopped three times before it was finished. What was done stays done; please try again."
    )


def test_progress_starts_the_count_of_tries_anew(job):
    for step in range(1, 11):
        jobs.advance(jobs.claim(InviteImport, job.pk), to=step, done=1)
        silence(job)
        assert jobs.sweep() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.claims) == ("running", 10, 10)


def test_a_broker_that_is_away_loses_nothing(job, monkeypatch, django_capture_on_commit_callbacks):
    def refuse(*args, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(celery_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(job)
    job.refresh_from_db()
    assert job.state == "queued"


def test_percent_reaches_100_only_when_every_row_was_worked_on(job):
    job.done, job.failed = 98, 1
    assert job.percent == 99
    job.done = 99
    assert job.percent == 100
