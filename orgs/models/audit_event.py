import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orgs.models.tenant import TenantModel


class AuditEvent(TenantModel):
    """One administrative act: who, when, what, before and after. Rows are never changed or deleted.

    The actor's name and address are copied, so that the entry still reads when the account is gone.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    actor_label = models.CharField(max_length=460, blank=True)
    verb = models.CharField(max_length=60)
    program_id = models.BigIntegerField(null=True)
    target_type = models.CharField(max_length=60)
    target_id = models.BigIntegerField(null=True)
    target_label = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "-at", "-id"], name="audit_event_by_time")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_label}"
