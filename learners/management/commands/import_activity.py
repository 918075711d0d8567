"""manage.py import_activity: files of xAPI statements, taken in as the endpoint takes them."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from learners.learning.actions import statements
from learners.learning.xapi import reading, validation
from learners.learning.xapi.statements import Statement, build
from learners.learning.xapi.validation import Invalid
from orgs.models import Organization
from orgs.operators import OperatorCommand, find_organization

# Statements of one transaction.
BATCH = 5_000
KEPT = {
    "unknown_verb": "with a verb that does not count",
    "unknown_learner": "of nobody known here",
    "unknown_course": "about no course known here",
    "not_enrolled": "of people who were not enrolled at that time",
    "voiding": "that void others",
}


class Command(OperatorCommand):
    help = (
        "Take in xAPI statements from files, one statement a line (NDJSON, also gzipped), by the rules of "
        "the endpoint. Lines that cannot be taken are printed with the reason, the others go ahead. Running "
        "it again, in any order or after it was stopped, changes nothing that is there."
    )
    example = "  manage.py import_activity statements.ndjson.gz --organization acme"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="file")
        parser.add_argument("--organization", required=True, help="slug of the organization")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        for path in options["files"]:
            try:
                self._import(path, organization)
            except (OSError, EOFError, zlib.error) as error:
                raise CommandError(f"{path} cannot be read: {error}.") from error

    def _import(self, path: Path, organization: Organization) -> None:
        counts: Counter[str] = Counter()
        rows = self._rows(path, counts)
        while batch := list(islice(rows, BATCH)):
            lines = {id(statement): line for line, statement in batch}
            stored = statements.take_in(
                organization=organization, statements=[statement for _, statement in batch], by=None
            )
            counts["known"] += stored.known
            counts.update(verdict.outcome.value for verdict in stored.new)
            for statement in stored.conflicts:
                counts["refused"] += 1
                line = lines[id(statement)]
                self.say(f"  line {line:,}: {statement.id} is here already with another content.")
        self.done(
            f"{path.name}: {counts['counted']:,} counted, {counts['known']:,} known before, "
            f"{sum(counts[name] for name in KEPT):,} kept and not counted, {counts['refused']:,} refused."
        )
        for name, words in KEPT.items():
            if counts[name]:
                self.say(f"  Kept: {counts[name]:,} {words}.")

    def _rows(self, path: Path, counts: Counter[str]) -> Iterator[tuple[int, Statement]]:
        """The statements that keep the rules and their lines; the others are printed."""
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line, text in enumerate(file, 1):
                if not text.strip():
                    continue
                now = timezone.now()
                try:
                    yield line, build(validation.check(reading.loads(text), now), now=now, is_new=False)
                except Invalid as invalid:
                    counts["refused"] += 1
                    self.say(f"  line {line:,}: {invalid.text}")
