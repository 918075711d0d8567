"""What an account did in a course. It belongs to the account, not to an organization; administrators
reach it only through an enrollment.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CourseRecord(models.Model):
    """One account's work in one course, in the version it began with.

    `items_completed`, `progress`, `grade` and `completed_at` are told from the facts beneath and from what
    another system reported (`reported_*`), which wins where it says something: the course is taken there. Of
    several reports the newest counts for each of progress, grade and result, the earliest for completion and
    confirmed identity; `reported_at` is the newest of all. `grade` is null where nothing is graded.
    `verified_at`: the completion's identity was confirmed.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="course_records", db_index=False
    )
    course = models.ForeignKey("catalog.Course", on_delete=models.PROTECT, related_name="records")
    version = models.ForeignKey(
        "catalog.CourseVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    items_completed = models.PositiveIntegerField(default=0, db_default=0)
    progress = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    grade = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    completed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_progress = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    reported_grade = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    reported_completed_at = models.DateTimeField(null=True)
    reported_progress_at = models.DateTimeField(null=True)
    reported_grade_at = models.DateTimeField(null=True)
    reported_result_at = models.DateTimeField(null=True)
    reported_verified_at = models.DateTimeField(null=True)
    reported_result = models.CharField(max_length=40, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course"], name="course_record_once"),
            models.CheckConstraint(
                name="course_record_percentages",
                condition=Q(progress__gte=0, progress__lte=100)
                & (Q(grade=None) | Q(grade__gte=0, grade__lte=100)),
            ),
            models.CheckConstraint(
                name="course_record_verified_is_completed",
                condition=Q(verified_at=None) | Q(completed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.course}"


class ItemProgress(models.Model):
    """How far an account is with one item. `best_score` and `passed_at` (the first pass) sum up its
    attempts; a graded item is completed when it is passed.
    """

    pk = models.CompositePrimaryKey("record_id", "item_id")
    record = models.ForeignKey(CourseRecord, on_delete=models.PROTECT, related_name="items", db_index=False)
    item = models.ForeignKey("catalog.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    best_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    passed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.record_id}: {self.item_id}"


class LessonTaken(models.Model):
    """An account completed all required items of a lesson, once; `at` is when the last of them was."""

    pk = models.CompositePrimaryKey("record_id", "lesson_id")
    record = models.ForeignKey(CourseRecord, on_delete=models.PROTECT, related_name="lessons", db_index=False)
    lesson = models.ForeignKey("catalog.Lesson", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.record_id}: {self.lesson_id}"


class Attempt(models.Model):
    """A scored try at an assessment. Attempts are numbered by their time when they are read, so that it
    does not matter in which order they arrive. `event_id` makes one from elsewhere come in once.
    """

    record = models.ForeignKey(
        CourseRecord, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    item = models.ForeignKey("catalog.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    submitted_at = models.DateTimeField()
    score = models.DecimalField(max_digits=5, decimal_places=2)
    passed = models.BooleanField()
    event_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id"], condition=~Q(event_id=None), name="attempt_event_once"
            ),
            models.CheckConstraint(name="attempt_score", condition=Q(score__gte=0, score__lte=100)),
        ]
        indexes = [models.Index(fields=["record", "item", "submitted_at"], name="attempt_by_record")]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.item_id}, {self.score}"
