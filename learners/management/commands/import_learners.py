"""manage.py import_learners: a file of people to invite, read and worked off in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from learners.people import problems
from learners.people.actions import imports
from learners.people.imports import Problem
from learners.people.models import ImportRow, InviteImport
from learners.people.queries import imports as queries
from orgs import jobs
from orgs.models import Organization
from orgs.operators import OperatorCommand, address, find_organization, find_program, unknown
from programs.models import Contract

WIDTH = 60
UNKNOWN_COLUMNS = (
    "The columns of this file are not known. Name them Full Name, Email and External ID, or choose them once "
    "in the portal: files of the organization with the same header are understood from then on."
)


class Command(OperatorCommand):
    help = (
        "Invite the people of a CSV file to a program: the same reading, checks and steps as bulk "
        "invitations in the portal. The first row names the columns Full Name, Email and External ID. Rows "
        "that cannot be used are printed with their line and the reason, the others are invited. Running it "
        "again invites nobody twice."
    )
    example = (
        "  manage.py import_learners people.csv --organization acme --program english "
        '--contract "Workforce 2026" --dry-run'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--program", required=True, help="slug of the program")
        parser.add_argument("--contract", required=True, help="name of the contract")
        parser.add_argument("--no-mail", action="store_true", help="create the invitations and mail nobody")
        parser.add_argument(
            "--with-mistyped",
            action="store_true",
            help="the addresses that look mistyped are right: use them",
        )
        parser.add_argument("--dry-run", action="store_true", help="print what would happen")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        program = find_program(organization, options["program"])
        contract = find_contract(organization, options["contract"])
        with timezone.override(organization.zone), _opened(options["file"]) as file:
            path: Path = options["file"]
            job = imports.stage(
                program=program,
                contract=contract,
                file=file,
                name=path.name,
                size=path.stat().st_size,
                by=None,
            )
            if queries.awaits_columns(job):
                imports.discard(job=job, by=None)
                raise CommandError(UNKNOWN_COLUMNS)
            usable = job.rows - job.problems
            if options["with_mistyped"]:
                usable += _bad_rows(job).filter(problem=Problem.MISTYPED).count()
            self.say(f"{job.file_name}: {job.rows:,} rows, {usable:,} of them can be used.")
            known = self._show_problems(job, everyone=options["dry_run"])
            if options["dry_run"] or not usable:
                imports.discard(job=job, by=None)
                self._stop(options["dry_run"], known)
                return
            self._work(job, mail=not options["no_mail"], with_mistyped=options["with_mistyped"])
        people = "1 person" if job.invited == 1 else f"{job.invited:,} people"
        mails = "The mails are on their way." if job.sends_mail else "Nobody got a mail."
        self.done(f"Invited {people} to {program.name} under {contract.name}. {mails}")
        self.say(f"Open  {address(reverse('import_detail', args=[organization.slug, program.slug, job.pk]))}")

    def _show_problems(self, job: InviteImport, *, everyone: bool) -> int:
        """Print the rows that cannot be used; who is in the program already is counted, unless `everyone`.

        Returns how many those are.
        """
        known = _bad_rows(job).filter(problem__in=_known_problems()).count()
        for row in _bad_rows(job).iterator(chunk_size=5_000):
            if everyone or row.problem not in _known_problems():
                reason = problems.sentence(row.problem, row.detail, row.raw_email)
                self.say(f"  line {row.line:,}: {_short(row.raw_name)}, {_short(row.raw_email)}: {reason}")
        if known and not everyone:
            self.say(f"  Invited or members already, and left alone: {known:,}.")
        return known

    def _stop(self, dry_run: bool, known: int) -> None:
        if dry_run:
            self.say("Nothing was changed.")
        elif known:
            self.say("Nobody is left to invite; nothing was changed.")
        else:
            raise CommandError("No row of this file can be used; nothing was changed.")

    def _work(self, job: InviteImport, *, mail: bool, with_mistyped: bool) -> None:
        """Work the import off here: claimed in the transaction that starts it, so that no worker takes it."""
        with transaction.atomic():
            imports.start(job=job, mail=mail, with_mistyped=with_mistyped, by=None)
            claimed = jobs.claim(InviteImport, job.pk)
        assert claimed is not None
        try:
            while imports.work(job=claimed, by=None):
                claimed.refresh_from_db(fields=["done", "total"])
                self.say(f"  {claimed.done:,} of {claimed.total:,}")
        except BaseException:
            jobs.fail(
                claimed, "It was stopped. Import the file again: who was invited already is left alone."
            )
            raise
        jobs.finish(claimed)
        imports.tidy(by=None)
        job.refresh_from_db()


def find_contract(organization: Organization, name: str) -> Contract:
    """The organization's contract with this name; CommandError with near names when there is none."""
    contracts = Contract.objects.filter(organization=organization)
    contract = contracts.filter(name=name).first()
    if contract is None:
        known = contracts.values_list("name", flat=True)
        sentence = f"{organization} has no contract “{name}”"
        raise CommandError(unknown(sentence, name, known, "create_contract"))
    return contract


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _bad_rows(job: InviteImport) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(job=job).exclude(problem="").order_by("line")


def _known_problems() -> tuple[str, ...]:
    return (*problems.GROUPS["member"][1], *problems.GROUPS["invited"][1])


def _short(text: str) -> str:
    """A value as it was typed, cut to a readable length."""
    text = " ".join(text.split()) or "–"
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
