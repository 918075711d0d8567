"""What systems elsewhere say by xAPI: who may say it for an organization, and every statement as it came."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orgs.models import TenantModel


class XapiCredential(TenantModel):
    """A key by which a system writes and reads the statements of one organization.

    Of the secret, 32 random bytes, only the SHA-256 is kept; it was shown once, when it was made.
    """

    name = models.CharField(max_length=120)
    key = models.CharField(max_length=40, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(revoked_at=None), name="xapi_credential_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class XapiStatement(TenantModel):
    """One statement, kept as it came, and what became of it.

    `digest` tells equal content, whatever the order of its keys. `actor` is a digest of the actor's
    identifier, by which statements are looked up. `voids` is the id of the statement that a voiding one
    takes back: that one is no longer listed, and what it counted for stays counted. `user` is whom the
    actor was found to be.
    """

    class Outcome(models.TextChoices):
        COUNTED = "counted"
        UNKNOWN_VERB = "unknown_verb"
        UNKNOWN_LEARNER = "unknown_learner"
        UNKNOWN_COURSE = "unknown_course"
        NOT_ENROLLED = "not_enrolled"
        VOIDING = "voiding"

    statement_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    body = models.JSONField()
    actor = models.CharField(max_length=64)
    verb = models.TextField()
    activity = models.TextField(default="", db_default="", blank=True)
    voids = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    stored_at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices)

    class Meta:
        constraints = [
            # The selective column first: see the traps of a new organization in Person.
            models.UniqueConstraint(fields=["statement_id", "organization"], name="xapi_statement_once")
        ]
        indexes = [
            models.Index(fields=["organization", "stored_at", "id"], name="xapi_statement_by_time"),
            models.Index(fields=["actor", "stored_at"], name="xapi_statement_by_actor"),
            models.Index(fields=["user"], condition=Q(user__isnull=False), name="xapi_statement_by_user"),
            models.Index(
                fields=["voids", "organization"],
                condition=Q(voids__isnull=False),
                name="xapi_statement_voids",
            ),
        ]

    def __str__(self) -> str:
        return str(self.statement_id)
