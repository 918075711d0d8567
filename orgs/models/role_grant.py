from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orgs.models.tenant import TenantModel
from orgs.permissions import Role


class RoleGrant(TenantModel):
    """A role that a person holds in an organization: over all of it, or for one program.

    The program is named by a string, so that the kernel imports nothing above it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    program = models.ForeignKey(
        "programs.Program", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                condition=models.Q(role=Role.ORG_ADMIN),
                name="one_org_admin_grant",
            ),
            models.UniqueConstraint(
                fields=["user", "program"],
                condition=models.Q(role=Role.PROGRAM_ADMIN),
                name="one_program_admin_grant",
            ),
            models.CheckConstraint(
                name="program_admin_names_program",
                condition=models.Q(role=Role.ORG_ADMIN, program__isnull=True)
                | models.Q(role=Role.PROGRAM_ADMIN, program__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["organization", "role"], name="role_grant_by_org")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organization_id}"
