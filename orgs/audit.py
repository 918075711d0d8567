"""The audit log: every administrative act leaves one entry in the same transaction."""

from typing import Any

from django.db import models

from orgs.models import AuditEvent, Organization, User


def record(
    *,
    by: User | None,
    organization: Organization,
    verb: str,
    target: models.Model,
    by_label: str = "",
    program_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write down who did what to which row. `by=None` is the system or an operator at the shell.

    `verb` is a dotted name such as `membership.removed`; `before` and `after` hold only what changed.
    `by_label` names the actor as the organization knows them, where their account says otherwise.
    """
    return AuditEvent.objects.create(
        organization=organization,
        actor=by,
        actor_label=by_label or (f"{by.name} <{by.email}>" if by else ""),
        verb=verb,
        program_id=program_id,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        target_label=str(target)[:500],
        before=before,
        after=after,
    )
