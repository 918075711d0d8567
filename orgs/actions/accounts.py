"""Accounts that an operator makes; learners make theirs by joining."""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from config.lib import emails
from orgs.errors import ActionError, refuse_invalid
from orgs.models import User


@transaction.atomic
def ensure(*, by: User | None, email: str, name: str = "", password: str | None = None) -> tuple[User, bool]:
    """The account with this address, made if need be; its address counts as verified from now on.

    Returns it and whether it is new. Raises ActionError for an address that cannot be one, a new account
    without a name, a password that is too weak, and a name or password that an existing account does
    not have: an account belongs to its owner, so neither is changed here.
    """
    email, name = emails.normalize(email), " ".join(name.split())
    if emails.problem(email):
        raise ActionError(_("“%(email)s” is not an e-mail address.") % {"email": email}, "email")
    verified = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    user = verified.user if verified else User.objects.filter(email=email).first()
    if user:
        _refuse_other_values(user, name, password)
        address = {"verified": True, "primary": email == user.email}
        EmailAddress.objects.update_or_create(user=user, email=email, defaults=address)
        return user, False
    if not name:
        raise ActionError(_("%(email)s has no account yet: give a name for it.") % {"email": email}, "name")
    user = User(email=email, name=name)
    _refuse_weak(password, user)
    user.set_password(password)
    refuse_invalid(user)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user, True


def _refuse_other_values(user: User, name: str, password: str | None) -> None:
    if not user.is_active:
        raise ActionError(_("The account %(email)s is closed.") % {"email": user.email}, "email")
    if name and name != user.name:
        raise ActionError(
            _("The account %(email)s belongs to “%(name)s”, not “%(asked)s”; leave the name out to use it.")
            % {"email": user.email, "name": user.name, "asked": name},
            "name",
        )
    if password is not None and not user.check_password(password):
        raise ActionError(
            _("The account %(email)s has another password already; leave the password out to use it.")
            % {"email": user.email},
            "password",
        )


def _refuse_weak(password: str | None, user: User) -> None:
    if password is None:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ActionError(" ".join(error.messages), "password") from error
