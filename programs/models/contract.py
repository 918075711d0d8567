from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class Contract(TenantModel):
    """What the organization bought. `taken` counts active memberships (seats) or enrollments ever
    charged (enrollments); it moves only in the single statements that also write the ledger.
    """

    class Kind(models.TextChoices):
        UNLIMITED = "unlimited", _("Unlimited")
        SEATS = "seats", _("Seats")
        ENROLLMENTS = "enrollments", _("Enrollments")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("type"), max_length=12, choices=Kind.choices)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-ends_on", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="contract_name_once"),
            models.CheckConstraint(
                name="contract_quantity_fits_kind",
                condition=Q(kind="unlimited", quantity__isnull=True)
                | Q(kind__in=["seats", "enrollments"], quantity__isnull=False, quantity__gt=0),
            ),
            models.CheckConstraint(
                name="contract_never_oversold", condition=Q(kind="unlimited") | Q(taken__lte=F("quantity"))
            ),
            models.CheckConstraint(
                name="contract_ends_after_start", condition=Q(ends_on__gte=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.kind == self.Kind.UNLIMITED and self.quantity is not None:
            raise ValidationError({"quantity": _("An unlimited contract has no quantity.")})
        if self.kind != self.Kind.UNLIMITED and not self.quantity:
            raise ValidationError({"quantity": _("Say how many were bought.")})
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The last day is before the first.")})

    @property
    def left(self) -> int | None:
        """How many seats or enrollments are left; None when there is no limit."""
        return None if self.quantity is None else self.quantity - self.taken

    @property
    def today(self) -> date:
        """The organization's day, which decides whether a contract runs."""
        return timezone.localdate(timezone=self.organization.zone)

    @property
    def is_running(self) -> bool:
        """Whether today, where the organization is, lies within its dates."""
        return self.starts_on <= self.today <= self.ends_on

    @property
    def takes_members(self) -> bool:
        """Whether someone could join under it at this moment."""
        return self.is_running and (self.kind != self.Kind.SEATS or self.taken < (self.quantity or 0))
