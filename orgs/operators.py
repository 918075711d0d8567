"""What the operators' commands have in common: help with an example, and sentences instead of tracebacks."""

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import IntegrityError, OperationalError, ProgrammingError

from orgs.access import PROGRAM_MODEL
from orgs.errors import ActionError
from orgs.models import Organization

EXAMPLE = "example:\n"


class HelpFormatter(DjangoHelpFormatter):
    """Django's, but the example keeps its lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(EXAMPLE) else super()._fill_text(text, width, indent)


class OperatorCommand(BaseCommand):
    """A command for operators: `run` does the work; what it refuses becomes one sentence and exit code 1."""

    example: ClassVar[str] = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """`--help` ends with the example."""
        return super().create_parser(
            prog_name,
            subcommand,
            epilog=f"{EXAMPLE}{self.example}",
            formatter_class=HelpFormatter,
            **kwargs,
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(**options)
        except ActionError as error:
            raise CommandError(error.text) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
        except ProgrammingError as error:
            if "does not exist" not in str(error):
                raise
            raise CommandError("The database lacks tables: run manage.py migrate first.") from error
        except IntegrityError as error:
            raise CommandError("Someone else made the same at this moment; please run it again.") from error

    def run(self, **options: Any) -> None:
        """What the command does; it may raise ActionError and CommandError."""
        raise NotImplementedError

    def say(self, text: str = "") -> None:
        self.stdout.write(text)

    def done(self, text: str) -> None:
        self.stdout.write(self.style.SUCCESS(text))


def address(path: str) -> str:
    """The full address of a page."""
    return f"{settings.SITE_URL}{path}"


def find_organization(slug: str) -> Organization:
    """The organization with this slug; CommandError with near names when there is none."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        known = Organization.objects.values_list("slug", flat=True)
        raise CommandError(unknown(f"There is no organization “{slug}”", slug, known, "create_organization"))
    return organization


def find_program(organization: Organization, slug: str) -> Any:
    """The organization's program with this slug; CommandError with near names when there is none."""
    programs = PROGRAM_MODEL.related_model._default_manager.filter(organization=organization)
    program = programs.filter(slug=slug).first()
    if program is None:
        known = programs.values_list("slug", flat=True)
        raise CommandError(unknown(f"{organization} has no program “{slug}”", slug, known, "create_program"))
    return program


def unknown(sentence: str, wanted: str, known: Iterable[str], maker: str) -> str:
    """A sentence about something that is not there, with what may have been meant."""
    by_lower = {name.lower(): name for name in known}
    near = [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower, n=3, cutoff=0.5)]
    if near:
        return f"{sentence}. Did you mean {' or '.join(near)}?"
    if not by_lower:
        return f"{sentence}: there is none yet, make one with manage.py {maker}."
    return f"{sentence}. There is: {', '.join(sorted(by_lower.values())[:10])}."
