"""Giving licences back: the one way in which removing, connecting and erasing free a seat."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F, Sum

from learners.people.models import LicenceLedger, Membership
from orgs.models import Organization
from programs.models import Contract


def give_back(
    organization: Organization, memberships: Sequence[Membership], reason: LicenceLedger.Reason
) -> int:
    """Return the licences that the ledger says these members hold; an enrollment bought is never returned.

    Part of an action: the memberships are locked and the organization's transaction is open. Returns how
    many were given back.
    """
    lines = LicenceLedger.objects.filter(membership__in=[row.pk for row in memberships])
    held = (
        lines.exclude(contract__kind=Contract.Kind.ENROLLMENTS)
        .values_list("membership_id", "contract_id")
        .annotate(licences=Sum("delta"))
        .filter(licences__gt=0)
        .order_by("membership_id")
    )
    returns = [(membership, contract) for membership, contract, _licences in held]
    freed = Counter(contract for _membership, contract in returns)
    for contract in sorted(freed):
        Contract.objects.filter(pk=contract).update(taken=F("taken") - freed[contract])
    LicenceLedger.objects.bulk_create(
        LicenceLedger(
            organization=organization,
            contract_id=contract,
            membership_id=membership,
            delta=-1,
            reason=reason,
        )
        for membership, contract in returns
    )
    return len(returns)
