"""The door that the allow-list opens: what its page says, and what happens when there is no room."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.db.models import Sum

from learners.models import LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions.joining import Outcome
from orgs.models import User
from programs.models import Contract, Program
from tests.factories import (
    ContractFactory,
    DomainRuleFactory,
    UserFactory,
)
from tests.learners.by_domain import add_address, enter, members, words


def rows():
    """How many rows every table has, sessions aside."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.app_label != "sessions"
    }


# --- No room (J12) ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "outcome", "sentence"),
    [
        ({"taken": 10}, Outcome.FULL, "No seat is left in English for Work"),
        ({"starts_on": date(2039, 1, 2)}, Outcome.NOT_STARTED, "From 2 Jan 2039 on you can join here."),
        (
            {"ends_on": date(2020, 5, 3)},
            Outcome.ENDED,
            "The contract of Acme for this program ended on 3 May 2020.",
        ),
    ],
)
def test_without_room_one_is_told_why_and_the_administrators_learn_of_it(
    signed_in, program, rule, carol, change, outcome, sentence
):
    Contract.objects.update(**change)
    browser = signed_in(carol)
    url = program.get_absolute_url()

    page = words(browser.get(url))
    assert sentence in page
    assert "do not know yet that you wanted to join" in page
    assert TurnedAway.objects.count() == 0

    browser.post(url, {"step": "ask"})
    assert "see that you wanted to join" in words(browser.get(url))

    assert enter(program, carol).outcome == outcome
    turned = TurnedAway.objects.get()
    assert (turned.email, turned.reason, turned.times, turned.contract) == (
        "carol@acme.example",
        outcome,
        2,
        rule.contract,
    )
    assert (Person.objects.count(), Membership.objects.count()) == (0, 0)


def test_who_joins_after_all_is_no_longer_among_those_turned_away(program, rule, carol):
    Contract.objects.update(taken=10)
    enter(program, carol)
    assert TurnedAway.objects.count() == 1

    Contract.objects.update(taken=9)
    assert enter(program, carol).outcome == Outcome.JOINED
    assert TurnedAway.objects.count() == 0


def test_a_contract_that_sells_enrollments_takes_no_seat(program, carol):
    contract = ContractFactory(organization=program.organization, kind="enrollments", quantity=5)
    DomainRuleFactory(program=program, contract=contract)

    assert enter(program, carol).outcome == Outcome.JOINED
    assert (Contract.objects.get().taken, LicenceLedger.objects.count()) == (0, 0)


def test_a_removed_program_takes_nobody(signed_in, program, rule, carol):
    Program.objects.update(state="removed")
    browser = signed_in(carol)

    assert browser.get(program.get_absolute_url()).status_code == 410
    browser.post(program.get_absolute_url(), {"step": "join"})
    assert (Person.objects.count(), Membership.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_50_people_at_once_each_twice_take_exactly_the_10_seats_there_are(acme, program, rule):
    users = User.objects.bulk_create(
        User(email=f"p{n}@acme.example", name=f"P {n}", password="!") for n in range(50)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )

    def attempt(user):
        try:
            return enter(program, user).outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(attempt, [user for user in users for _twice in range(2)]))

    assert outcomes.count(Outcome.JOINED) == 10
    assert outcomes.count(Outcome.ALREADY) == 10
    assert outcomes.count(Outcome.FULL) == 80
    assert len(members()) == Contract.objects.get().taken == 10
    assert LicenceLedger.objects.aggregate(sum=Sum("delta"))["sum"] == 10
    assert Person.objects.count() == Membership.objects.count() == 10
    assert TurnedAway.objects.filter(reason="full", times=2).count() == TurnedAway.objects.count() == 40


# --- The page -----------------------------------------------------------------------------------
def test_the_page_offers_to_join_with_the_address_and_joins_with_one_click(signed_in, program, rule, carol):
    browser = signed_in(carol)
    page = words(browser.get(program.get_absolute_url()))

    assert "Join English for Work" in page
    assert "You are signed in as Carol Carlsson (carol@acme.example)." in page
    assert "With carol@acme.example you can join this program of Acme." in page
    assert "Administrators of Acme see the courses you take here" in page

    response = browser.post(program.get_absolute_url(), {"step": "join"}, follow=True)

    assert "You are a member of English for Work now." in response.content.decode()
    assert "You are a member since" in words(response)


def test_looking_at_the_page_changes_nothing(signed_in, program, rule, carol):
    browser = signed_in(carol)
    before = rows()

    browser.get(program.get_absolute_url())
    browser.head(program.get_absolute_url())

    assert rows() == before


def test_a_stranger_learns_nothing_of_the_list(signed_in, client, program, rule, mallory):
    page = words(signed_in(mallory).get(program.get_absolute_url()))

    assert "You are signed in as Mallory Malm (mallory@globex.example)." in page
    assert "Ask your administrator at Acme for an invitation." in page
    for response in (
        signed_in(mallory).get(program.get_absolute_url()),
        client.get(program.get_absolute_url()),
    ):
        assert "acme.example" not in response.content.decode()


def test_mallory_cannot_join_by_post(signed_in, program, rule, mallory):
    for step in ("join", "ask"):
        signed_in(mallory).post(program.get_absolute_url(), {"step": step})

    assert (Person.objects.count(), Membership.objects.count(), TurnedAway.objects.count()) == (0, 0, 0)


def test_bob_who_administers_the_program_may_join_it_too(signed_in, program, rule, bob):
    page = words(signed_in(bob).get(program.get_absolute_url()))

    assert "You administer this program" in page
    assert "With bob@acme.example you can join" in page


def test_an_unconfirmed_address_at_the_domain_is_to_be_confirmed_first(signed_in, program, rule):
    user = UserFactory(name="Dan", email="dan@private.example")
    address = add_address(user, "dan@acme.example", verified=False)
    browser = signed_in(user)

    page = words(browser.get(program.get_absolute_url()))
    browser.post(program.get_absolute_url(), {"step": "join"})
    assert "You have not confirmed yet that dan@acme.example is yours." in page
    assert members() == []

    address.verified = True
    address.save()
    browser.post(program.get_absolute_url(), {"step": "join"})
    assert members() == [("dan@acme.example", "Workforce")]


def test_what_is_said_of_an_unconfirmed_address_is_the_same_at_a_domain_that_is_not_listed(
    signed_in, program, rule
):
    pages = []
    for domain in ("acme", "zebra"):
        user = UserFactory(name="Dan", email=f"dan@{domain}-private.example")
        add_address(user, f"dan@{domain}.example", verified=False)
        page = words(signed_in(user).get(program.get_absolute_url()))
        pages.append(page.replace(domain, "…"))

    assert pages[0] == pages[1]
