from django.db import models
from django.db.models.functions import Now

from orgs.models import TenantModel


class Invitation(TenantModel):
    """The link and the sending history of one invited membership.

    The token is signed from id and generation, so nothing secret is stored and every reminder
    carries the same link; "replace the link" raises the generation. Valid while the membership is
    invited.
    """

    organization = models.ForeignKey(
        "orgs.Organization", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    membership = models.OneToOneField(
        "learners.Membership", on_delete=models.CASCADE, related_name="invitation"
    )
    # The file that made it; empty for those typed in. Without an index of its own for the others.
    made_by = models.ForeignKey(
        "learners.InviteImport",
        on_delete=models.DO_NOTHING,
        related_name="invitations",
        null=True,
        db_index=False,
        db_constraint=False,
    )
    generation = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    sent_count = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["made_by", "id"],
                condition=models.Q(made_by__isnull=False),
                name="invitation_by_import",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
