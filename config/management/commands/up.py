"""Names `up` among the commands; `manage.py` itself runs it, before Django is loaded."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.embedded import supervisor


class Command(BaseCommand):
    help = (
        "Run the whole product on this machine: embedded engines (unless DATABASE_URL names others), "
        "migrations, the site, a demo organization, workers and beat. Ctrl-C stops it all."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        supervisor.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        raise SystemExit(supervisor.run(options["port"], demo=not options["no_demo"]))
