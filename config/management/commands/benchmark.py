"""manage.py benchmark: the product's path against its floor and the naive way, on data of its own."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmarks import catalog, harness, imports, mail, seats
from config.benchmarks.databases import throwaway_database
from config.celery import app

BENCHMARKS = {module.BENCHMARK.name: module.BENCHMARK for module in (imports, seats, mail, catalog)}


class Command(BaseCommand):
    help = (
        "Measure imports, the run for the last seats, mail and the catalog against their floor and the "
        "naive way, in turn, in a throw-away database. Prints each round, the ratios and the peak memory. "
        "Ends with exit code 1 when two ways come to different results or a seat is oversold, never because "
        "it is slow."
    )

    # They would load every page into the process whose memory is measured.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
        parser.add_argument("--rounds", type=int, default=3, help="rounds of each benchmark (3)")
        parser.add_argument("--rows", type=int, help="lines, people or mails in place of each one's own")
        parser.add_argument("--memory", action="store_true", help="internal: one run, its input on stdin")

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := [name for name in options["names"] if name not in BENCHMARKS]:
            raise CommandError(f"There is no benchmark {unknown[0]}. There are: {', '.join(BENCHMARKS)}.")
        if options["rounds"] < 1 or (options["rows"] or 200) < 20:
            raise CommandError("A benchmark takes at least one round and 20 rows.")
        # No worker may hear of jobs whose rows are in another database than its own.
        app.conf.broker_url = "memory://localhost//"
        # Development keeps every statement in memory; what counts is how it runs for people.
        settings.DEBUG = False
        chosen = [BENCHMARKS[name] for name in options["names"] or BENCHMARKS]
        try:
            if options["memory"]:
                self.stdout.write(f"{harness.run_once(chosen[0], sys.stdin.buffer.read()):.1f}")
            else:
                self._measure(chosen, options["rounds"], options["rows"])
        except harness.ResultsDiffer as error:
            raise CommandError(str(error)) from error

    def _measure(self, chosen: list[harness.Benchmark], rounds: int, rows: int | None) -> None:
        with throwaway_database():
            self.stdout.write(harness.machine())
            for benchmark in chosen:
                count = rows or benchmark.rows
                harness.run(benchmark, rows=count, rounds=rounds, say=self.stdout.write)
                harness.measure_memory(benchmark, rows=count, say=self.stdout.write)
