"""manage.py import_learners: a file of people to invite, read and worked off in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from learners.people.actions import imports
from learners.people.actions.invitations import GUARD
from learners.people.choices import Choices, Kind
from learners.people.imports import Problem
from learners.people.models import InviteImport
from learners.people.queries import import_classes as classes
from learners.people.queries import imports as queries
from learners.people.queries.import_classes import Classes
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
        parser.add_argument(
            "--leave-removed",
            action="store_true",
            help="leave people out who were removed from the program; without this they are invited again",
        )
        parser.add_argument(
            "--within-seats",
            action="store_true",
            help="invite only the first people of the file for whom a seat is left; inviting takes none",
        )
        parser.add_argument(
            "--resend",
            action="store_true",
            help="send the mail again to who is invited already, unless they got it in the last 24 hours",
        )
        parser.add_argument(
            "--resend-recent",
            action="store_true",
            help="send it again to all who are invited already, however recently they got it",
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
            found = _classes(job, options)
            mailed_again = f" {_people(found.resent)} will be mailed again." if found.resent else ""
            self.say(
                f"{job.file_name}: {job.rows:,} rows, {found.invited:,} of them can be used.{mailed_again}"
            )
            known = self._show_left_out(found, everyone=options["dry_run"])
            if options["dry_run"] or not (found.invited or found.resent):
                imports.discard(job=job, by=None)
                self._stop(options["dry_run"], known)
                return
            self._work(job, found, mail=not options["no_mail"])
        mails = "The mails are on their way." if job.sends_mail or job.resent else "Nobody got a mail."
        self.done(f"Invited {_people(job.invited)} to {program.name} under {contract.name}. {mails}")
        if job.chose_resend:
            self.say(f"Mailed {_people(job.resent)} again; {job.spared:,} got the mail within 24 hours.")
        self.say(f"Open  {address(reverse('import_detail', args=[organization.slug, program.slug, job.pk]))}")

    def _show_left_out(self, found: Classes, *, everyone: bool) -> int:
        """Print the rows that are left out; who is in the program already is counted, unless `everyone`.

        Returns how many those are.
        """
        known = sum(found.left_out.get(kind, 0) for kind in (Kind.MEMBER, Kind.INVITED))
        for row in found.rows("").order_by("line").iterator(chunk_size=5_000):
            if everyone or row.problem not in (Problem.MEMBER, Problem.INVITED):
                name, email = _short(row.raw_name), _short(row.raw_email)
                self.say(f"  line {row.line:,}: {name}, {email}: {classes.reason(found, row)}")
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

    def _work(self, job: InviteImport, found: Classes, *, mail: bool) -> None:
        """Work the import off here: claimed in the transaction that starts it, so that no worker takes it."""
        with transaction.atomic():
            imports.start(job=job, mail=mail, chosen=found.chosen, seats=found.seats, by=None)
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


def _classes(job: InviteImport, options: dict[str, Any]) -> Classes:
    """The rows of the file, given what was asked for."""
    chosen = Choices(
        again=not options["leave_removed"],
        beyond_seats=not options["within_seats"],
        mistyped=options["with_mistyped"],
        resend=options["resend"] or options["resend_recent"],
        recent=options["resend_recent"],
    )
    return classes.classes(job, chosen, seats=classes.seats(job.contract), guard=GUARD)


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _short(text: str) -> str:
    """A value as it was typed, cut to a readable length."""
    text = " ".join(text.split()) or "–"
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
