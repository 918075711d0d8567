from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models.course import Course
from catalog.models.partner import Partner


class Specialization(models.Model):
    """A sequence of courses of one partner. Completed when all its required courses are."""

    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=250)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="specializations")
    level = models.CharField(
        _("level"), max_length=12, choices=Course.Level.choices, default=Course.Level.MIXED
    )
    summary = models.CharField(_("summary"), max_length=400, default="", blank=True)
    description = models.TextField(_("description"), default="", blank=True)
    courses = models.ManyToManyField(Course, through="SpecializationCourse", related_name="specializations")
    is_offered = models.BooleanField(_("can be enrolled in"), default=True, db_default=True)
    search = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["title", "id"]
        indexes = [GinIndex(OpClass(F("search"), "gin_trgm_ops"), name="specialization_search")]

    def __str__(self) -> str:
        return self.title


class SpecializationCourse(models.Model):
    """A course's place in the sequence."""

    specialization = models.ForeignKey(
        Specialization, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="parts")
    position = models.PositiveSmallIntegerField(default=0)
    is_required = models.BooleanField(_("required"), default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["specialization", "course"], name="specialization_course_once")
        ]

    def __str__(self) -> str:
        return f"{self.specialization}: {self.course}"
