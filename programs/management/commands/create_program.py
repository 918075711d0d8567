"""manage.py create_program: a program of an organization."""

from typing import Any

from django.core.management.base import CommandParser
from django.urls import reverse

from orgs.operators import OperatorCommand, address, find_organization
from programs.actions import programs


class Command(OperatorCommand):
    help = "Create a learning program. The slug becomes its public address and never changes."
    example = (
        '  manage.py create_program english --organization acme --name "English for Work" '
        '--tagline "Say it well in every meeting."'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its public address: small letters, digits and hyphens")
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--name", required=True)
        parser.add_argument("--tagline", help="one sentence that learners read under the name")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        program, is_new = programs.create(
            by=None,
            organization=organization,
            slug=options["slug"],
            name=options["name"],
            tagline=options["tagline"],
        )
        if is_new:
            self.done(f"Created the program {program.name} in {organization.name}.")
        else:
            self.say(f"The program {program.name} exists already with these values.")
        page = reverse("manage_learners", args=[organization.slug, program.slug])
        self.say(f"Open  {address(page)}")
        self.say(f"Learners join at  {address(program.get_absolute_url())}")
