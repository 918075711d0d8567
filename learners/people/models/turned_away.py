from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class TurnedAway(TenantModel):
    """A person who wanted to join and found no seat or a contract out of its dates, once per program."""

    class Reason(models.TextChoices):
        FULL = "full", _("No seat left")
        NOT_STARTED = "not_started", _("Contract not started")
        ENDED = "ended", _("Contract ended")

    program = models.ForeignKey("programs.Program", on_delete=models.PROTECT, related_name="turned_away")
    contract = models.ForeignKey("programs.Contract", on_delete=models.PROTECT, related_name="turned_away")
    email = models.CharField(max_length=254)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    times = models.PositiveIntegerField(default=1, db_default=1)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "program"], name="turned_away_once")]

    def __str__(self) -> str:
        return f"{self.email} {self.reason}"
