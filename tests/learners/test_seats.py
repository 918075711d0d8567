"""Seats are never oversold, whatever runs at once; ledger and counter always agree."""

import random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Sum
from django.utils import timezone

from learners.models import LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions import joining
from learners.people.actions.joining import Outcome
from orgs.models import User
from programs.models import Contract
from tests.factories import ContractFactory, MembershipFactory, PersonFactory, UserFactory

PROCESSES = 2
THREADS = 12


def members(contract):
    return Membership.objects.filter(contract=contract, state=Membership.State.MEMBER).count()


def taken(contract):
    return Contract.objects.values_list("taken", flat=True).get(pk=contract.pk)


def ledger(contract):
    return LicenceLedger.objects.filter(contract=contract).aggregate(total=Sum("delta"))["total"] or 0


def people(organization, count):
    """Persons with an account each."""
    users = User.objects.bulk_create(
        User(email=f"p{n}@acme.example", name=f"P {n}", password="!") for n in range(count)
    )
    rows = Person.objects.bulk_create(
        PersonFactory.build(organization=organization, email=user.email, name=user.name) for user in users
    )
    return list(zip(rows, users, strict=True))


def at_once(program, contract, attempts):
    """Let all these people join at once, over a connection for each thread of two processes; the outcomes, in
    order. Twins come to different processes.
    """
    connections.close_all()
    shares = [attempts[number::PROCESSES] for number in range(PROCESSES)]
    outcomes = [None] * len(attempts)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        for number, share in enumerate(pool.map(partial(_share, program, contract), shares)):
            outcomes[number::PROCESSES] = share
    return outcomes


def _share(program, contract, attempts):
    outcomes = [None] * len(attempts)
    turns = iter(range(len(attempts)))
    start = Barrier(THREADS)

    def work(_thread):
        start.wait()
        try:
            for turn in turns:
                person, user = attempts[turn]
                result = joining.join(program=program, person=person, user=user, contract=contract, by=user)
                outcomes[turn] = result.outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    return outcomes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_200_people_at_once_each_twice_take_exactly_the_10_seats_there_are(acme, program, contract, round_):
    everyone = people(acme, 200)
    Membership.objects.bulk_create(
        [
            *(
                MembershipFactory.build(program=program, person=person, contract=contract)
                for person, _user in everyone[:60]
            ),
            *(
                MembershipFactory.build(
                    program=program, person=person, contract=contract, removed=True, allow_return=True
                )
                for person, _user in everyone[60:120]
            ),
        ]
    )
    random.Random(round_).shuffle(everyone)
    attempts = [pair for pair in everyone for _twice in range(2)]

    outcomes = at_once(program, contract, attempts)

    assert outcomes.count(Outcome.JOINED) == 10
    assert members(contract) == 10 == taken(contract) == ledger(contract)
    assert LicenceLedger.objects.filter(contract=contract).values("membership").distinct().count() == 10
    by_person = {}
    for (person, _user), outcome in zip(attempts, outcomes, strict=True):
        by_person.setdefault(person.pk, []).append(outcome)
    winners = {
        pk for pk in by_person if Membership.objects.filter(person=pk, state=Membership.State.MEMBER).exists()
    }
    assert {tuple(sorted(by_person[pk])) for pk in winners} == {(Outcome.ALREADY, Outcome.JOINED)}
    assert {tuple(by_person[pk]) for pk in by_person.keys() - winners} == {(Outcome.FULL, Outcome.FULL)}
    assert TurnedAway.objects.filter(program=program, reason="full", times=2).count() == 190
    assert TurnedAway.objects.count() == 190


@pytest.mark.django_db(transaction=True)
def test_everyone_gets_in_once_when_there_is_room_and_twins_hear_already(acme, program):
    contract = ContractFactory(organization=acme, quantity=60)
    everyone = people(acme, 60)
    attempts = [pair for pair in everyone for _twice in range(2)]

    outcomes = at_once(program, contract, attempts)

    assert outcomes.count(Outcome.JOINED) == 60
    assert outcomes.count(Outcome.ALREADY) == 60
    assert members(contract) == 60 == taken(contract) == ledger(contract)
    assert TurnedAway.objects.count() == 0


@pytest.fixture
def carla(acme):
    """A person of Acme and their account."""
    user = UserFactory(name="Carla", email="carla@acme.example")
    return PersonFactory(organization=acme, email="carla@acme.example", name="Carla"), user


def join(program, contract, carla):
    person, user = carla
    return joining.join(program=program, person=person, user=user, contract=contract, by=user)


def test_joining_takes_one_seat_and_writes_one_line_in_the_ledger(program, contract, carla):
    assert join(program, contract, carla).outcome == Outcome.JOINED

    membership = Membership.objects.get()
    assert (membership.state, membership.contract, membership.person) == ("member", contract, carla[0])
    assert membership.joined_at == membership.last_activity_at
    assert taken(contract) == 1
    assert list(LicenceLedger.objects.values_list("contract", "membership", "delta", "reason")) == [
        (contract.pk, membership.pk, 1, "joined")
    ]


def test_the_second_attempt_changes_nothing(program, contract, carla):
    join(program, contract, carla)

    assert join(program, contract, carla).outcome == Outcome.ALREADY
    assert (taken(contract), ledger(contract), members(contract)) == (1, 1, 1)


def test_a_member_hears_already_even_when_the_contract_is_full(acme, program, carla):
    contract = ContractFactory(organization=acme, quantity=1)
    join(program, contract, carla)

    assert join(program, contract, carla).outcome == Outcome.ALREADY
    assert TurnedAway.objects.count() == 0


def test_an_unlimited_contract_counts_its_members(acme, program, carla):
    contract = ContractFactory(organization=acme, kind=Contract.Kind.UNLIMITED, quantity=None)

    assert join(program, contract, carla).outcome == Outcome.JOINED
    assert (taken(contract), ledger(contract)) == (1, 1)


def test_a_contract_that_sells_enrollments_lets_members_in_without_taking_anything(acme, program, carla):
    contract = ContractFactory(organization=acme, kind=Contract.Kind.ENROLLMENTS, quantity=1, taken=1)

    assert join(program, contract, carla).outcome == Outcome.JOINED
    assert (members(contract), taken(contract), ledger(contract)) == (1, 1, 0)


def test_without_a_seat_nothing_is_taken_and_the_attempt_is_remembered(acme, program, carla):
    contract = ContractFactory(organization=acme, quantity=1, taken=1)
    MembershipFactory(program=program, person=carla[0], contract=contract)

    assert join(program, contract, carla).outcome == Outcome.FULL
    assert join(program, contract, carla).outcome == Outcome.FULL

    assert (members(contract), taken(contract), ledger(contract)) == (0, 1, 0)
    assert Membership.objects.get().state == "invited"
    assert Person.objects.get(pk=carla[0].pk).user is None
    row = TurnedAway.objects.get()
    assert (row.email, row.program, row.contract, row.reason, row.times) == (
        "carla@acme.example",
        program,
        contract,
        "full",
        2,
    )
    assert row.organization == acme


def test_who_finds_a_seat_later_is_no_longer_turned_away(acme, program, carla):
    contract = ContractFactory(organization=acme, quantity=1, taken=1)
    join(program, contract, carla)
    Contract.objects.filter(pk=contract.pk).update(quantity=2)

    assert join(program, contract, carla).outcome == Outcome.JOINED
    assert TurnedAway.objects.count() == 0


@pytest.mark.parametrize("kind", Contract.Kind.values)
def test_outside_its_dates_no_contract_takes_a_member(acme, program, carla, kind):
    quantity = None if kind == "unlimited" else 5
    today = timezone.localdate(timezone=acme.zone)
    day = timedelta(days=1)
    ended = ContractFactory(organization=acme, kind=kind, quantity=quantity, ends_on=today - day)
    later = ContractFactory(organization=acme, kind=kind, quantity=quantity, starts_on=today + day)

    assert join(program, ended, carla).outcome == Outcome.ENDED
    assert join(program, later, carla).outcome == Outcome.NOT_STARTED
    assert Membership.objects.count() == 0
    assert (taken(ended), taken(later)) == (0, 0)
    assert list(TurnedAway.objects.values_list("reason", "times", "contract")) == [
        ("not_started", 2, later.pk)
    ]


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("2026-05-31T21:59:00Z", Outcome.NOT_STARTED),
        ("2026-05-31T22:01:00Z", Outcome.JOINED),
        ("2026-06-30T21:59:00Z", Outcome.JOINED),
        ("2026-06-30T22:01:00Z", Outcome.ENDED),
    ],
)
def test_the_first_and_the_last_day_are_the_organizations_own(
    acme, program, carla, at, outcome, time_machine
):
    contract = ContractFactory(organization=acme, starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    time_machine.move_to(at, tick=False)

    assert join(program, contract, carla).outcome == outcome


def test_someone_removed_for_good_is_not_let_in_by_the_statement_either(program, contract, carla):
    MembershipFactory(program=program, person=carla[0], contract=contract, removed=True)

    with pytest.raises(joining.ActionError) as refusal:
        join(program, contract, carla)

    assert refusal.value.code == "not_invited"
    assert (Membership.objects.get().state, taken(contract), ledger(contract)) == ("removed", 0, 0)


def test_who_may_return_moves_to_the_contract_they_come_back_under(acme, program, contract, carla):
    other = ContractFactory(organization=acme)
    MembershipFactory(program=program, person=carla[0], contract=contract, removed=True, allow_return=True)

    assert join(program, other, carla).outcome == Outcome.JOINED

    membership = Membership.objects.get()
    assert (membership.state, membership.contract, membership.removed_at) == ("member", other, None)
    assert membership.allow_return is False
    assert (taken(contract), taken(other)) == (0, 1)


@pytest.mark.parametrize("kind", ["seats", "enrollments"])
def test_the_database_itself_refuses_one_more_than_was_bought(acme, kind):
    contract = ContractFactory(organization=acme, kind=kind, quantity=3, taken=3)

    with pytest.raises(IntegrityError, match="contract_never_oversold"), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(taken=4)
