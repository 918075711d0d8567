"""Removing people gives their seats back once, tells them once, and keeps what they learned."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from config.lib import tokens
from learners.models import (
    LicenceLedger,
    Membership,
    TurnedAway,
)
from learners.people.actions import invitations, joining, memberships
from learners.people.actions.joining import Outcome
from learners.people.queries import joining as joining_queries
from orgs.models import AuditEvent, OutboundEmail
from programs.models import Contract
from tests.factories import ContractFactory, MembershipFactory, PersonFactory, UserFactory
from tests.learners.seats import agree, exits, invite, ledger, seat, taken

State = Membership.State


@pytest.mark.parametrize("allow_return", [False, True])
def test_removing_a_member_frees_the_seat_and_mails_once(alice, program, contract, allow_return):
    carol = seat(program, contract, "Carol")
    seat(program, contract, "Dan")
    assert agree(contract, 2)

    done = memberships.remove(memberships=[carol], allow_return=allow_return, by=alice)

    assert done == memberships.Removed(members=1, seats=1)
    assert agree(contract, 1)
    carol.refresh_from_db()
    assert (carol.state, carol.allow_return) == (State.REMOVED, allow_return)
    assert carol.removed_at is not None
    assert carol.joined_at is not None
    (mail,) = exits()
    assert (mail.recipient, mail.state) == ("carol@acme.example", OutboundEmail.State.QUEUED)
    assert mail.data == {"membership": carol.pk, "allow_return": allow_return}
    line = LicenceLedger.objects.order_by("-id")[0]
    assert (line.delta, line.reason, line.membership_id) == (-1, LicenceLedger.Reason.REMOVED, carol.pk)
    event = AuditEvent.objects.get(verb="membership.removed")
    assert (event.actor, event.program_id, event.target_id) == (alice, program.pk, carol.pk)
    assert event.before == {"state": "member"}
    assert event.after == {"state": "removed", "allow_return": allow_return}


def test_removing_twice_changes_nothing_the_second_time(alice, program, contract):
    carol = seat(program, contract, "Carol")
    memberships.remove(memberships=[carol], allow_return=False, by=alice)
    again = memberships.remove(memberships=[carol], allow_return=True, by=alice)
    carol.refresh_from_db()
    fresh = memberships.remove(memberships=[carol], allow_return=True, by=alice)
    assert again == fresh == memberships.Removed(left_alone=1)
    assert agree(contract, 0)
    assert len(exits()) == 1
    assert not carol.allow_return
    assert AuditEvent.objects.filter(verb="membership.removed").count() == 1


def test_a_second_removal_after_a_return_mails_again_and_frees_the_seat_again(alice, program, contract):
    carol = seat(program, contract, "Carol")
    memberships.remove(memberships=[carol], allow_return=True, by=alice)
    user = carol.person.user or joining_queries.account_at("carol@acme.example")
    joining.enter(program=program, user=user, by=user)
    assert agree(contract, 1)
    carol.refresh_from_db()
    memberships.remove(memberships=[carol], allow_return=True, by=alice)
    assert agree(contract, 0)
    assert len(exits()) == 2
    assert [line.delta for line in LicenceLedger.objects.order_by("id")] == [1, -1, 1, -1]


def test_the_two_choices_decide_who_may_come_back(alice, program, contract):
    for name, allow_return in (("Carol", False), ("Dan", True)):
        memberships.remove(memberships=[seat(program, contract, name)], allow_return=allow_return, by=alice)
    standings = {
        name: joining_queries.way_in(
            program, joining_queries.account_at(f"{name.lower()}@acme.example")
        ).standing
        for name in ("Carol", "Dan")
    }
    assert standings == {"Carol": "removed", "Dan": "returning"}


def test_removing_an_invitation_voids_the_link_tells_nobody_and_touches_no_seat(alice, program, contract):
    ina = invite(program, contract, "Ina")
    seat(program, contract, "Carol")
    token = tokens.sign("invitation", ina.invitation.pk, ina.invitation.generation)
    assert joining_queries.link(token).state == "open"

    done = memberships.remove(memberships=[ina], allow_return=True, by=alice)

    assert done == memberships.Removed(invitations=1)
    assert joining_queries.link(token).state == "removed"
    ina.refresh_from_db()
    assert (ina.state, ina.allow_return) == (State.REMOVED, False)
    assert exits() == []
    assert agree(contract, 1)
    assert AuditEvent.objects.get(verb="invitation.removed").after == {"state": "removed"}


def test_the_mail_of_a_removed_invitation_that_waits_is_not_sent(alice, program, contract):
    ina, ivo = invite(program, contract, "Ina"), invite(program, contract, "Ivo")
    invitations.resend(memberships=[ina, ivo], by=alice, confirmed=True)
    memberships.remove(memberships=[ina], allow_return=False, by=alice)
    mails = OutboundEmail.objects.filter(kind="invitation").values_list("recipient", "state", "error")
    assert sorted(mails) == [
        ("ina@acme.example", "cancelled", "The invitation was withdrawn."),
        ("ivo@acme.example", "queued", ""),
    ]


def test_someone_who_joined_since_is_not_removed_as_an_invitee(alice, program, contract):
    ina = invite(program, contract, "Ina")
    user = UserFactory(name="Ina", email="ina@acme.example")
    joining.join(program=program, person=ina.person, user=user, contract=contract, by=user)
    assert memberships.remove(memberships=[ina], allow_return=False, by=alice) == memberships.Removed(
        left_alone=1
    )
    assert agree(contract, 1)


def test_a_contract_of_enrollments_gets_nothing_back(alice, acme, program):
    credits = ContractFactory(organization=acme, kind=Contract.Kind.ENROLLMENTS, quantity=10, taken=4)
    carol = seat(program, credits, "Carol")
    LicenceLedger.objects.create(
        organization=acme, contract=credits, membership=carol, delta=1, reason="joined"
    )
    done = memberships.remove(memberships=[carol], allow_return=False, by=alice)
    assert (done.members, done.seats) == (1, 0)
    assert taken(credits) == 4
    assert ledger(credits) == 1


def test_an_unlimited_contract_counts_its_members_down_too(alice, acme, program):
    unlimited = ContractFactory(organization=acme, kind=Contract.Kind.UNLIMITED, quantity=None)
    carol = seat(program, unlimited, "Carol")
    memberships.remove(memberships=[carol], allow_return=False, by=alice)
    assert agree(unlimited, 0)


def test_a_member_without_a_line_in_the_ledger_frees_nothing(alice, program, contract):
    carol = MembershipFactory(program=program, contract=contract, joined=True)
    assert memberships.remove(memberships=[carol], allow_return=False, by=alice).seats == 0
    assert taken(contract) == 0


def test_members_under_several_contracts_free_each_their_own(alice, acme, program, contract):
    second = ContractFactory(organization=acme)
    rows = [seat(program, contract, "Ada"), seat(program, second, "Bea"), seat(program, contract, "Cid")]
    assert memberships.remove(memberships=rows[1:], allow_return=False, by=alice).seats == 2
    assert agree(contract, 1)
    assert agree(second, 0)


def test_many_removed_at_once_leave_one_entry_that_counts_them(alice, acme, program, contract):
    rows = [MembershipFactory(program=program, contract=contract, joined=True) for _ in range(51)]
    rows.append(invite(program, contract, "Ina"))
    done = memberships.remove(memberships=rows, allow_return=True, by=alice)
    assert (done.members, done.invitations) == (51, 1)
    entries = AuditEvent.objects.filter(verb__endswith=".removed").order_by("verb")
    assert [(entry.verb, entry.target_label, entry.after) for entry in entries] == [
        ("invitations.removed", "English for Work", {"people": 1}),
        ("memberships.removed", "English for Work", {"people": 51, "allow_return": True}),
    ]
    assert len(exits()) == 51


def test_rows_of_another_organization_are_never_touched(alice, program, contract, globex):
    foreign = MembershipFactory(joined=True, program__organization=globex)
    carol = seat(program, contract, "Carol")
    done = memberships.remove(memberships=[carol, foreign], allow_return=False, by=alice)
    assert (done.members, done.left_alone) == (1, 1)
    foreign.refresh_from_db()
    assert foreign.state == State.MEMBER


@pytest.mark.django_db(transaction=True)
def test_removals_of_the_same_people_at_once_free_one_seat_each(alice, program, contract):
    rows = [seat(program, contract, f"P{number}") for number in range(8)]

    def attempt(number):
        try:
            mixed = rows[number % 8 :] + rows[: number % 8]
            return memberships.remove(memberships=mixed, allow_return=False, by=alice)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(attempt, range(12)))

    assert sum(result.members for result in results) == sum(result.seats for result in results) == 8
    assert agree(contract, 0)
    assert len(exits()) == 8


@pytest.mark.django_db(transaction=True)
def test_removing_and_joining_at_once_keep_counter_ledger_and_members_equal(alice, acme, program, contract):
    rows = [seat(program, contract, f"P{number}") for number in range(10)]
    waiting = []
    for number in range(10):
        person = PersonFactory(organization=acme, email=f"w{number}@acme.example")
        waiting.append((person, UserFactory(email=person.email)))

    def leave(row):
        try:
            memberships.remove(memberships=[row], allow_return=False, by=alice)
        finally:
            connection.close()

    def enter(pair):
        person, user = pair
        try:
            joining.join(program=program, person=person, user=user, contract=contract, by=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        jobs = [pool.submit(leave, row) for row in rows] + [pool.submit(enter, pair) for pair in waiting]
        for job in jobs:
            job.result()

    members = Membership.objects.filter(contract=contract, state=State.MEMBER).count()
    assert agree(contract, members)
    assert 0 <= members <= 10


def test_a_seat_given_back_lets_the_next_one_in(alice, acme, program):
    small = ContractFactory(organization=acme, quantity=1)
    ada = seat(program, small, "Ada")
    person = PersonFactory(organization=acme, email="bea@acme.example")
    user = UserFactory(email="bea@acme.example")
    enter = {"program": program, "person": person, "user": user, "contract": small, "by": user}
    assert joining.join(**enter).outcome == Outcome.FULL
    assert TurnedAway.objects.get().email == "bea@acme.example"
    memberships.remove(memberships=[ada], allow_return=True, by=alice)
    assert joining.join(**enter).outcome == Outcome.JOINED
    assert TurnedAway.objects.count() == 0
    assert agree(small, 1)
