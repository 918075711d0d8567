from django.db import models


class TenantModel(models.Model):
    """A row that belongs to one organization and is guarded by row security.

    Each concrete model's migration calls `orgs.tenancy.protect(<table>)`; a guard test compares
    the policies in the database with the subclasses of this class. Indexes are the model's own:
    one on the organization alone would serve no query.
    """

    organization = models.ForeignKey(
        "orgs.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True
