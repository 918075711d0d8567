"""Contracts come into being here; operators enter what was sold, nobody does so in the portal."""

from datetime import date

from orgs.audit import record
from orgs.errors import refuse_different, refuse_invalid
from orgs.models import Organization, User
from orgs.tenancy import org_transaction
from programs.models import Contract


def create(
    *,
    by: User | None,
    organization: Organization,
    name: str,
    kind: Contract.Kind,
    quantity: int | None,
    starts_on: date,
    ends_on: date,
) -> tuple[Contract, bool]:
    """Create a contract; its name is unique in the organization. `quantity` is None for an unlimited one.

    Returns it and whether it is new: asking again with the same values finds it and changes nothing.
    Raises ActionError for other values than it has, a quantity that does not fit the kind, and a last
    day before the first.
    """
    name = " ".join(name.split())
    given = {"kind": kind, "quantity": quantity, "starts_on": starts_on, "ends_on": ends_on}
    with org_transaction(organization):
        existing = Contract.objects.filter(organization=organization, name=name).first()
        if existing:
            refuse_different(existing, given)
            return existing, False
        contract = Contract(organization=organization, name=name, **given)
        refuse_invalid(contract)
        contract.save()
        record(
            by=by,
            organization=organization,
            verb="contract.created",
            target=contract,
            after={"name": name, **given, "starts_on": str(starts_on), "ends_on": str(ends_on)},
        )
    return contract, True
