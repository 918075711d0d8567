"""Addresses that nothing is sent to; operators alone lift that."""

from django.db import transaction
from django.utils.translation import gettext as _

from config.lib import emails
from orgs.errors import ActionError
from orgs.models import Suppression, User


@transaction.atomic
def lift(*, email: str, by: User | None) -> bool:
    """Let mail go to this address again. Returns whether it had been suppressed; asking twice is no mistake.

    Refuses what is no address. Mails that were cancelled meanwhile stay so: they are sent again by hand.
    """
    address = emails.normalize(email)
    if emails.problem(address):
        raise ActionError(_("“%(address)s” is not an e-mail address.") % {"address": email}, "email")
    return bool(Suppression.objects.filter(email=address).delete()[0])
