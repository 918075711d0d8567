"""manage.py import_catalog: courses and specializations from a file of the operator."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.actions import importing
from catalog.report import Count, Report
from config.lib import csvout
from orgs.operators import OperatorCommand

SHOWN = 20


class Command(OperatorCommand):
    help = (
        "Load courses and specializations from a file. A table (CSV of any encoding and delimiter, or .xlsx) "
        "holds one course a row, with the columns title, slug, partner, type (course or project), level, "
        "language, hours (or minutes), skills, summary, description, sessions, activity iri, is offered, in "
        "any order and by many other names. JSON lines hold courses with modules, lessons, items and "
        "assessments, specializations and sessions as well. Rows are matched by slug, made from the title "
        "where it is missing; what a row does not say stays as it is; “is offered: no” takes a course off "
        "the catalog. Rows that cannot be used are listed with the reason, the others are loaded. Changed "
        "content becomes a new version of the course; who began with another stays with it."
    )
    example = (
        "  manage.py import_catalog courses.csv --dry-run\n"
        "  manage.py import_catalog courses.jsonl --report not-taken.csv\n\n"
        "  title,partner,level,language,hours,skills\n"
        '  SQL Basics,Brightwater College,Beginner,English,3h 20m,"Databases:0.7; Data Analysis:0.3"\n\n'
        '  {"type": "course", "title": "SQL Basics", "partner": "Brightwater College", "modules": [{"title": '
        '"Tables",\n   "lessons": [{"title": "Rows", "items": [{"kind": "reading", "title": "A row", '
        '"minutes": 5,\n   "content": {"text": "…"}}]}]}]}\n'
        '  {"type": "specialization", "title": "SQL", "partner": "Brightwater College", "courses": '
        '["sql-basics"]}'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="print what would happen")
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write all that is said of rows to a CSV file"
        )

    def run(self, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                report = importing.import_catalog(file=file, by=None, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        self.say(f"{path.name}: {_many(report.rows, 'row')}.")
        self._show(report)
        if options["report"]:
            _write(options["report"], report)
        taken = report.rows - len(report.refused)
        if not taken:
            raise CommandError("No row of this file can be used; nothing was changed.")
        self.done(f"Courses: {_counted(report.courses)}.")
        if report.specializations.slugs:
            self.done(f"Specializations: {_counted(report.specializations)}.")
        if report.versions:
            self.say(f"New versions of courses that had one: {report.versions:,}.")
        if report.refused:
            self.say(f"Not taken: {_many(len(report.refused), 'row')}.")
        if options["dry_run"]:
            self.say("Nothing was changed.")

    def _show(self, report: Report) -> None:
        if report.unused:
            self.say(f"  Columns that were not used: {', '.join(report.unused)}.")
        for remark in report.refused:
            self.say(f"  line {remark.line:,}: {remark.slug or remark.title or '–'}: {remark.text}")
        notes = Counter(remark.text for remark in report.notes)
        for text, count in notes.most_common(SHOWN):
            self.say(f"  Left out of {_many(count, 'course')}: {text}")
        if len(notes) > SHOWN:
            self.say(f"  … and {len(notes) - SHOWN:,} more; --report FILE writes them all.")


def _write(path: Path, report: Report) -> None:
    """All remarks as a CSV file."""
    marked = [("not taken", remark) for remark in report.refused] + [("note", one) for one in report.notes]
    cells = [(one.line, one.slug, one.title, result, one.text) for result, one in marked]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            csvout.write(file, ("Line", "Slug", "Title", "Result", "Reason"), cells)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _counted(count: Count) -> str:
    return f"{count.new:,} new, {count.changed:,} changed, {count.unchanged:,} as they were"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what if count == 1 else what + 's'}"
