"""manage.py load_example: real, published data on learning, loaded the way one's own would be."""

import time
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.examples import funmooc, oulad
from orgs.operators import OperatorCommand

EXAMPLES: dict[str, ModuleType] = {"funmooc": funmooc, "oulad": oulad}


class Command(OperatorCommand):
    help = (
        "Load a published data set as an organization of its own, and compare what the tables hold with the "
        "figures of the set. funmooc: the file of xAPI statements that openfun/ralph publishes (MIT). oulad: "
        "the folder of the Open University Learning Analytics Dataset (Kuzilek et al. 2017, CC BY 4.0). Both "
        "are anonymous. How their columns map to ours is written in config/examples/. Running it again "
        "changes nothing."
    )
    example = "  manage.py load_example funmooc statements.json.gz\n  manage.py load_example oulad ~/oulad"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(EXAMPLES))
        parser.add_argument("path", type=Path, help="the file, or the folder with the files")

    def run(self, **options: Any) -> None:
        example = EXAMPLES[options["name"]]
        started = time.monotonic()
        try:
            ground = example.load(options["path"])
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        totals = example.totals(ground)
        self.say(f"{'':<24}{'expected':>14}{'found':>14}")
        for total in totals:
            mark = "" if total.is_equal else "  differs"
            self.say(f"{total.name:<24}{total.expected:>14,}{total.found:>14,}{mark}")
        if not all(total.is_equal for total in totals):
            raise CommandError("The tables hold other figures than the set.")
        self.done(f"{ground.organization} is loaded, in {time.monotonic() - started:.0f} s.")
