"""Roles: who administers an organization, or one of its programs."""

from typing import Any

from django.utils.translation import gettext as _

from orgs.audit import record
from orgs.errors import ActionError
from orgs.models import Organization, RoleGrant, User
from orgs.outbox import queue
from orgs.permissions import Role
from orgs.tenancy import org_transaction


def grant(
    *, by: User | None, user: User, organization: Organization, program: Any = None, mail: bool = True
) -> tuple[RoleGrant, bool]:
    """Make a person org admin, or with `program` admin of that program alone: a row of the model that grants
    name, which the kernel does not import.

    Returns the grant and whether it is new; one who has it already keeps it. With `mail` a new one is told.
    Raises ActionError for a
    program of another organization, and for an org admin, who administers every program already.
    """
    with org_transaction(organization):
        # The organization's row is locked, so that two at once find each other's grant.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if program is None:
            role = Role.ORG_ADMIN
        else:
            _refuse_program(user, organization, program)
            role = Role.PROGRAM_ADMIN
        row, is_new = RoleGrant.objects.get_or_create(
            user=user, organization=organization, role=role, program=program
        )
        if is_new:
            record(
                by=by,
                organization=organization,
                verb="admin.added",
                target=user,
                program_id=program.pk if program else None,
                after={"email": user.email, "role": row.role, "program": str(program) if program else None},
            )
            if mail:
                queue(
                    kind="admin_added",
                    recipient=user.email,
                    organization=organization,
                    dedupe=f"admin_added:{row.pk}",
                    data={"grant": row.pk},
                )
        return row, is_new


def _refuse_program(user: User, organization: Organization, program: Any) -> None:
    if program.organization_id != organization.pk:
        raise ActionError(
            _("The program %(program)s belongs to another organization.") % {"program": program}, "program"
        )
    if RoleGrant.objects.filter(user=user, organization=organization, role=Role.ORG_ADMIN).exists():
        raise ActionError(
            _("%(name)s is an organization admin of %(organization)s and administers every program already.")
            % {"name": user, "organization": organization},
            "program",
        )
