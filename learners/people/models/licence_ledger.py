import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class LicenceLedger(TenantModel):
    """Each licence taken (+1) and given back (-1); the sum per contract equals its `taken`.

    Contract, figure, reason and time never change. Only which membership a line speaks of does, when two
    persons turn out to be one (`learners.people.actions.merging`).
    """

    class Reason(models.TextChoices):
        JOINED = "joined", _("Joined")
        REMOVED = "removed", _("Removed")
        ENROLLED = "enrolled", _("Enrolled in a course")
        MERGED = "merged", _("Held twice by one person")

    contract = models.ForeignKey(
        "programs.Contract", on_delete=models.PROTECT, related_name="ledger", db_index=False
    )
    membership = models.ForeignKey("learners.Membership", on_delete=models.PROTECT, related_name="ledger")
    delta = models.SmallIntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["contract", "id"], name="licence_ledger_by_contract")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.delta:+d}"
