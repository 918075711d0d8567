from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class Left(models.TextChoices):
    """Why a place in a course or specialization ended. Only what ended with the membership comes back
    when the learner rejoins.
    """

    COURSE = "course", _("Left the course")
    PROGRAM = "program", _("Removed from the program")
    CLOSED = "closed", _("The program was removed")


class Placed(TenantModel):
    """A member's place in something of the program's catalog, charged to one contract.

    `source` is the name of the collection it was found in, empty when found by browsing or search. The
    organization and the program have no foreign keys of their own: the membership has them, and
    `reconcile` compares.
    """

    organization = models.ForeignKey(
        "orgs.Organization", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    membership = models.ForeignKey(
        "learners.Membership", on_delete=models.PROTECT, related_name="%(class)s_rows", db_index=False
    )
    contract = models.ForeignKey(
        "programs.Contract", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    collection = models.ForeignKey(
        "programs.Collection", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    source = models.CharField(max_length=120, default="", db_default="", blank=True)
    enrolled_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)
    left_reason = models.CharField(max_length=8, choices=Left.choices, default="", db_default="", blank=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Enrollment(Placed):
    """One member signed up for one course. Current while neither completed nor left.

    The figures are copies, moved in the transaction that changes what they tell
    (`learners.learning.figures`): progress, grade, start and completion whole, from the course
    record; `seconds`, `lessons`, `assessments` (distinct ones tried) and `last_activity_at` from the
    organization's first enrollment of this person in this course until the last one is left. All
    enrollments of one person in one course through one organization carry the same, so counting each
    course record once counts the work once.
    """

    record = models.ForeignKey("learners.CourseRecord", on_delete=models.PROTECT, related_name="enrollments")
    course = models.ForeignKey("catalog.Course", on_delete=models.PROTECT, related_name="+", db_index=False)
    session = models.ForeignKey(
        "catalog.CourseSession", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    class_start_at = models.DateTimeField(db_default=Now())
    progress = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    grade = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    started_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(default=0, db_default=0)
    lessons = models.PositiveIntegerField(default=0, db_default=0)
    assessments = models.PositiveIntegerField(default=0, db_default=0)
    last_activity_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "course"], condition=Q(left_at=None), name="enrollment_open_once"
            ),
            models.CheckConstraint(
                name="enrollment_left_has_reason",
                condition=Q(left_at=None, left_reason="") | Q(left_at__isnull=False) & ~Q(left_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["membership", "enrolled_at"], name="enrollment_by_membership"),
            models.Index(
                fields=["program", "course"],
                include=["membership", "completed_at", "left_at"],
                name="enrollment_by_course",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id}: {self.course_id}"


class SpecializationEnrollment(Placed):
    """One member signed up for a specialization: its courses are enrolled in, and charged, one by one.

    `courses_completed` counts its required courses that the account has completed; with all of them it is
    completed, at the moment of the last.
    """

    specialization = models.ForeignKey(
        "catalog.Specialization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    courses_completed = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "specialization"],
                condition=Q(left_at=None),
                name="specialization_enrollment_open_once",
            ),
            models.CheckConstraint(
                name="specialization_left_has_reason",
                condition=Q(left_at=None, left_reason="") | Q(left_at__isnull=False) & ~Q(left_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["membership", "enrolled_at"], name="special_by_membership"),
            models.Index(
                fields=["program", "specialization"],
                include=["membership", "completed_at", "left_at"],
                name="special_by_specialization",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id}: {self.specialization_id}"
