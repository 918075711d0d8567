"""What a person may do. Permissions are an enum, roles are reviewed code: product.md S4 is this file."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """One thing an administrator may do, in an organization or in one of its programs."""

    HOME_VIEW = "home.view"
    PROGRAM_VIEW = "program.view"
    LEARNERS_VIEW = "learners.view"
    LEARNERS_INVITE = "learners.invite"
    LEARNERS_REMOVE = "learners.remove"
    CONTRACTS_VIEW = "contracts.view"
    SETTINGS_VIEW = "settings.view"
    SETTINGS_EDIT = "settings.edit"
    AUDIT_VIEW = "audit.view"


class Role(models.TextChoices):
    ORG_ADMIN = "org_admin", _("Organization admin")
    PROGRAM_ADMIN = "program_admin", _("Program admin")


OF_A_PROGRAM = frozenset(
    {
        Permission.HOME_VIEW,
        Permission.PROGRAM_VIEW,
        Permission.LEARNERS_VIEW,
        Permission.LEARNERS_INVITE,
        Permission.LEARNERS_REMOVE,
    }
)
ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.ORG_ADMIN: frozenset(Permission),
    Role.PROGRAM_ADMIN: OF_A_PROGRAM,
}
