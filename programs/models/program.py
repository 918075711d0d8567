from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class Program(TenantModel):
    """A bucket of learners with its own catalog. Its slug is its public address and never changes."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        REMOVED = "removed", _("Removed")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    tagline = models.CharField(_("tagline"), max_length=120, blank=True)
    # The invitation in its own words, both or none; see learners.people.wording.
    invitation_subject = models.CharField(
        _("subject of the invitation"), max_length=78, default="", db_default="", blank=True
    )
    invitation_message = models.TextField(_("text of the invitation"), default="", db_default="", blank=True)
    # Of each member: current and completed enrollments in this program count.
    enrollment_limit = models.PositiveSmallIntegerField(
        _("course enrollment limit"), null=True, blank=True, help_text=_("1 to 9999; empty: no limit")
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["organization", "name"], name="program_by_name")]
        constraints = [
            models.CheckConstraint(
                name="program_enrollment_limit",
                condition=Q(enrollment_limit=None) | Q(enrollment_limit__gte=1, enrollment_limit__lte=9999),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    def get_absolute_url(self) -> str:
        """The address learners are given."""
        return reverse("program", args=[self.slug])
