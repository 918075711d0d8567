"""Names `test` among the commands; `manage.py` itself runs it, before Django is loaded."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.embedded import testing


class Command(BaseCommand):
    help = (
        "Run the tests with pytest, on throw-away engines and all cores; every argument is pytest's. "
        "With DATABASE_URL (and REDIS_URL, SECRET_KEY) in the environment those engines are used."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*", help="a path, -k, -m and so on, as pytest takes them")

    def handle(self, *args: Any, **options: Any) -> None:
        testing.main(options["arguments"])
