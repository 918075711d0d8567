"""The kernel's tasks: thin doors through which workers reach the outbox and lost jobs."""

from celery import shared_task

from orgs import jobs, outbox, sending


@shared_task(name=outbox.TASK)
def send_mail() -> None:
    """Send what is due. Woken by each queued mail and by the beat; needs no argument and can be lost."""
    sending.send_due()


@shared_task(name="orgs.sweep_jobs")
def sweep_jobs() -> None:
    """Enqueue again the jobs that the broker lost or whose worker died."""
    jobs.sweep()
