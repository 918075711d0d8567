from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models.partner import Partner
from catalog.models.skill import Skill


class Course(models.Model):
    """What can be learned; its slug is its address. What it consists of hangs on its versions.

    `search` is lower-cased once in Python; SQL never lowers, since the two differ. `activity_iri` is how
    systems elsewhere name the course in the statements they send.
    """

    class Kind(models.TextChoices):
        COURSE = "course", _("Course")
        PROJECT = "project", _("Project")

    class Level(models.TextChoices):
        BEGINNER = "beginner", _("Beginner")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")
        MIXED = "mixed", _("Mixed")

    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=250)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.COURSE)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices, default=Level.MIXED)
    language = models.CharField(
        _("language"), max_length=12, default="en", help_text=_("a tag as in BCP 47, such as en or pt-BR")
    )
    hours = models.DecimalField(_("hours"), max_digits=6, decimal_places=2, null=True, blank=True)
    summary = models.CharField(_("summary"), max_length=400, default="", blank=True)
    description = models.TextField(_("description"), default="", blank=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="courses")
    skills = models.ManyToManyField(Skill, through="CourseSkill", related_name="courses")
    activity_iri = models.CharField(_("activity IRI"), max_length=500, null=True, blank=True, unique=True)
    version = models.ForeignKey(
        "catalog.CourseVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("what those who enroll from now on are taught"),
    )
    is_offered = models.BooleanField(_("can be enrolled in"), default=True, db_default=True)
    search = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.CheckConstraint(name="course_hours_positive", condition=Q(hours=None) | Q(hours__gt=0))
        ]
        indexes = [GinIndex(OpClass(F("search"), "gin_trgm_ops"), name="course_search")]

    def __str__(self) -> str:
        return self.title


class CourseVersion(models.Model):
    """One edition of a course's content. Who began with it stays with it; `digest` tells equal content."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64, default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="course_version_once")]

    def __str__(self) -> str:
        return f"{self.course} {self.number}"


class CourseSession(models.Model):
    """A class with a fixed first day. Who enrolls without one learns at their own pace."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "starts_at"], name="course_session_once"),
            models.CheckConstraint(
                name="course_session_ends_after_start",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.starts_at:%Y-%m-%d}"


class CourseSkill(models.Model):
    """A skill that the course teaches. The weights of a course sum to 1, so that skill hours add up."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="course_skills", db_index=False)
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="course_skills")
    weight = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "skill"], name="course_skill_once"),
            models.CheckConstraint(name="course_skill_weight", condition=Q(weight__gt=0, weight__lte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.course}: {self.skill}"
