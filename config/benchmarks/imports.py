"""A file of people to invite: the import's own steps, `bulk_create`, and COPY into a bare table."""

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from config.benchmarks.harness import Benchmark, Variant
from config.benchmarks.places import Place, make_place
from config.lib import emails
from learners.models import Invitation, Membership, Person
from learners.people import names
from learners.people.actions import imports
from learners.people.models import InviteImport
from orgs import jobs
from orgs.tenancy import org_transaction

BATCH = 1_000
State = Membership.State


@dataclass(frozen=True)
class File:
    """A file of the organization's people, some of whom it knows or has as members already."""

    place: Place
    path: Path


@contextmanager
def prepare(rows: int) -> Iterator[File]:
    """`rows` lines: 30 % known persons, 10 % members of the program, 1 % repeated, 0.5 % bad addresses."""
    place = make_place()
    with tempfile.TemporaryDirectory() as folder:
        file = File(place, Path(folder) / "people.csv")
        known = _write(file, rows)
        Person.objects.bulk_create(known, BATCH)
        now = timezone.now()
        joined = {"state": State.MEMBER, "joined_at": now, "last_activity_at": now}
        members = [_membership(place, person, **joined) for person in known[::3]]
        Membership.objects.bulk_create(members, BATCH)
        imports.tidy(by=None)
        yield file


def result(file: File, returned: object) -> dict[str, int]:
    """How many persons, members, invitees and invitations the organization has now."""
    organization = file.place.organization
    memberships = Membership.objects.filter(organization=organization)
    return {
        "persons": Person.objects.filter(organization=organization).count(),
        "members": memberships.filter(state=State.MEMBER).count(),
        "invitees": memberships.filter(state=State.INVITED).count(),
        "invitations": Invitation.objects.filter(organization=organization).count(),
    }


def by_product(file: File) -> None:
    """Staged, judged, started and worked off, as the worker does; without mails, as the others write none."""
    place = file.place
    with file.path.open("rb") as upload:
        draft = imports.stage(
            program=place.program,
            contract=place.contract,
            file=upload,
            name=file.path.name,
            size=file.path.stat().st_size,
            by=None,
        )
    started = imports.start(job=draft, mail=False, by=None)
    job = jobs.claim(InviteImport, started.pk)
    assert job is not None, "another worker took the import"
    while imports.work(job=job, by=None):
        pass
    jobs.finish(job)


def by_bulk_create(file: File) -> None:
    """Checked, freed of repetitions and of who is in the program, then `bulk_create`, 1,000 at a time."""
    usable = _usable(file.path)
    while batch := dict(islice(usable, BATCH)):
        with org_transaction(file.place.organization):
            _create(file.place, batch)


def by_copy(file: File) -> None:
    """The bytes of the file into a table without a key: what the disk allows."""
    with connection.cursor() as cursor:
        cursor.execute("create table benchmark_bare (name text, email text, external_id text)")
        statement = "copy benchmark_bare from stdin with (format csv, header)"
        with cursor.copy(statement) as copy:
            copy.write(file.path.read_bytes())
        cursor.execute("drop table benchmark_bare")


def _write(file: File, rows: int) -> list[Person]:
    """Write the file; the people in it whom the organization knows already, not yet saved."""
    domain = f"{file.place.organization.slug}.example"
    known = []
    with file.path.open("w", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(["Name", "Email", "External ID"])
        for number in range(rows):
            name, email = f"Læra Nummer {number}", f"person{number}@{domain}"
            if number % 10 < 3:
                known.append(_person(file.place, name, email))
            if number % 200 == 199:
                email = f"person{number}.{domain}"
            elif number % 100 == 98:
                email = f"person{number - 1}@{domain}"
            lines.writerow([name, email, ""])
    return known


def _usable(path: Path) -> Iterator[tuple[str, str]]:
    seen = set()
    with path.open(newline="") as text:
        for line in csv.DictReader(text):
            email = emails.normalize(line["Email"])
            if email not in seen and not emails.problem(email):
                seen.add(email)
                yield email, names.clean(line["Name"])


def _create(place: Place, batch: dict[str, str]) -> None:
    known = Person.objects.filter(organization=place.organization, email__in=batch)
    found = {person.email: person for person in known}
    new = [_person(place, name, email) for email, name in batch.items() if email not in found]
    people = [*found.values(), *Person.objects.bulk_create(new, BATCH)]
    inside = Membership.objects.filter(program=place.program, person__in=people)
    there = set(inside.values_list("person_id", flat=True))
    invited = [_membership(place, person, state=State.INVITED) for person in people if person.pk not in there]
    Membership.objects.bulk_create(invited, BATCH)
    links = [Invitation(organization=place.organization, membership=one) for one in invited]
    Invitation.objects.bulk_create(links, BATCH)


def _person(place: Place, name: str, email: str) -> Person:
    return Person(
        organization=place.organization,
        name=name,
        email=email,
        sort_name=names.sort_name(name),
        search=names.search(name, email, ""),
    )


def _membership(place: Place, person: Person, **values: Any) -> Membership:
    return Membership(
        organization=place.organization,
        program=place.program,
        person=person,
        contract=place.contract,
        sort_name=person.sort_name,
        **values,
    )


BENCHMARK = Benchmark(
    name="import",
    unit="lines",
    rows=50_000,
    prepare=prepare,
    result=result,
    variants=(
        Variant("product", by_product),
        Variant("bulk_create", by_bulk_create, target=2),
        Variant("COPY into a bare table", by_copy, compared=False),
    ),
    rate=5_000,
    memory=100,
)
