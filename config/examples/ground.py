"""What both examples stand on: an organization with a program, a contract, a catalog, and members."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from catalog.actions import importing
from catalog.models import Course
from learners.learning.actions.bulk_enrolling import Outcome, Row, enroll_many
from learners.models import Membership, Person
from learners.people import seeding
from learners.people.seeding import SeedMembership, SeedPerson
from orgs.actions import organizations
from orgs.errors import ActionError
from orgs.models import Organization
from orgs.tenancy import org_transaction
from programs.actions import contracts, programs
from programs.models import Collection, CollectionEntry, Contract, Program

BATCH = 5_000
FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2039, 12, 31)


@dataclass(frozen=True)
class Ground:
    """Where an example stands, and its members' accounts and memberships by External ID."""

    organization: Organization
    program: Program
    contract: Contract

    @property
    def memberships(self) -> dict[str, int]:
        """The membership of each External ID."""
        rows = Membership.objects.filter(program=self.program)
        return dict(rows.values_list("person__external_id", "pk"))

    @property
    def accounts(self) -> dict[str, int]:
        """The account of each External ID."""
        rows = Person.objects.filter(organization=self.organization, user__isnull=False)
        return dict(rows.values_list("external_id", "user_id"))


@dataclass(frozen=True)
class Learner:
    """A learner of a published data set: an id, nothing that tells who it is."""

    external_id: str
    joined_at: datetime
    region: str = ""


@dataclass(frozen=True)
class Place:
    """A learner's place in a course, from when until when."""

    external_id: str
    course: str
    enrolled_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True)
class Total:
    """One figure that the publisher or our own count of the files states, and what our tables hold."""

    name: str
    expected: float
    found: float

    @property
    def is_equal(self) -> bool:
        return self.expected == self.found


@transaction.atomic
def prepare(slug: str, name: str, courses: Iterable[Mapping[str, Any]], people: Iterable[Learner]) -> Ground:
    """Make the organization, its program, contract and catalog, and everyone a member. What is there stays.

    Raises ActionError when the catalog is refused, or something else has one of the addresses.
    """
    organization, _new = organizations.create(by=None, slug=slug, name=name)
    program, _new = programs.create(by=None, organization=organization, slug=slug, name=name)
    contract, _new = contracts.create(
        by=None,
        organization=organization,
        name="Unlimited",
        kind=Contract.Kind.UNLIMITED,
        quantity=None,
        starts_on=FIRST_DAY,
        ends_on=LAST_DAY,
    )
    lines = [json.dumps(course) for course in courses]
    report = importing.import_catalog(file=io.BytesIO("\n".join(lines).encode()), by=None)
    if report.refused:
        raise ActionError(f"The catalog cannot be loaded: {report.refused[0].text}")
    ground = Ground(organization, program, contract)
    with org_transaction(organization):
        _offer(ground, [json.loads(line)["slug"] for line in lines])
        if not Membership.objects.filter(program=program).exists():
            seeding.write(organization, (_person(ground, learner) for learner in people))
            seeding.settle()
    return ground


def enroll(ground: Ground, places: Sequence[Place]) -> None:
    """Give the learners their places. Raises ActionError when one is refused."""
    memberships = ground.memberships
    courses = dict(
        Course.objects.filter(slug__in={place.course for place in places}).values_list("slug", "pk")
    )
    for start in range(0, len(places), BATCH):
        rows = [
            Row(
                membership_id=memberships[place.external_id],
                course_id=courses[place.course],
                enrolled_at=place.enrolled_at,
                left_at=place.left_at,
            )
            for place in places[start : start + BATCH]
        ]
        outcomes = enroll_many(organization=ground.organization, rows=rows, by=None)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Outcome)]
        if refused:
            raise ActionError(f"A place was refused: {refused[0]}.")


def _offer(ground: Ground, slugs: list[str]) -> None:
    """Put the courses into the one collection of the program."""
    collection, _new = Collection.objects.get_or_create(
        organization=ground.organization, program=ground.program, name="All courses"
    )
    for position, course in enumerate(Course.objects.filter(slug__in=slugs).order_by("slug")):
        CollectionEntry.objects.get_or_create(
            organization=ground.organization,
            collection=collection,
            course=course,
            defaults={"position": position},
        )


def _person(ground: Ground, learner: Learner) -> SeedPerson:
    membership = SeedMembership(
        program_id=ground.program.pk,
        contract_id=ground.contract.pk,
        state=Membership.State.MEMBER,
        invited_at=learner.joined_at,
        joined_at=learner.joined_at,
    )
    return SeedPerson(
        name=f"Learner {learner.external_id[:12]}",
        email=f"{learner.external_id}@{ground.organization.slug}.example",
        external_id=learner.external_id,
        location_region=learner.region,
        memberships=(membership,),
    )
