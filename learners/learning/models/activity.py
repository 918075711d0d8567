"""What learners did when, and the time it adds up to. Both belong to the account."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Activity(models.Model):
    """One thing a learner did in a course. Append-only; `event_id` makes one from elsewhere come in once.

    `completes`: the item was done with it. A graded item is done only when it is passed.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        WATCHED = "watched"
        READ = "read"
        ANSWERED = "answered"
        HANDED_IN = "handed_in"
        DISCUSSED = "discussed"
        COMPLETED = "completed"
        OTHER = "other"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    course = models.ForeignKey("catalog.Course", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(
        "catalog.Item", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    event_id = models.UUIDField(null=True)
    completes = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["event_id"], condition=~Q(event_id=None), name="activity_event_once"
            )
        ]
        indexes = [models.Index(fields=["user", "at", "course"], name="activity_by_user")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.at}"


class LearningSpan(models.Model):
    """A stretch of a learner's session spent in one course; a session is one or more of them in a row.

    Sessions end where a learner, over all courses, did nothing for more than 60 minutes. Within one each
    gap counts for the course of its earlier event, so a span lasts until the next one of its session
    begins, the last one until the session's last event. `opens_session` marks the first of a session.
    Derived from the activities; see `learners.learning.time`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    course = models.ForeignKey("catalog.Course", on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    opens_session = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "started_at", "course"], name="learning_span_once"),
            models.CheckConstraint(name="learning_span_forward", condition=Q(ended_at__gte=F("started_at"))),
        ]
        indexes = [
            models.Index(
                fields=["user", "course", "started_at"], include=["ended_at"], name="learning_span_by_course"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.course_id} {self.started_at}"
