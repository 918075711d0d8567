"""How allauth meets the product: its mails travel through the outbox like every other."""

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter

from orgs import emails, outbox


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings by string, since the kernel imports nothing above it."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails. Links and keys are not kept: they are made when it is sent."""
        outbox.queue(
            kind=f"account_{template_prefix.rpartition('/')[2]}",
            recipient=email,
            organization=None,
            dedupe=f"account:{uuid4()}",
            data=emails.kept(context),
        )
