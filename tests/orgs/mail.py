"""Short words for tests of the outbox."""

from datetime import timedelta

from django.utils import timezone

from orgs import outbox
from orgs.models import OutboundEmail


def queue(*addresses: str, kind: str = "check") -> None:
    """One mail to each address."""
    for address in addresses:
        outbox.queue(kind=kind, recipient=address, organization=None, dedupe=f"{kind}:{address}", data={})


def row(address: str) -> OutboundEmail:
    return OutboundEmail.objects.get(recipient=address)


def states() -> dict[str, str]:
    """The state of every mail by recipient, in the order in which they were queued."""
    return dict(OutboundEmail.objects.order_by("pk").values_list("recipient", "state"))


def make_due() -> None:
    """Let leases run out and pauses end."""
    OutboundEmail.objects.update(not_before=timezone.now() - timedelta(seconds=1))


def people(count: int) -> list[str]:
    return [f"p{number}@acme.example" for number in range(count)]
