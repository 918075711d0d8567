"""manage.py remove_program: close a program for good."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from learners.models import ProgramRemoval
from learners.people.actions import programs
from learners.people.queries import programs as queries
from orgs import jobs
from orgs.operators import OperatorCommand, find_organization, find_program
from programs.models import Program


class Command(OperatorCommand):
    help = (
        "Remove a learning program; this cannot be undone. Nobody joins or enrolls in it any more, its "
        "members give back their licences, get a mail, and can only read their courses; its invitations are "
        "void. What was learned and every figure stays. Without --yes it only says what would happen."
    )
    example = "  manage.py remove_program english --organization acme --yes english"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the program's public address")
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--yes", metavar="SLUG", help="the slug once more: yes, this one")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        program = find_program(organization, options["slug"])
        if program.is_active and options["yes"] != program.slug:
            self._ask(program)
        # Claimed in the transaction that begins it, so that no worker takes it while this process lives.
        with transaction.atomic():
            job = programs.remove_program(program=program, by=None)
            claimed = jobs.claim(ProgramRemoval, job.pk)
        if claimed is None:
            job.refresh_from_db()
            at_work = " A worker is taking its people out." if job.is_open else ""
            self.say(f"The program {program.name} was removed already.{at_work}")
            return
        while programs.work(job=claimed, by=None):
            claimed.refresh_from_db(fields=["done", "total"])
            self.say(f"  {claimed.done:,} of {claimed.total:,}")
        self.done(f"Removed the program {program.name} of {organization.name}. The mails are on their way.")

    def _ask(self, program: Program) -> None:
        people = queries.people(program)
        raise CommandError(
            f"This would remove {program.name} for good: {people.members:,} members lose their place and "
            f"{people.invited:,} invitations become void. If that is what you want, add --yes {program.slug}."
        )
