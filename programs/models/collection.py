from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel
from programs.models.program import Program


class Collection(TenantModel):
    """A named, ordered list of courses and specializations in a program's catalog."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="collections", db_index=False)
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, default="", blank=True)
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["program", "name"], name="collection_name_once")]

    def __str__(self) -> str:
        return self.name


class CollectionEntry(TenantModel):
    """A course or a specialization in a collection, each at most once."""

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    course = models.ForeignKey("catalog.Course", on_delete=models.PROTECT, null=True, related_name="+")
    specialization = models.ForeignKey(
        "catalog.Specialization", on_delete=models.PROTECT, null=True, related_name="+"
    )
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="entry_is_one_of_two",
                condition=Q(course=None, specialization__isnull=False)
                | Q(course__isnull=False, specialization=None),
            ),
            models.UniqueConstraint(
                fields=["collection", "course"], condition=~Q(course=None), name="entry_course_once"
            ),
            models.UniqueConstraint(
                fields=["collection", "specialization"],
                condition=~Q(specialization=None),
                name="entry_specialization_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.collection}: {self.course or self.specialization}"
