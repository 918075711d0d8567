from django.db import models
from django.db.models.functions import Now


class Suppression(models.Model):
    """An address that a mail server refused for good or whose owner complained: nothing is sent to it.

    Global on purpose: an address is dead for every organization alike, and no page lists this table.
    """

    class Reason(models.TextChoices):
        BOUNCED = "bounced"
        COMPLAINED = "complained"

    email = models.CharField(max_length=254, unique=True)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.email
