"""manage.py unsuppress: send mail to an address again that came back or complained."""

from typing import Any

from django.core.management.base import CommandParser

from config.lib import emails
from orgs.actions import suppressions
from orgs.operators import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Let mail go again to an address that bounced or whose owner complained. Ask its owner first: mail "
        "that keeps bouncing harms the good name of the sender. Safe to run twice."
    )
    example = "  manage.py unsuppress --email carol@acme.example"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the address")

    def run(self, **options: Any) -> None:
        address = emails.normalize(options["email"])
        if suppressions.lift(by=None, email=address):
            self.done(f"Mail goes to {address} again. Mails it missed are not sent by themselves.")
        else:
            self.say(f"{address} was not suppressed, so nothing changed.")
