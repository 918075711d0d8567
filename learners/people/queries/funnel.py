"""Invited, joined, enrolled: how many distinct people came how far, in one statement, so that all agree."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Count, F, Max
from django.utils import timezone

from learners.people.models import TurnedAway
from orgs.access import Access
from orgs.models import Organization

# Attempts older than this no longer ask for anything to be done.
RECENT = timedelta(days=30)

# One pass over the memberships gives all: per person, per program, per contract. A person counts once,
# however many programs they are in; in one program nobody is twice. Every membership is an invitation or a
# joining, so each counts as invited; `joined_at` stays when a member is removed or invited again.
COUNT = """
select
  case when person_id is not null then 'everyone' when program_id is not null then 'program'
    else 'contract' end,
  coalesce(program_id, contract_id, 0),
  sum(case when person_id is null then invited else 1 end),
  sum(case when person_id is null then open else least(open, 1) end),
  sum(case when person_id is null then joined else least(joined, 1) end),
  sum(case when person_id is null then members else least(members, 1) end),
  sum(case when person_id is null then enrolled else least(enrolled, 1) end)
from (
  select person_id, program_id, contract_id, count(*) as invited,
    count(*) filter (where state = 'invited') as open, count(joined_at) as joined,
    count(*) filter (where state = 'member') as members, count(*) filter (where enrollments > 0) as enrolled
  from learners_membership where organization_id = %(organization)s and program_id = any(%(programs)s)
  group by grouping sets ((person_id), (program_id), (contract_id))
) counted group by 1, 2
"""


@dataclass(frozen=True)
class Reach:
    """How far people came. Each of `invited`, `joined` and `enrolled` is part of the one before.

    `open` are invitations nobody has answered, `members` those who are members now. Over several
    programs each is a number of distinct people.
    """

    invited: int = 0
    open: int = 0
    joined: int = 0
    members: int = 0
    enrolled: int = 0


@dataclass(frozen=True)
class Funnel:
    """The reach of all programs together, of each, and of each contract that their people came under."""

    everyone: Reach = Reach()
    programs: dict[int, Reach] = field(default_factory=dict)
    contracts: dict[int, Reach] = field(default_factory=dict)


@dataclass(frozen=True)
class Closed:
    """People of one program who wanted to join of late and found one contract closed to them."""

    program_id: int
    contract_id: int
    reason: str
    people: int


def funnel(organization: Organization, program_ids: Collection[int]) -> Funnel:
    """Count the people of these programs of the organization, at this moment. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"organization": organization.pk, "programs": list(program_ids)})
        found: dict[str, dict[int, Reach]] = {"everyone": {}, "program": {}, "contract": {}}
        for what, pk, *numbers in cursor.fetchall():
            found[what][pk] = Reach(*(int(number) for number in numbers))
    return Funnel(found["everyone"].get(0, Reach()), found["program"], found["contract"])


def turned_away(access: Access) -> list[Closed]:
    """Who found no way in during the last 30 days, in the programs one may see, the latest first.

    Whoever joins after all is no longer among them.
    """
    rows = TurnedAway.objects.filter(organization=access.organization, at__gte=timezone.now() - RECENT)
    if access.program_ids is not None:
        rows = rows.filter(program__in=access.program_ids)
    grouped = rows.values("program_id", "contract_id", "reason").annotate(
        people=Count("pk"), latest=Max("at")
    )
    return [
        Closed(row["program_id"], row["contract_id"], row["reason"], row["people"])
        for row in grouped.order_by(F("latest").desc())
    ]
