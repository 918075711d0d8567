"""Building the demo: organizations, programs, contracts, people, imports, and who was turned away."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pgtrigger
from django.contrib.auth.hashers import make_password
from django.db import transaction

from config.demo import clearing, learning, story
from config.demo.catalog import stocking
from config.demo.people import Cast, Wave
from config.demo.story import Company, Course, Term
from learners.learning import figures
from learners.learning import seeding as coursework
from learners.models import Invitation, InviteImport, Membership, Person, TurnedAway
from learners.people import seeding
from learners.people.actions import imports
from orgs import audit, jobs
from orgs.actions import accounts, organizations, role_grants
from orgs.errors import ActionError
from orgs.models import AuditEvent, Organization, User
from orgs.tenancy import org_transaction
from programs.actions import contracts, domains, programs
from programs.models import Contract, Program

MARK = "demo.created"
NEWCOMERS = Path(__file__).with_name("newcomers.csv")
State = InviteImport.State


def _nothing(_text: str) -> None:
    """For whoever does not listen."""


@dataclass(frozen=True)
class Demo:
    """The demo that is there: of which size and seed, and the day it was told from."""

    size: str
    seed: int
    today: date
    organizations: tuple[Organization, ...]

    @property
    def companies(self) -> tuple[Company, ...]:
        return story.companies(self.size, self.today)


def find() -> Demo | None:
    """The demo that is there, or None. An organization counts as a demo by its mark in the audit log."""
    marks = list(AuditEvent.objects.filter(verb=MARK).select_related("organization").order_by("id"))
    if not marks:
        return None
    values = marks[0].after or {}
    found = tuple(mark.organization for mark in marks)
    return Demo(values["size"], values["seed"], date.fromisoformat(values["day"]), found)


@transaction.atomic
def build(*, size: str, seed: int, today: date, say: Callable[[str], None] = _nothing) -> Demo:
    """Make the demo, all or nothing, and say what is done. Raises ActionError when something real has one
    of its addresses.
    """
    companies = story.companies(size, today)
    stocking.load()
    made = []
    for company in companies:
        made.append(_build(company, size, seed, today))
        say(f"{company.name}: {company.people:,} people.")
    seeding.settle()
    with coursework.keys_checked_at_once():
        enrollments = learning.write(made, companies, seed=seed, today=today)
        say(f"{enrollments:,} enrollments.")
        coursework.settle()
        figures.rebuild()
        say("Progress, grades, learning time and counters told.")
    return Demo(size, seed, today, tuple(made))


@transaction.atomic
def remove(demo: Demo) -> None:
    """Delete the demo's organizations with everything in them, and its accounts. Other organizations stay."""
    clearing.clear_organizations([organization.pk for organization in demo.organizations])
    clearing.clear_accounts([company.domain for company in demo.companies])


def _build(company: Company, size: str, seed: int, today: date) -> Organization:
    organization = _organization(company)
    # Outside the wall: from behind it the programs of others, and so their addresses, cannot be seen.
    program_rows = {course.slug: _program(organization, course) for course in company.courses}
    with org_transaction(organization):
        stocking.stock(program_rows.values())
        contract_rows = {term.name: _contract(organization, term) for term in company.terms}
        mark = {"size": size, "seed": seed, "day": today.isoformat()}
        audit.record(by=None, organization=organization, verb=MARK, target=organization, after=mark)
        users = _accounts(company, organization, program_rows)
        _date_back(organization, min(term.starts_on for term in company.terms))
        cast = Cast(
            company,
            {slug: program.pk for slug, program in program_rows.items()},
            {name: contract.pk for name, contract in contract_rows.items()},
            today,
            seed,
        )
        seeding.write(organization, cast)
        _imports(organization, cast.waves, program_rows.values(), users[0] if users else None)
        _turned_away(organization, contract_rows.values(), today)
        if company.newcomers:
            program, contract = program_rows[company.newcomers], contract_rows[company.courses[0].term]
            for domain in (company.domain, f"terminals.{company.domain}"):
                domains.add(by=users[1], program=program, contract=contract, domain=domain)
            _newcomers(program, contract, users[1], today)
    return organization


def _program(organization: Organization, course: Course) -> Program:
    program, _is_new = programs.create(
        by=None, organization=organization, slug=course.slug, name=course.name, tagline=course.tagline
    )
    if course.limit:
        program.enrollment_limit = course.limit
        program.save(update_fields=["enrollment_limit"])
    return program


def _contract(organization: Organization, term: Term) -> Contract:
    return contracts.create(
        by=None,
        organization=organization,
        name=term.name,
        kind=term.kind,
        quantity=term.quantity,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
    )[0]


def _organization(company: Company) -> Organization:
    organization, is_new = organizations.create(
        by=None,
        slug=company.slug,
        name=company.name,
        brand_color=company.brand_color,
        timezone=company.timezone,
        country=company.country,
        industry=company.industry,
        size_band=company.size_band,
    )
    if not is_new:
        raise ActionError(f"There is an organization “{company.slug}” that is no demo; nothing was changed.")
    return organization


def _accounts(company: Company, organization: Organization, program_rows: dict[str, Program]) -> list[User]:
    """The accounts one can sign in with; invitees have none yet."""
    users = []
    for login in company.logins:
        if not (login.is_admin or login.joined):
            continue
        user, _is_new = accounts.ensure(by=None, email=company.email(login), name=login.name)
        if login.is_admin:
            program = program_rows.get(login.program)
            role_grants.grant(by=None, user=user, organization=organization, program=program, mail=False)
        users.append(user)
    # One hash for all: it is slow on purpose, and the password is no secret.
    User.objects.filter(pk__in=[user.pk for user in users]).update(password=make_password(story.PASSWORD))
    return users


def _date_back(organization: Organization, day: date) -> None:
    """What was recorded so far happened when the first contract began."""
    moment = datetime.combine(day, datetime.min.time(), tzinfo=organization.zone) + timedelta(hours=9)
    with pgtrigger.ignore("orgs.AuditEvent:append_only"):
        AuditEvent.objects.filter(organization=organization).update(at=moment)


def _imports(
    organization: Organization, waves: list[Wave], program_rows: Iterable[Program], by: User | None
) -> None:
    """One finished import for each wave, with its entry in the audit log."""
    slugs = {program.pk: program.slug for program in program_rows}
    jobs_ = InviteImport.objects.bulk_create(
        InviteImport(
            organization=organization,
            program_id=wave.program_id,
            contract_id=wave.contract_id,
            requested_by=by,
            state=State.DONE,
            file_name=f"{slugs[wave.program_id]}-{wave.at:%Y-%m-%d}.csv",
            file_size=24 + 61 * wave.people,
            encoding="utf-8",
            rows=wave.people,
            total=wave.people,
            done=wave.people,
            invited=wave.people,
            claims=1,
            attempts=0,
            created_at=wave.at - timedelta(minutes=2),
            started_at=wave.at,
            heartbeat_at=wave.at,
            finished_at=wave.at + timedelta(seconds=2 + wave.people // 5_000),
        )
        for wave in sorted(waves, key=lambda wave: wave.at)
        if wave.people
    )
    names = dict(Contract.objects.filter(organization=organization).values_list("pk", "name"))
    AuditEvent.objects.bulk_create(_entry(job, by, names[job.contract_id]) for job in jobs_)


def _entry(job: InviteImport, by: User | None, contract: str) -> AuditEvent:
    return AuditEvent(
        organization_id=job.organization_id,
        at=job.created_at,
        actor=by,
        actor_label=f"{by.name} <{by.email}>" if by else "",
        verb="invitations.imported",
        program_id=job.program_id,
        target_type=job._meta.label_lower,
        target_id=job.pk,
        target_label=str(job),
        after={"rows": job.total, "contract": contract, "mail": job.sends_mail},
    )


def _turned_away(organization: Organization, contract_rows: Iterable[Contract], today: date) -> None:
    """A few invitees of late who found their contract over, or every seat of it taken."""
    for contract in contract_rows:
        contract.refresh_from_db()
        if contract.takes_members or contract.kind != Contract.Kind.SEATS:
            continue
        reason = TurnedAway.Reason.FULL if contract.is_running else TurnedAway.Reason.ENDED
        invited = Membership.objects.filter(contract=contract, state=Membership.State.INVITED)
        noon = datetime.combine(today, datetime.min.time(), tzinfo=organization.zone) + timedelta(hours=12)
        TurnedAway.objects.bulk_create(
            TurnedAway(
                organization=organization,
                program_id=membership.program_id,
                contract=contract,
                email=membership.person.email,
                reason=reason,
                times=1 + number % 2,
                at=noon - timedelta(days=2 + 3 * number),
            )
            for number, membership in enumerate(invited.select_related("person").order_by("id")[:3])
        )


def _newcomers(program: Program, contract: Contract, by: User, today: date) -> None:
    """An import of the last working day that had bad rows, read and worked off by the real thing."""
    content = NEWCOMERS.read_bytes() + _known(program).encode()
    name = f"newcomers-{today:%Y-%m}.csv"
    job = imports.stage(
        program=program, contract=contract, file=io.BytesIO(content), name=name, size=len(content), by=by
    )
    usable = job.rows - job.problems
    InviteImport.objects.filter(pk=job.pk).update(state=State.QUEUED, total=usable, sends_mail=False)
    claimed = jobs.claim(InviteImport, job.pk)
    assert claimed is not None
    while imports.work(job=claimed, by=by):
        pass
    jobs.finish(claimed)
    day = today - timedelta(days={0: 3, 6: 2}.get(today.weekday(), 1))
    at = datetime.combine(day, datetime.min.time(), tzinfo=program.organization.zone) + timedelta(hours=10)
    moved = {"created_at": at, "started_at": at, "heartbeat_at": at, "finished_at": at + timedelta(seconds=1)}
    InviteImport.objects.filter(pk=job.pk).update(**moved)
    people = Person.objects.filter(organization=program.organization, created_at__gte=claimed.started_at)
    Membership.objects.filter(person__in=people).update(invited_at=at)
    Invitation.objects.filter(membership__person__in=people).update(created_at=at)
    people.update(created_at=at)
    claimed.refresh_from_db()
    AuditEvent.objects.bulk_create([_entry(claimed, by, contract.name)])


def _known(program: Program) -> str:
    """Rows for people who are in the program already: two members, two invitees."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for state in (Membership.State.MEMBER, Membership.State.INVITED):
        rows = Membership.objects.filter(program=program, state=state).select_related("person").order_by("id")
        for membership in rows[:2]:
            writer.writerow([membership.person.name, membership.person.email, membership.person.external_id])
    return lines.getvalue()
