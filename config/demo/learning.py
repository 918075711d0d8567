"""Telling the coursework of the demo: read what programs offer and who joined, write what they did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.models import CourseSession, Item, SpecializationCourse
from config.demo.coursework import Coursework, Member, Offer, Purchase, Shelf, Track
from config.demo.rhythm import Days
from config.demo.story import Company
from config.demo.studying import DOES, Outline, Task, scores
from learners.learning import seeding
from orgs.models import Organization
from programs.models import CollectionEntry, Contract, Program

# Of quizzes whose content does not say, and of what is marked by people.
QUESTIONS = 20
PORTION = 5_000
# Whoever has coursework already is left alone. An account's memberships come together.
MEMBERS = """
select p.user_id, u.email, m.organization_id, m.program_id, m.id, m.contract_id,
  extract(epoch from m.joined_at)::bigint,
  case when m.state = 'removed' then extract(epoch from m.removed_at)::bigint end
from learners_membership m join learners_person p on p.id = m.person_id join orgs_user u on u.id = p.user_id
where m.joined_at is not null and m.organization_id = any(%s)
  and not exists (select from learners_courserecord r where r.user_id = p.user_id)
order by p.user_id, m.joined_at, m.id"""
ITEMS = """
select c.id, c.version_id, c.level, i.id, i.kind, i.seconds, i.is_required,
  a.pass_mark::float, a.attempts,
  case when jsonb_typeof(i.content->'questions') = 'array' then jsonb_array_length(i.content->'questions') end
from catalog_course c join catalog_item i on i.version_id = c.version_id
join catalog_lesson l on l.id = i.lesson_id join catalog_module d on d.id = l.module_id
left join catalog_assessment a on a.item_id = i.id
where c.id = any(%s) order by c.id, d.position, d.id, l.position, l.id, i.position, i.id"""


def write(
    organizations: Sequence[Organization], companies: Sequence[Company], *, seed: int, today: date
) -> int:
    """Write the coursework of everyone who joined these organizations. Returns how many enrollments."""
    ids = [organization.pk for organization in organizations]
    shelves = _shelves(organizations, companies)
    starts = {
        organization.pk: min(term.starts_on for term in company.terms)
        for organization, company in zip(organizations, companies, strict=True)
    }
    coursework = Coursework(
        seed=seed,
        days={
            organization.pk: Days(today, organization.zone, (today - starts[organization.pk]).days)
            for organization in organizations
        },
        outlines=_outlines(shelves.values()),
        shelves=shelves,
        purchases={
            contract.pk: _purchase(contract, contract.organization.zone)
            for contract in Contract.objects.filter(organization__in=ids).select_related("organization")
        },
    )
    reaches = {
        (company.email(login), organization.pk): login.reaches
        for organization, company in zip(organizations, companies, strict=True)
        for login in company.logins
    }
    return seeding.write(coursework.learners(_members(ids, reaches)), ids)


def _members(
    organization_ids: list[int], reaches: Mapping[tuple[str, int], tuple[float, ...]]
) -> Iterator[Member]:
    """Everyone who joined, account by account; read in portions."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(MEMBERS, [organization_ids])
        while rows := cursor.fetchmany(PORTION):
            for user, email, organization, program, membership, contract, joined, removed in rows:
                told = reaches.get((email, organization), ())
                yield Member(user, email, organization, program, membership, contract, joined, removed, told)


def _shelves(organizations: Sequence[Organization], companies: Sequence[Company]) -> dict[int, Shelf]:
    told = {course.slug: course for company in companies for course in company.courses}
    offers: dict[int, dict[int, Offer]] = {}
    tracks: dict[int, dict[int, Track]] = {}
    entries = CollectionEntry.objects.filter(organization__in=organizations).select_related("collection")
    parts = _parts()
    for entry in entries.order_by("collection__position", "collection", "position", "id"):
        found, special = entry.collection, entry.specialization_id
        course_ids: tuple[int, ...] = (entry.course_id,) if entry.course_id else ()
        if special:
            course_ids = parts[special]
            track = Track(special, found.pk, found.name, course_ids)
            tracks.setdefault(found.program_id, {}).setdefault(special, track)
        for course_id in course_ids:
            offer = Offer(course_id, found.pk, found.name)
            offers.setdefault(found.program_id, {}).setdefault(course_id, offer)
    return {
        program.pk: Shelf(
            offers=tuple(offers.get(program.pk, {}).values()),
            tracks=tuple(tracks.get(program.pk, {}).values()),
            enrolls=told[program.slug].enrolls,
            limit=program.enrollment_limit,
        )
        for program in Program.objects.filter(organization__in=organizations)
    }


def _parts() -> dict[int, tuple[int, ...]]:
    """The courses of each specialization, in order."""
    found: dict[int, tuple[int, ...]] = {}
    for part in SpecializationCourse.objects.order_by("specialization", "position", "id"):
        found[part.specialization_id] = (*found.get(part.specialization_id, ()), part.course_id)
    return found


def _outlines(shelves: Iterable[Shelf]) -> dict[int, Outline]:
    """What the offered courses consist of."""
    ids = sorted({offer.course_id for shelf in shelves for offer in shelf.offers})
    sessions: dict[int, tuple[tuple[int, int], ...]] = {}
    for session in CourseSession.objects.filter(course__in=ids).order_by("starts_at", "id"):
        start = (session.pk, int(session.starts_at.timestamp()))
        sessions[session.course_id] = (*sessions.get(session.course_id, ()), start)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [ids])
        rows = cursor.fetchall()
    return {
        course_id: Outline(
            course_id, version_id, level, tuple(_task(*row[3:]) for row in items), sessions.get(course_id, ())
        )
        for (course_id, version_id, level), items in groupby(rows, itemgetter(0, 1, 2))
    }


def _task(
    item_id: int,
    kind: str,
    seconds: int,
    is_required: bool,
    pass_mark: float | None,
    tries: int | None,
    questions: int | None,
) -> Task:
    passing, failing = ((), ()) if pass_mark is None else scores(questions or QUESTIONS, pass_mark)
    return Task(
        item_id=item_id,
        does=DOES[Item.Kind(kind)],
        seconds=seconds,
        is_required=is_required,
        is_graded=kind in Item.GRADED,
        passing=passing,
        failing=failing,
        tries=tries,
    )


def _purchase(contract: Contract, zone: ZoneInfo) -> Purchase:
    starts, ends = (
        int(datetime.combine(day, time(), tzinfo=zone).timestamp())
        for day in (contract.starts_on, contract.ends_on + timedelta(days=1))
    )
    return Purchase(starts, ends, contract.quantity if contract.kind == Contract.Kind.ENROLLMENTS else None)
