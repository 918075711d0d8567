"""The last seats: many people at once, each twice, and only so many may get in."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from config.benchmarks.harness import Benchmark, ResultsDiffer, Variant
from config.benchmarks.places import Place, make_place
from learners.models import Membership, Person
from learners.people.actions import joining
from learners.people.models import LicenceLedger
from orgs.models import User
from orgs.tenancy import org_transaction

SEATS = 10
# Each thread has its own connection; as many as the server lets in next to its other clients.
CONNECTIONS = 40

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
    """People with accounts, and as many threads as come through the door at a time, each connected."""

    place: Place
    people: list[Person]
    pool: ThreadPoolExecutor
    threads: int


Attempt = Callable[[Place, Person], str]


def prepare(rows: int) -> Crowd:
    """`rows` people in front of 10 seats; every thread has its connection before the clock starts."""
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
    threads = min(CONNECTIONS, 2 * rows)
    crowd = Crowd(place, people, ThreadPoolExecutor(threads), threads)
    _in_every_thread(crowd, lambda: connection.ensure_connection())
    return crowd


def result(crowd: Crowd, answers: list[str]) -> dict[str, Any]:
    """Who heard what, and what is stored. Raises `ResultsDiffer` when a seat was sold twice."""
    _in_every_thread(crowd, lambda: connection.close())
    crowd.pool.shutdown()
    contract = crowd.place.contract
    contract.refresh_from_db()
    ledger = LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta"))["sum"]
    members = Membership.objects.filter(contract=contract, state=Membership.State.MEMBER).count()
    if max(members, ledger or 0, contract.taken) > SEATS:
        raise ResultsDiffer(f"Oversold: {members} members, {ledger} in the ledger, for {SEATS} seats.")
    return {**Counter(answers), "members": members, "taken": contract.taken, "ledger": ledger}


def by_statement(place: Place, person: Person) -> str:
    """The product's one statement, in a savepoint that is given up when the seat is gone."""
    with org_transaction(place.organization), connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(joining.TAKE_SEAT, _parameters(place, person))
            membership, charged, room, is_member = cursor.fetchone()
            if membership is not None and not charged:
                transaction.set_rollback(True)
        if membership is not None:
            return "joined" if charged else "full"
        return "already" if room or is_member else "full"


def by_lock(place: Place, person: Person) -> str:
    """The contract locked, its members counted, then membership, charge and ledger."""
    values = _parameters(place, person)
    with org_transaction(place.organization), connection.cursor() as cursor:
        cursor.execute(LOCKED, values)
        _kind, quantity, is_running = cursor.fetchone()
        cursor.execute(IS_MEMBER, values)
        if cursor.fetchone()[0]:
            return "already"
        cursor.execute(MEMBERS, values)
        if cursor.fetchone()[0] >= quantity or not is_running:
            return "full"
        cursor.execute(INSERT, values)
        (membership,) = cursor.fetchone()
        cursor.execute(CHARGE, values)
        cursor.execute(LEDGER, values | {"membership": membership})
        return "joined"


def by_action(place: Place, person: Person) -> str:
    """The whole action: account, audit entry, welcome mail, and the note on who was turned away."""
    assert person.user is not None
    outcome = joining.join(
        program=place.program, person=person, user=person.user, contract=place.contract, by=person.user
    )
    return str(outcome.outcome)


def _all_at_once(attempt: Attempt) -> Callable[[Crowd], list[str]]:
    def run(crowd: Crowd) -> list[str]:
        twice = [person for person in crowd.people for _twin in range(2)]
        return list(crowd.pool.map(lambda person: attempt(crowd.place, person), twice))

    return run


def _in_every_thread(crowd: Crowd, step: Callable[[], None]) -> None:
    """`step` asks for `connection` inside the thread, or it would be that of the caller."""
    everyone = Barrier(crowd.threads)

    def once() -> None:
        everyone.wait()
        step()

    for future in [crowd.pool.submit(once) for _thread in range(crowd.threads)]:
        future.result()


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
        Variant("statement", _all_at_once(by_statement)),
        Variant("FOR UPDATE", _all_at_once(by_lock)),
        Variant("action", _all_at_once(by_action)),
    ),
    targets={"FOR UPDATE": 1.2},
    units=lambda rows: 2 * rows,
)
