"""How a job row gets worked on: enqueued with its cause, claimed by one worker, swept when it got lost.

Correctness needs PostgreSQL only. The message in the broker is a hint to look at the row now.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from orgs.errors import ActionError
from orgs.models import Job, User

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
J = TypeVar("J", bound=Job)


def enqueue(job: Job) -> None:
    """Send the job to its queue when the surrounding transaction commits."""
    transaction.on_commit(lambda: send(job.TASK, job.QUEUE, job.pk))


def send(task: str, queue: str, *args: int) -> None:
    """Wake a worker. A broker that is away costs time, never the work: the sweeper asks again."""
    try:
        current_app.send_task(task, args=args, queue=queue, retry=False)
    except OperationalError as error:
        logger.warning("The broker is not reachable; the sweeper will enqueue %s again: %s", task, error)


def claim(model: type[J], pk: int) -> J | None:
    """Take the job for this worker, or None when another has it or it is over.

    A running job whose worker has been silent for `JOB_LEASE_SECONDS` may be taken over. Each
    claim raises `claims`, which fences the former worker off; `attempts` counts those since the last
    progress.
    """
    claimed = model._default_manager.filter(_free(), pk=pk).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        claims=F("claims") + 1,
        started_at=Coalesce("started_at", Now()),
        heartbeat_at=Now(),
    )
    return (
        model._default_manager.select_related("organization", "requested_by").get(pk=pk) if claimed else None
    )


class Verify(Protocol):
    """Refuses (ActionError) when the job may no longer be done: a right withdrawn, a place gone."""

    def __call__(self, *, job: Any, by: User | None) -> None: ...


class Work(Protocol):
    """Does the next chunk in one transaction that also moves the cursor; says whether more may be left."""

    def __call__(self, *, job: Any, by: User | None) -> bool: ...


def work_off(model: type[J], pk: int, *, verify: Verify, work: Work) -> bool:
    """Claim the job and work it off from where the last worker left it; says whether it ended here.

    A refusal ends it with its sentence. After any other error another worker may try at once.
    """
    job = claim(model, pk)
    if job is None:
        return False
    try:
        verify(job=job, by=job.requested_by)
        while work(job=job, by=job.requested_by):
            pass
        finish(job)
    except LostJob:
        return False
    except ActionError as refusal:
        fail(job, refusal.text)
        return False
    except Exception:
        give_back(job)
        raise
    return True


def beat(job: Job) -> bool:
    """Say that the worker is alive. False when another worker has taken the job over: stop then."""
    return bool(_mine(job).update(heartbeat_at=Now()))


def advance(job: Job, *, to: int, done: int = 0, failed: int = 0, **counters: int) -> None:
    """Move the cursor in the transaction of the chunk. Raises `LostJob` when it is no longer this worker's
    or the chunk was worked on already, so that the chunk rolls back.
    """
    added = {name: F(name) + value for name, value in {"done": done, "failed": failed, **counters}.items()}
    if not _mine(job).filter(cursor=job.cursor).update(cursor=to, heartbeat_at=Now(), attempts=0, **added):
        raise LostJob(f"{job._meta.label} {job.pk} is worked on elsewhere")
    job.cursor = to


def finish(job: Job) -> None:
    """Mark the job done, unless another worker has taken it over."""
    _mine(job).update(state=Job.State.DONE, finished_at=Now(), heartbeat_at=Now())


def fail(job: Job, text: str) -> None:
    """End the job with a sentence that the person who asked for it can read."""
    _mine(job).update(state=Job.State.FAILED, finished_at=Now(), error=text[:500])


def give_back(job: Job) -> None:
    """Let the sweeper hand the job to another worker at once, after an error that may pass."""
    _mine(job).update(heartbeat_at=None)


def sweep() -> int:
    """Enqueue again what the broker lost or whose worker died; after three tries without progress say so.
    Returns how many were enqueued.

    Safe to run by several schedulers at once: a job sent twice is claimed once.
    """
    return sum(_sweep_model(model) for model in job_models())


def job_models() -> Iterator[type[Job]]:
    """Every concrete kind of job in the installed apps."""
    return (model for model in apps.get_models() if issubclass(model, Job))


class LostJob(ActionError):
    """The job was taken over by another worker; what this one was doing is rolled back."""


def _sweep_model(model: type[Job]) -> int:
    rows = model._default_manager
    text = _(
        "The work stopped three times before it was finished. What was done stays done; please try again."
    )
    rows.filter(_free(), state=Job.State.RUNNING, attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED, finished_at=Now(), error=text
    )
    lost = rows.filter(_free(), created_at__lt=Now() - timedelta(seconds=2)).values_list("pk", flat=True)
    for pk in lost:
        send(model.TASK, model.QUEUE, pk)
    return len(lost)


def _free() -> Q:
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=Now() - timedelta(seconds=settings.JOB_LEASE_SECONDS))
    return Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING) & silent


def _mine(job: Job) -> QuerySet[Job]:
    return type(job)._default_manager.filter(pk=job.pk, state=Job.State.RUNNING, claims=job.claims)
