"""How allauth meets the product: its mails travel through the outbox like every other."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings by string, since the kernel imports nothing above it."""
