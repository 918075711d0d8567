from django.db import models
from django.db.models.functions import Now

from orgs.models.tenant import TenantModel


class OutboundEmail(TenantModel):
    """A mail that will be, is being or was sent. Committed together with what caused it.

    `dedupe` names the cause, so that asking twice sends once. `data` holds ids and values for the
    template, never a finished link. An account's own mail (password reset) has no organization.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Delivery(models.TextChoices):
        """What the provider said afterwards, from the weakest word to the last."""

        DELIVERED = "delivered"
        BOUNCED = "bounced"
        COMPLAINED = "complained"

    organization = models.ForeignKey(  # type: ignore[assignment]
        "orgs.Organization", on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    dedupe = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    recipient = models.CharField(max_length=254)
    data = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    state = models.CharField(
        max_length=12, choices=State.choices, default=State.QUEUED, db_default=State.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(db_default=Now())
    error = models.CharField(max_length=500, default="", db_default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    # The id under which the server or provider speaks of this mail, without the angle brackets.
    message_id = models.CharField(max_length=255, default="", db_default="", blank=True)
    delivery = models.CharField(
        max_length=12, choices=Delivery.choices, default="", db_default="", blank=True
    )
    delivery_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="outbound_email_due",
            ),
            models.Index(fields=["recipient", "-id"], name="outbound_email_by_recipient"),
            models.Index(
                fields=["message_id"], condition=~models.Q(message_id=""), name="outbound_email_by_message"
            ),
        ]

    def __str__(self) -> str:
        return self.dedupe
