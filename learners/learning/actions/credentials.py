"""Giving a system elsewhere a key to speak for an organization, and taking it back."""

import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from learners.learning.models import XapiCredential
from learners.learning.queries import credentials as queries
from orgs.audit import record
from orgs.errors import ActionError, refuse_invalid
from orgs.models import Organization, User
from orgs.tenancy import org_transaction

# How exactly the last use is known: a row written at every request would make requests wait for each other.
TOUCH = timedelta(minutes=1)


def create(*, organization: Organization, name: str, by: User | None) -> tuple[XapiCredential, str]:
    """Make a credential and return it with its secret, which nobody can read again.

    Raises ActionError when one of this name is in use.
    """
    secret = secrets.token_urlsafe(32)
    with org_transaction(organization):
        if queries.named(organization, name) is not None:
            text = _("%(organization)s has a credential “%(name)s” already; revoke it first to replace it.")
            raise ActionError(text % {"organization": organization, "name": name}, "name", code="exists")
        row = XapiCredential(
            organization=organization,
            name=name.strip(),
            key=secrets.token_hex(10),
            secret_hash=queries.hash_of(secret),
        )
        refuse_invalid(row)
        row.save()
        record(by=by, organization=organization, verb="credential.created", target=row)
        return row, secret


def revoke(*, credential: XapiCredential, by: User | None) -> bool:
    """End a credential at once; what came by it stays. False when it was revoked already."""
    with org_transaction(credential.organization):
        rows = XapiCredential.objects.filter(pk=credential.pk, revoked_at=None)
        if not rows.update(revoked_at=timezone.now()):
            return False
        record(by=by, organization=credential.organization, verb="credential.revoked", target=credential)
        return True


def touch(*, credential: XapiCredential, by: User | None) -> None:
    """Note that it was used, to the minute."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH)
    XapiCredential.objects.filter(stale, pk=credential.pk).update(last_used_at=now)
