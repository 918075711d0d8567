from django.db import models

from orgs.models import TenantModel


class ColumnMapping(TenantModel):
    """Which columns someone chose for files with this header, so that the next such file needs no choice."""

    fingerprint = models.CharField(max_length=64)
    columns = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "fingerprint"], name="column_mapping_once")
        ]

    def __str__(self) -> str:
        return f"column mapping {self.pk}"


class ImportFile(TenantModel):
    """The bytes of a draft whose columns are still to be chosen. Goes when they are, or with the draft."""

    job = models.OneToOneField("learners.InviteImport", on_delete=models.CASCADE, related_name="upload")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.job_id}"
