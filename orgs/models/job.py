from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orgs.models.tenant import TenantModel


class Job(TenantModel):
    """Work that a person asked for and a worker will do: a row with progress, not a message in a queue.

    A subclass names its Celery task and queue. Only `orgs.jobs` moves `state`, `attempts` and
    `heartbeat_at`; the task moves `cursor` and the counters in the transaction of each chunk.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    TASK: ClassVar[str]
    QUEUE: ClassVar[str] = "default"

    state = models.CharField(
        max_length=12, choices=State.choices, default=State.QUEUED, db_default=State.QUEUED
    )
    total = models.PositiveIntegerField(default=0, db_default=0)
    done = models.PositiveIntegerField(default=0, db_default=0)
    failed = models.PositiveIntegerField(default=0, db_default=0)
    cursor = models.BigIntegerField(default=0, db_default=0)
    claims = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=500, default="", db_default="", blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether a worker still has something to do for it."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """Share of the rows worked on, 0 to 100; rounded down so that 100 means finished."""
        return 100 if not self.total else min(100, (self.done + self.failed) * 100 // self.total)
