"""manage.py create_contract: what an organization bought."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.urls import reverse
from django.utils import formats

from orgs.operators import OperatorCommand, address, find_organization
from programs.actions import contracts
from programs.models import Contract


class Command(OperatorCommand):
    help = "Enter a contract: seats, enrollments or unlimited, with its first and last day."
    example = (
        '  manage.py create_contract "Workforce 2026" --organization acme --seats 500 '
        "--from 2026-01-01 --to 2026-12-31"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="unique in the organization")
        parser.add_argument("--organization", required=True, help="slug of the organization")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--seats", metavar="N", help="so many members at a time")
        kind.add_argument("--enrollments", metavar="N", help="so many course enrollments in all")
        kind.add_argument("--unlimited", action="store_true")
        parser.add_argument(
            "--from", dest="starts_on", metavar="DAY", required=True, help="first day: 2026-01-01"
        )
        parser.add_argument("--to", dest="ends_on", metavar="DAY", required=True, help="last day, included")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        kind, quantity = _kind_and_quantity(options)
        contract, is_new = contracts.create(
            by=None,
            organization=organization,
            name=options["name"],
            kind=kind,
            quantity=quantity,
            starts_on=_day(options["starts_on"]),
            ends_on=_day(options["ends_on"]),
        )
        if is_new:
            self.done(f"Created the contract {contract.name} of {organization.name}: {_what(contract)}.")
        else:
            self.say(f"The contract {contract.name} exists already with these values.")
        if not contract.is_running:
            self.say("Nobody can join under it today, since today is outside its dates.")
        self.say(f"Open  {address(reverse('contract', args=[organization.slug, contract.pk]))}")


def _kind_and_quantity(options: dict[str, Any]) -> tuple[Contract.Kind, int | None]:
    for kind in (Contract.Kind.SEATS, Contract.Kind.ENROLLMENTS):
        text = options[kind.value]
        if text is not None:
            if not text.isdecimal() or int(text) == 0:
                raise CommandError(f"--{kind.value} takes a whole number above 0, not “{text}”.")
            return kind, int(text)
    return Contract.Kind.UNLIMITED, None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is not a date; write it like 2026-12-31.") from error


def _what(contract: Contract) -> str:
    days = f"{formats.date_format(contract.starts_on)} to {formats.date_format(contract.ends_on)}"
    if contract.quantity is None:
        return f"unlimited, {days}"
    return f"{contract.quantity:,} {contract.kind}, {days}"
