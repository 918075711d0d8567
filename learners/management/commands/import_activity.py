"""manage.py import_activity: what learners did elsewhere, from files of xAPI statements or tables."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from config.lib import csvout
from config.lib.csvin import Table, Unreadable
from learners.learning.actions import activity_rows, statements
from learners.learning.reading import rows as tables
from learners.learning.reading.rows import Draft, Refused
from learners.learning.xapi import reading, validation
from learners.learning.xapi.statements import Statement, build
from learners.learning.xapi.validation import Invalid
from orgs.models import Organization
from orgs.operators import OperatorCommand, find_organization

# Rows of one transaction.
BATCH = 5_000
STATEMENTS = "statements"
KEPT = {
    "unknown_verb": "with a verb that does not count",
    "unknown_learner": "of nobody known here",
    "unknown_course": "about no course known here",
    "not_enrolled": "of people who were not enrolled at that time",
    "voiding": "that void others",
}


class Command(OperatorCommand):
    help = (
        "Take in what learners did elsewhere: xAPI statements, one a line (NDJSON), by the rules of the "
        "endpoint, or CSV tables of attempts and events; files may be gzipped. Attempts have the columns "
        "email or external_id, course (slug), assessment (item key), submitted_at, score (0 to 100), and may "
        "have passed (yes or no) and id. Events have email or external_id, course, at, and may have item, "
        "kind and id. Dates are ISO 8601, without a zone in the organization's. Rows that cannot be taken "
        "are printed with the reason, the others go ahead. Running it again, in any order or after it was "
        "stopped, changes nothing that is there."
    )
    example = (
        "  manage.py import_activity statements.ndjson.gz --organization acme\n"
        "  manage.py import_activity attempts.csv --organization acme --dry-run --report left-out.csv"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="file")
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument(
            "--kind",
            choices=[STATEMENTS, *tables.Kind],
            help="what the files tell (default: by their header)",
        )
        parser.add_argument("--dry-run", action="store_true", help="print what would happen")
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write every row not taken to this CSV file"
        )

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        self.dry_run: bool = options["dry_run"]
        self.refused: list[tuple[str, int, str, str]] = []
        for path in options["files"]:
            try:
                with _opened(path) as file:
                    self._import(path.name, file, options["kind"], organization)
            except (OSError, EOFError, zlib.error) as error:
                raise CommandError(f"{path} cannot be read: {error}.") from error
            except Unreadable as error:
                raise CommandError(f"{path}: {error.text}") from error
            except Refused as error:
                raise CommandError(f"{path}: {error.reason}") from error
        if self.dry_run:
            self.say("Nothing was changed.")
        if options["report"]:
            self._write_report(options["report"])

    def _import(self, name: str, file: BinaryIO, kind: str | None, organization: Organization) -> None:
        is_json = kind is None and file.read(1024).lstrip().startswith((b"{", b"["))
        file.seek(0)
        if is_json or kind == STATEMENTS:
            self._import_statements(name, file, organization)
        else:
            self._import_table(name, file, kind, organization)

    def _import_table(
        self, name: str, file: BinaryIO, wanted: str | None, organization: Organization
    ) -> None:
        table = Table(file)
        columns = tables.names(table.header)
        kind = tables.Kind(wanted) if wanted else tables.guess(columns)
        tables.check(columns, kind)
        counts: Counter[str] = Counter()
        drafts = self._drafts(name, table, columns, kind, organization, counts)
        while batch := list(islice(drafts, BATCH)):
            with self._batch():
                taken = activity_rows.take_in(organization=organization, rows=batch, by=None)
            counts.update(new=taken.new, known=taken.known)
            for draft, refused in taken.refused:
                self._refuse(name, draft.line, refused.value, refused.reason, counts)
        self.done(
            f"{name}: {counts['new']:,} {kind} counted, {counts['known']:,} known before, "
            f"{counts['refused']:,} refused."
        )

    def _drafts(
        self,
        name: str,
        table: Table,
        columns: list[str],
        kind: tables.Kind,
        organization: Organization,
        counts: Counter[str],
    ) -> Iterator[Draft]:
        """The rows that can be understood; the others are printed."""
        zone, now = organization.zone, timezone.now()
        for record in table.records():
            cells = dict(zip(columns, record.cells, strict=False))
            try:
                yield tables.draft(kind, record.line, cells, zone=zone, now=now)
            except Refused as refused:
                self._refuse(name, record.line, refused.value, refused.reason, counts)

    def _import_statements(self, name: str, file: BinaryIO, organization: Organization) -> None:
        counts: Counter[str] = Counter()
        rows = self._statements(name, file, counts)
        while batch := list(islice(rows, BATCH)):
            lines = {id(statement): line for line, statement in batch}
            with self._batch():
                stored = statements.take_in(
                    organization=organization, statements=[statement for _, statement in batch], by=None
                )
            counts["known"] += stored.known
            counts.update(verdict.outcome.value for verdict in stored.new)
            for statement in stored.conflicts:
                reason = f"{statement.id} is here already with another content."
                self._refuse(name, lines[id(statement)], "", reason, counts)
        self.done(
            f"{name}: {counts['counted']:,} counted, {counts['known']:,} known before, "
            f"{sum(counts[name] for name in KEPT):,} kept and not counted, {counts['refused']:,} refused."
        )
        for outcome, words in KEPT.items():
            if counts[outcome]:
                self.say(f"  Kept: {counts[outcome]:,} {words}.")

    def _statements(self, name: str, file: BinaryIO, counts: Counter[str]) -> Iterator[tuple[int, Statement]]:
        """The statements that keep the rules and their lines; the others are printed."""
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            now = timezone.now()
            try:
                yield line, build(validation.check(reading.loads(text), now), now=now, is_new=False)
            except Invalid as invalid:
                self._refuse(name, line, "", invalid.text, counts)

    def _refuse(self, name: str, line: int, value: str, reason: str, counts: Counter[str]) -> None:
        counts["refused"] += 1
        self.refused.append((name, line, value, reason))
        self.say(f"  line {line:,}: {value}: {reason}" if value else f"  line {line:,}: {reason}")

    def _write_report(self, path: Path) -> None:
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                csvout.write(file, ("file", "line", "value", "reason"), self.refused)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error

    @contextmanager
    def _batch(self) -> Iterator[None]:
        """One transaction; on a dry run it is undone."""
        with transaction.atomic():
            yield
            if self.dry_run:
                transaction.set_rollback(True)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        opener = gzip.open if path.suffix == ".gz" else open
        yield cast(BinaryIO, stack.enter_context(opener(path, "rb")))
