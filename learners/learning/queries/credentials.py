"""The keys by which systems elsewhere speak for an organization."""

import hashlib
import hmac

from learners.learning.models import XapiCredential
from orgs.models import Organization


def authenticate(key: str, secret: str) -> XapiCredential | None:
    """The credential of this key and secret, compared in constant time; None when revoked or wrong."""
    credential = (
        XapiCredential.objects.select_related("organization").filter(key=key, revoked_at=None).first()
    )
    expected = credential.secret_hash if credential else hash_of("")
    return credential if hmac.compare_digest(hash_of(secret), expected) and credential else None


def named(organization: Organization, name: str) -> XapiCredential | None:
    """The organization's credential of this name that is not revoked."""
    return XapiCredential.objects.filter(organization=organization, name=name, revoked_at=None).first()


def names(organization: Organization) -> list[str]:
    """What the credentials in use are called."""
    rows = XapiCredential.objects.filter(organization=organization, revoked_at=None)
    return list(rows.order_by("name").values_list("name", flat=True))


def hash_of(secret: str) -> str:
    """What is kept of a secret. It is 32 random bytes, so a plain digest cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()
