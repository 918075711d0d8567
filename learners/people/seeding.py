"""Writing many invented people at once, for the demo and the benchmark: COPY into staging, then set by set.

Nothing here asks whether it may: whoever calls makes up consistent rows. Run it inside a transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.backends.utils import CursorWrapper

from learners.people import names
from orgs.models import Organization

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class SeedMembership:
    """One membership and its invitation; a member or former member has `joined_at`."""

    program_id: int
    contract_id: int
    state: str
    invited_at: datetime
    joined_at: datetime | None = None
    removed_at: datetime | None = None
    allow_return: bool = False
    sent_at: datetime | None = None
    sent_count: int = 0


@dataclass(frozen=True, slots=True)
class SeedPerson:
    """One person; whoever has joined anything gets an account with a confirmed address and no password."""

    name: str
    email: str
    memberships: tuple[SeedMembership, ...]
    external_id: str = ""
    manager_name: str = ""
    manager_email: str = ""
    job_title: str = ""
    job_type: str = ""
    business_unit: str = ""
    business_unit_2: str = ""
    location_city: str = ""
    location_country: str = ""
    location_region: str = ""


PROFILE = (
    "external_id, manager_name, manager_email, job_title, job_type, business_unit, business_unit_2, "
    "location_city, location_country, location_region"
)
# The ids are taken from the tables' own sequences while COPY fills the staging tables.
STAGING = """
create temporary table seed_person (
  n bigint, email text, name text, sort_name text, search text, external_id text, manager_name text,
  manager_email text, job_title text, job_type text, business_unit text, business_unit_2 text,
  location_city text, location_country text, location_region text,
  created_at timestamptz, joined_at timestamptz,
  id bigint default nextval(pg_get_serial_sequence('learners_person', 'id')), user_id bigint) on commit drop;
create temporary table seed_membership (
  n bigint, program_id bigint, contract_id bigint, state text, invited_at timestamptz, joined_at timestamptz,
  removed_at timestamptz, allow_return boolean, sent_at timestamptz, sent_count integer,
  id bigint default nextval(pg_get_serial_sequence('learners_membership', 'id'))) on commit drop
"""
COPY_PEOPLE = f"""
copy seed_person (n, email, name, sort_name, search, {PROFILE}, created_at, joined_at) from stdin"""
COPY_MEMBERSHIPS = """
copy seed_membership (n, program_id, contract_id, state, invited_at, joined_at, removed_at, allow_return,
  sent_at, sent_count) from stdin"""
# One statement a step. An account that is there already is used as it is.
STEPS = (
    """
    insert into orgs_user (email, name, password, is_active, date_joined)
    select email, name, %(password)s, true, joined_at from seed_person
    where joined_at is not null order by email on conflict (email) do nothing""",
    """
    update seed_person s set user_id = found.id from (
      select s.n, u.id from seed_person s
      cross join lateral (select id from orgs_user where email = s.email offset 0) u
      where s.joined_at is not null) found
    where found.n = s.n""",
    """
    insert into account_emailaddress (user_id, email, verified, "primary")
    select user_id, email, true, true from seed_person where user_id is not null order by email
    on conflict do nothing""",
    # The only thing put in is our own list of columns.
    f"""
    insert into learners_person
      (id, organization_id, user_id, email, name, sort_name, search, {PROFILE}, created_at)
    select id, %(organization)s, user_id, email, name, sort_name, search, {PROFILE}, created_at
    from seed_person order by id""",  # noqa: S608
    """
    insert into learners_membership (id, organization_id, program_id, person_id, contract_id, state,
      sort_name, invited_at, joined_at, last_activity_at, removed_at, allow_return)
    select m.id, %(organization)s, m.program_id, p.id, m.contract_id, m.state, p.sort_name, m.invited_at,
      m.joined_at, m.joined_at, m.removed_at, m.allow_return
    from seed_membership m join seed_person p using (n) order by m.id""",
    """
    insert into learners_invitation (organization_id, membership_id, created_at, sent_at, sent_count)
    select %(organization)s, id, invited_at, sent_at, sent_count from seed_membership order by id""",
)
# Joining an enrollments contract takes no licence, so it leaves no line.
LEDGER = """
insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason, at)
select %(organization)s, e.contract_id, e.id, e.delta, e.reason, e.at from (
  select contract_id, id, 1 as delta, 'joined' as reason, joined_at as at from learners_membership
  where organization_id = %(organization)s and joined_at is not null
  union all
  select contract_id, id, -1, 'removed', removed_at from learners_membership
  where organization_id = %(organization)s and joined_at is not null and state = 'removed') e
join programs_contract c on c.id = e.contract_id and c.kind <> 'enrollments'
order by e.at, e.id, e.delta desc"""
TAKEN = """
update programs_contract c set taken = n.members from (
  select contract_id, count(*) as members from learners_membership
  where organization_id = %(organization)s and state = 'member' group by contract_id) n
where n.contract_id = c.id and c.kind <> 'enrollments'"""


# An ANALYZE of autovacuum sees nothing of what is not committed yet. With its statistics of empty tables each
# foreign key would be looked up by reading a whole index. It leaves alone what is locked so; others may read
# and write. Our own, before each first step, sees what the steps before it wrote.
ALONE = """
lock table orgs_user, account_emailaddress, learners_person, learners_membership, learners_invitation
in share update exclusive mode"""
KNOW = "analyze orgs_user, learners_person, learners_membership"


def write(organization: Organization, people: Iterable[SeedPerson]) -> int:
    """Write these people with accounts, memberships and invitations into an organization that has none,
    then the ledger and the seats taken. Returns how many; memory stays flat however many there are.
    """
    values: dict[str, Any] = {"organization": organization.pk, "password": make_password(None)}
    count = 0
    rows = iter(people)
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        # Checked at commit, a million keys would wait in memory.
        cursor.execute("set constraints all immediate")
        cursor.execute(STAGING)
        while batch := list(islice(rows, BATCH)):
            _copy(cursor, batch, count)
            for step in STEPS:
                if not count:
                    cursor.execute(KNOW)
                cursor.execute(step, values)
            cursor.execute("truncate seed_person, seed_membership")
            count += len(batch)
        cursor.execute("drop table seed_person, seed_membership")
        cursor.execute(LEDGER, values)
        cursor.execute(TAKEN, values)
        cursor.execute("set constraints all deferred")
    return count


def settle() -> None:
    """After writing: flush the search index and let the planner learn what is there."""
    with connection.cursor() as cursor:
        cursor.execute("select gin_clean_pending_list('person_search')")
        cursor.execute(
            "analyze orgs_user, account_emailaddress, learners_person, learners_membership, "
            "learners_invitation, learners_licenceledger, programs_contract"
        )


def _copy(cursor: CursorWrapper, batch: Sequence[SeedPerson], start: int) -> None:
    with cursor.copy(COPY_PEOPLE) as copy:
        for n, person in enumerate(batch, start):
            copy.write_row(_person_row(n, person))
    with cursor.copy(COPY_MEMBERSHIPS) as copy:
        for row in _membership_rows(batch, start):
            copy.write_row(row)
    cursor.execute("analyze seed_person, seed_membership")


def _person_row(n: int, person: SeedPerson) -> tuple[Any, ...]:
    return (
        n,
        person.email,
        person.name,
        names.sort_name(person.name),
        names.search(person.name, person.email, person.external_id),
        person.external_id,
        person.manager_name,
        person.manager_email,
        person.job_title,
        person.job_type,
        person.business_unit,
        person.business_unit_2,
        person.location_city,
        person.location_country,
        person.location_region,
        min(membership.invited_at for membership in person.memberships),
        min(
            (membership.joined_at for membership in person.memberships if membership.joined_at), default=None
        ),
    )


def _membership_rows(batch: Sequence[SeedPerson], start: int) -> Iterator[tuple[Any, ...]]:
    for n, person in enumerate(batch, start):
        for membership in person.memberships:
            yield (
                n,
                membership.program_id,
                membership.contract_id,
                membership.state,
                membership.invited_at,
                membership.joined_at,
                membership.removed_at,
                membership.allow_return,
                membership.sent_at,
                membership.sent_count,
            )
