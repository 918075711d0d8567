"""manage.py create_organization: a new tenant."""

from typing import Any

from django.core.management.base import CommandParser
from django.urls import reverse

from orgs.actions import organizations
from orgs.models.organization import SizeBand
from orgs.operators import OperatorCommand, address


class Command(OperatorCommand):
    help = "Create an organization. The slug becomes its address and never changes."
    example = (
        '  manage.py create_organization acme --name "Acme" --timezone Europe/Stockholm --color "#006466" '
        "--country SE"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its address: small letters, digits and hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--color", help='brand colour, "#" and six hex digits (default #006466)')
        parser.add_argument("--timezone", help="such as Europe/Copenhagen (default UTC)")
        parser.add_argument("--country", help="two-letter code such as DK")
        parser.add_argument("--industry")
        parser.add_argument("--size", help=f"one of {', '.join(SizeBand.values)}")

    def run(self, **options: Any) -> None:
        organization, is_new = organizations.create(
            by=None,
            slug=options["slug"],
            name=options["name"],
            brand_color=options["color"],
            timezone=options["timezone"],
            country=options["country"],
            industry=options["industry"],
            size_band=options["size"],
        )
        if is_new:
            self.done(f"Created the organization {organization.name}.")
        else:
            self.say(f"The organization {organization.name} exists already with these values.")
        self.say(f"Open  {address(reverse('home', args=[organization.slug]))}")
        self.say(f"Next  manage.py create_admin --organization {organization.slug} --email … --name …")
