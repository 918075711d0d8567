"""The last seats: many people at once, each twice, and only so many may get in.

Each client is a process, and the two statements are run without Django's layers, so that the ratio
speaks of the statements. The whole action is run as a web process runs it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Sum

from config.benchmarks import clients
from config.benchmarks.clients import Clients
from config.benchmarks.harness import Benchmark, ResultsDiffer, Variant
from config.benchmarks.places import Place, make_place
from learners.models import Membership, Person
from learners.people.actions import joining
from learners.people.models import LicenceLedger
from orgs.models import User

SEATS = 10

ENTER = "select set_config('app.org', %s, true)"
LOCKED = """
select kind, quantity, %(today)s between starts_on and ends_on from programs_contract
where id = %(contract)s for update
"""
IS_MEMBER = """
select exists (select from learners_membership
               where person_id = %(person)s and program_id = %(program)s and state = 'member')
"""
MEMBERS = "select count(*) from learners_membership where contract_id = %(contract)s and state = 'member'"
INSERT = """
insert into learners_membership
  (organization_id, program_id, person_id, contract_id, state, sort_name, invited_at, joined_at,
   last_activity_at)
values (%(organization)s, %(program)s, %(person)s, %(contract)s, 'member', %(sort_name)s, now(), now(), now())
on conflict (person_id, program_id) do update
  set state = 'member', contract_id = excluded.contract_id, joined_at = now(), last_activity_at = now(),
      removed_at = null, allow_return = false
returning id
"""
CHARGE = "update programs_contract set taken = taken + 1 where id = %(contract)s"
LEDGER = """
insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason)
values (%(organization)s, %(contract)s, %(membership)s, 1, 'joined')
"""


@dataclass(frozen=True)
class Crowd:
    """People with accounts in front of a contract of 10 seats."""

    place: Place
    people: list[Person]


Attempt = Callable[[Place, Person], str]


@contextmanager
def prepare(rows: int) -> Iterator[Crowd]:
    """`rows` people in front of 10 seats."""
    place = make_place(seats=SEATS)
    slug = place.organization.slug
    addresses = [f"person{number}@{slug}.example" for number in range(rows)]
    users = User.objects.bulk_create([User(email=email, name="Carol") for email in addresses])
    people = Person.objects.bulk_create(
        Person(
            organization=place.organization,
            user=user,
            name=user.name,
            email=user.email,
            sort_name="carol",
            search=f"carol {user.email}",
        )
        for user in users
    )
    yield Crowd(place, people)


def at_the_door(attempt: Attempt) -> Callable[[Crowd], Clients]:
    """Everyone twice, side by side, among processes that are connected before the clock starts."""

    def ready(crowd: Crowd) -> Clients:
        twice = [person for person in crowd.people for _twin in range(2)]
        return clients.ready(partial(attempt, crowd.place), twice)

    return ready


def result(crowd: Crowd, answers: list[str]) -> dict[str, Any]:
    """Who heard what, and what is stored. Raises `ResultsDiffer` when a seat was sold twice."""
    contract = crowd.place.contract
    contract.refresh_from_db()
    ledger = LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta"))["sum"]
    members = Membership.objects.filter(contract=contract, state=Membership.State.MEMBER).count()
    if max(members, ledger or 0, contract.taken) > SEATS:
        raise ResultsDiffer(f"Oversold: {members} members, {ledger} in the ledger, for {SEATS} seats.")
    return {**Counter(answers), "members": members, "taken": contract.taken, "ledger": ledger}


def by_statement(place: Place, person: Person) -> str:
    """The product's one statement, given up when the seat is gone at the second look."""
    driver = _driver()
    with driver.transaction():
        driver.execute(ENTER, [str(place.organization.pk)])
        membership, charged, room, is_member = _row(
            driver.execute(joining.TAKE_SEAT, _parameters(place, person))
        )
        if membership is not None and not charged:
            raise psycopg.Rollback
    if membership is not None:
        return "joined" if charged else "full"
    return "already" if room or is_member else "full"


def by_lock(place: Place, person: Person) -> str:
    """The contract locked, its members counted, then membership, charge and ledger."""
    driver, values = _driver(), _parameters(place, person)
    with driver.transaction():
        driver.execute(ENTER, [str(place.organization.pk)])
        _kind, quantity, is_running = _row(driver.execute(LOCKED, values))
        if _row(driver.execute(IS_MEMBER, values))[0]:
            return "already"
        if _row(driver.execute(MEMBERS, values))[0] >= quantity or not is_running:
            return "full"
        (membership,) = _row(driver.execute(INSERT, values))
        driver.execute(CHARGE, values)
        driver.execute(LEDGER, values | {"membership": membership})
    return "joined"


def by_action(place: Place, person: Person) -> str:
    """The whole action: account, audit entry, welcome mail, and the note on who was turned away."""
    assert person.user is not None
    outcome = joining.join(
        program=place.program, person=person, user=person.user, contract=place.contract, by=person.user
    )
    return str(outcome.outcome)


def _driver() -> psycopg.Connection[Any]:
    driver: psycopg.Connection[Any] = connection.connection
    return driver


def _row(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = cursor.fetchone()
    assert row is not None, "the statement gives one row"
    return row


def _parameters(place: Place, person: Person) -> dict[str, Any]:
    return {
        "organization": place.organization.pk,
        "program": place.program.pk,
        "person": person.pk,
        "sort_name": person.sort_name,
        "contract": place.contract.pk,
        "today": place.contract.today,
    }


BENCHMARK = Benchmark(
    name="seats",
    unit="joins tried",
    rows=200,
    prepare=prepare,
    result=result,
    variants=(
        Variant("statement", Clients.go, at_the_door(by_statement)),
        Variant("FOR UPDATE", Clients.go, at_the_door(by_lock), target=1.2),
        Variant("action", Clients.go, at_the_door(by_action)),
    ),
    units=lambda rows: 2 * rows,
)
