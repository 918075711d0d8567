"""How allauth meets the product: its mails travel through the outbox like every other, its words are ours."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from orgs import outbox


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings by string, since the kernel imports nothing above it."""

    error_messages = {  # noqa: RUF012 - the library's own shape
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is closed."),
        "cannot_remove_primary_email": _("This is your primary address. Make another one primary first."),
        "duplicate_email": _("This address belongs to your account already."),
        "email_password_mismatch": _(
            "That e-mail and password do not belong together. Check both and try again."
        ),
        "email_taken": _("This address belongs to another account."),
        "enter_current_password": _("That is not your current password."),
        "incorrect_password": _("That is not your password."),
        "invalid_password_reset": _("This link was used or has expired."),
        "too_many_login_attempts": _("Too many wrong passwords. Wait five minutes and try again."),
        "rate_limited": _("That was too often in a short time. Wait a few minutes and try again."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails. Links and keys are not kept: they are made when it is sent."""
        outbox.queue_account_mail(template=template_prefix, recipient=email, context=context)

    def is_safe_url(self, url: str | None) -> bool:
        """Whether one may be sent there after signing in or out: a path of this site, nothing else."""
        if url is None or not url.startswith("/"):
            return False
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the password was among the other settings."""
        return reverse("account_settings")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The library adds the Host header, whose port is anyone's choice: each would give fresh tries.
        return str(credentials.get("email", "")).lower()
