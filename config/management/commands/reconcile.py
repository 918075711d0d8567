"""manage.py reconcile: recount every stored figure and show what differs."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config import reconciling
from config.lib.reconciling import Check
from config.reconciling import Finding
from orgs.models import Organization
from orgs.operators import OperatorCommand

HEAD = ("Organization", "Row", "Stored", "Should be")


class Command(OperatorCommand):
    help = (
        "Recount every stored figure from its source: licences against members and ledger, copies against "
        "what they were copied from, rows against the organization of what they belong to. Prints what "
        "differs and ends with exit code 1 when anything does. --fix makes good what can be told again, in "
        "one transaction for each organization, and says what cannot."
    )
    example = "  manage.py reconcile\n  manage.py reconcile --fix"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="make good what can be told again")

    def run(self, **options: Any) -> None:
        checks = reconciling.checks()
        findings = reconciling.find(checks)
        self._slugs: dict[int | None, str] = {None: "accounts"}
        self._slugs |= Organization.objects.values_list("pk", "slug")
        self._show(findings)
        if findings and options["fix"]:
            findings = self._fix(checks, findings)
            for finding in findings:
                self.say(
                    f"Left as it is, {_many(finding.count)}: {finding.check.name}. {finding.check.remedy}"
                )
        left = sum(finding.count for finding in findings)
        if left:
            again = (
                "cannot be made good here"
                if options["fix"]
                else "found; --fix makes good what can be told again"
            )
            raise CommandError(f"{_many(left)} {again}.")
        self.done(f"No differences. {len(checks)} checks, {reconciling.rows(checks):,} rows.")

    def _show(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            self.say(f"{finding.check.name}: {_many(finding.count)}")
            lines = [HEAD] + [
                (self._slugs[row.organization_id], row.what, row.stored, row.recounted)
                for row in finding.first
            ]
            widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
            for line in lines:
                cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
                self.say(f"  {'  '.join(cells).rstrip()}")
            if finding.count > len(finding.first):
                self.say(f"  … and {finding.count - len(finding.first):,} more")
            self.say()

    def _fix(self, checks: Sequence[Check], findings: list[Finding]) -> list[Finding]:
        """Make good what can be, again while that brings new differences to light. Returns what is left."""
        before: list[Finding] = []
        while findings != before and (repairable := [finding for finding in findings if finding.check.fix]):
            before = findings
            places = {pk for finding in repairable for pk in finding.organization_ids}
            for pk in sorted(places, key=lambda pk: pk or 0):
                rows = reconciling.fix(repairable, pk)
                self.done(f"{self._slugs[pk]}: {rows:,} {'row' if rows == 1 else 'rows'} made good.")
            findings = reconciling.find(checks)
        return findings


def _many(count: int) -> str:
    return f"{count:,} {'difference' if count == 1 else 'differences'}"
