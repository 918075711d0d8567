from django.db import models
from django.db.models.functions import Now

from orgs.models import TenantModel


class BarredAddress(TenantModel):
    """An address that needs a new invitation to a program though its owner is erased.

    Of the address only a keyed digest is kept (`config.lib.digests`), and nothing says which erased person
    it was of. Whoever joins by a new invitation clears it. After a change of SECRET_KEY the digests match
    nobody: who was removed and erased before that could come back by an allow-listed domain.
    """

    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="barred_addresses", db_index=False
    )
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "program"], name="barred_address_once")]

    def __str__(self) -> str:
        return f"barred address {self.pk}"
