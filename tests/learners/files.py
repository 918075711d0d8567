"""Files of people for the tests of imports, and what an import leaves in the database."""

import io
from collections.abc import Iterable

from django.urls import reverse

from learners.models import Invitation, InviteImport, Membership, Person
from learners.people.actions import imports
from learners.people.queries import import_classes as classes
from orgs.models import OutboundEmail

HEADER = "Full Name,Email,External ID"


def address(name: str, program, pk: int | None = None) -> str:
    """Where a page of this program stands."""
    return reverse(name, args=[program.organization.slug, program.slug, *([pk] if pk else [])])


def on_page(response) -> str:
    """The page on one line."""
    return " ".join(response.content.decode().split())


def table(rows: Iterable[str], header: str = HEADER) -> bytes:
    """A CSV file of these lines."""
    return "\r\n".join([header, *rows, ""]).encode()


def people(count: int, start: int = 0) -> list[str]:
    """Lines of so many different learners."""
    return [f"Learner {n},learner{n}@acme.example,E{n}" for n in range(start, start + count)]


def stage(program, contract, content: bytes, by, name: str = "people.csv") -> InviteImport:
    """Upload a file: a draft to look at."""
    return imports.stage(
        program=program, contract=contract, file=io.BytesIO(content), name=name, size=len(content), by=by
    )


def start(program, contract, content: bytes, by, *, mail: bool = True) -> InviteImport:
    """Upload a file and hand it to the workers."""
    return imports.start(job=stage(program, contract, content, by), mail=mail, by=by)


def left_out(job: InviteImport) -> list[tuple[object, ...]]:
    """The rows of a file that are left out, as the download has them: line first, reason last."""
    return list(classes.lines(classes.settled(job), ""))


def counts() -> dict[str, int]:
    """How many persons, memberships, invitations and mails there are."""
    models = (Person, Membership, Invitation, OutboundEmail)
    return {model.__name__: model.objects.count() for model in models}


def left_by(count: int, *, mails: int | None = None) -> dict[str, int]:
    """The counts after so many people were invited into an empty database."""
    return dict.fromkeys(("Person", "Membership", "Invitation"), count) | {
        "OutboundEmail": count if mails is None else mails
    }
