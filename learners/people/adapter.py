"""How allauth meets the product: its mails travel through the outbox like every other."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

from orgs import outbox


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings by string, since the kernel imports nothing above it."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails. Links and keys are not kept: they are made when it is sent."""
        outbox.queue_account_mail(template=template_prefix, recipient=email, context=context)
