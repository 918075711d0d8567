"""manage.py create_xapi_credential: a key by which a system elsewhere sends statements of an organization."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from learners.learning.actions import credentials
from learners.learning.queries import credentials as queries
from orgs.operators import OperatorCommand, address, find_organization, unknown


class Command(OperatorCommand):
    help = (
        "Make a credential by which a learning system elsewhere writes and reads the xAPI statements of one "
        "organization. Its secret is printed once and kept nowhere. --revoke ends the credential of that "
        "name at once; what came by it stays."
    )
    example = (
        '  manage.py create_xapi_credential --organization acme --name "Course player"\n'
        '  manage.py create_xapi_credential --organization acme --name "Course player" --revoke'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--name", required=True, help="which system it is for")
        parser.add_argument("--revoke", action="store_true", help="end it")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        name = options["name"].strip()
        if options["revoke"]:
            credential = queries.named(organization, name)
            if credential is None or not credentials.revoke(credential=credential, by=None):
                known = queries.names(organization)
                sentence = f"{organization} has no credential “{name}” in use"
                raise CommandError(unknown(sentence, name, known, "create_xapi_credential"))
            self.done(f"Revoked the xAPI credential {name} of {organization}.")
            return
        credential, secret = credentials.create(organization=organization, name=name, by=None)
        self.done(f"Created the xAPI credential {name} of {organization}.")
        self.say(f"Endpoint  {address(reverse('xapi_statements')).removesuffix('statements')}")
        self.say(f"Key       {credential.key}")
        self.say(f"Secret    {secret}   (shown only now)")
