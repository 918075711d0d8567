"""The outbox: mails are rows, committed with what causes them and sent by workers."""

from typing import Any

from django.db import transaction

from orgs import jobs
from orgs.models import Organization, OutboundEmail

TASK = "orgs.send_mail"


def queue(
    *, kind: str, recipient: str, organization: Organization | None, dedupe: str, data: dict[str, Any]
) -> None:
    """Queue one mail in the current transaction. The same `dedupe` is queued once, whoever asks."""
    OutboundEmail.objects.bulk_create(
        [OutboundEmail(kind=kind, recipient=recipient, organization=organization, dedupe=dedupe, data=data)],
        ignore_conflicts=True,
    )
    wake()


def wake() -> None:
    """Ask a mail worker to look at the outbox once this transaction is committed."""
    transaction.on_commit(lambda: jobs.send(TASK, "mail"))
