"""Joining by a confirmed address at a domain of the allow-list: who may, under which contract, how often."""

import hashlib
import re

import pytest
from allauth.account.models import EmailAddress

from learners.models import BarredAddress, Invitation, LicenceLedger, Membership, Person
from learners.people.actions import accounts, invitations, memberships
from learners.people.actions.joining import Outcome
from learners.people.imports import check
from learners.people.queries import funnel
from learners.people.queries import joining as queries
from learners.people.queries.joining import Standing
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail
from programs.models import Contract, DomainRule
from tests.factories import (
    ContractFactory,
    DomainRuleFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    UserFactory,
)
from tests.learners.by_domain import add_address, enter, members, words


def standing(program, user):
    return queries.way_in(program, user).standing


# --- Who may ------------------------------------------------------------------------------------
def test_who_has_a_confirmed_address_at_the_domain_joins_under_its_contract(program, rule, carol):
    assert standing(program, carol) == Standing.LISTED

    assert enter(program, carol).outcome == Outcome.JOINED

    membership = Membership.objects.get()
    person = membership.person
    assert (membership.state, membership.contract, membership.organization) == (
        "member",
        rule.contract,
        program.organization,
    )
    assert (person.user, person.email, person.name) == (carol, "carol@acme.example", "Carol Carlsson")
    assert (person.sort_name, person.search) == ("carol carlsson", "carol carlsson carol@acme.example ")
    assert membership.invited_at == membership.joined_at == membership.last_activity_at
    assert Invitation.objects.count() == 0
    assert Contract.objects.get().taken == 1
    assert list(LicenceLedger.objects.values_list("delta", "reason")) == [(1, "joined")]
    assert list(OutboundEmail.objects.values_list("kind", "recipient")) == [
        ("program_welcome", "carol@acme.example")
    ]
    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.actor_label) == (
        "membership.joined",
        carol,
        "Carol Carlsson <carol@acme.example>",
    )


def test_the_second_attempt_finds_a_member(program, rule, carol):
    enter(program, carol)

    assert enter(program, carol).outcome == Outcome.ALREADY
    assert (Person.objects.count(), Membership.objects.count(), OutboundEmail.objects.count()) == (1, 1, 1)


def test_who_joined_by_domain_counts_as_invited_and_joined(acme, program, rule, carol):
    enter(program, carol)

    reach = funnel.funnel(acme, [program.pk]).everyone
    assert (reach.invited, reach.open, reach.joined, reach.members) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    "email",
    [
        "carol@mail.acme.example",
        "carol@notacme.example",
        "carol@acme.example.org",
        "carol@globex.example",
        "acme.example@globex.example",
    ],
)
def test_another_domain_and_a_subdomain_let_nobody_in(program, rule, email):
    user = UserFactory(email=email)

    assert standing(program, user) == Standing.STRANGER
    with pytest.raises(ActionError) as refusal:
        enter(program, user)
    assert refusal.value.code == "not_invited"
    assert (Person.objects.count(), Membership.objects.count()) == (0, 0)


def test_a_subdomain_that_is_listed_lets_in_its_people_and_not_those_of_the_domain_above(program, contract):
    DomainRuleFactory(program=program, contract=contract, domain="mail.acme.example")

    assert standing(program, UserFactory(email="a@mail.acme.example")) == Standing.LISTED
    assert standing(program, UserFactory(email="a@acme.example")) == Standing.STRANGER


@pytest.mark.parametrize("listed", ["xn--bcher-kva.example"])
@pytest.mark.parametrize("address", ["eva@bücher.example", "eva@xn--bcher-kva.example"])
def test_an_international_domain_lets_in_addresses_of_either_form(program, contract, listed, address):
    DomainRuleFactory(program=program, contract=contract, domain=listed)

    assert enter(program, UserFactory(email=address)).outcome == Outcome.JOINED
    assert members() == [(address, "Workforce")]


def test_an_upper_case_address_is_the_same_address(program, rule, carol):
    EmailAddress.objects.update(email="CAROL@ACME.EXAMPLE")

    assert enter(program, carol).outcome == Outcome.JOINED
    assert members() == [("carol@acme.example", "Workforce")]


def test_another_confirmed_address_of_the_account_counts_too(program, rule):
    user = UserFactory(name="Carol", email="carol@private.example")
    add_address(user, "carol@acme.example")

    assert enter(program, user).outcome == Outcome.JOINED
    assert members() == [("carol@acme.example", "Workforce")]


def test_of_two_addresses_at_listed_domains_the_primary_decides(program, rule):
    other = ContractFactory(organization=program.organization, name="Partners")
    DomainRuleFactory(program=program, contract=other, domain="partner.example")
    user = UserFactory(email="z@partner.example")
    add_address(user, "a@acme.example")

    enter(program, user)

    assert members() == [("z@partner.example", "Partners")]


def test_an_account_without_a_name_is_called_by_its_address(program, rule):
    enter(program, UserFactory(name="\u200b ", email="carol.c@acme.example"))

    assert Person.objects.get().name == "carol.c"


def test_a_rule_of_one_program_opens_no_other(program, other_program, rule, carol, globex):
    foreign = ProgramFactory(organization=globex)

    assert standing(other_program, carol) == Standing.STRANGER
    assert standing(foreign, carol) == Standing.STRANGER


def test_a_rule_that_was_removed_lets_nobody_in_any_more_and_members_stay(program, rule, carol):
    enter(program, carol)
    DomainRule.objects.all().delete()

    assert standing(program, carol) == Standing.MEMBER
    assert standing(program, UserFactory(email="dan@acme.example")) == Standing.STRANGER


# --- Who is known already -----------------------------------------------------------------------
def test_an_invitation_wins_over_the_domain_with_its_contract(program, rule, carol):
    invited = ContractFactory(organization=program.organization, name="Leaders")
    person = PersonFactory(organization=program.organization, email="carol@acme.example")
    InvitationFactory(membership=MembershipFactory(program=program, person=person, contract=invited))
    assert standing(program, carol) == Standing.INVITED

    enter(program, carol)

    assert members() == [("carol@acme.example", "Leaders")]
    assert Contract.objects.get(name="Workforce").taken == 0


def test_who_is_in_another_program_joins_as_the_same_person(program, other_program, rule, carol):
    person = PersonFactory(
        organization=program.organization, email="c@acme.example", name="C. Carlsson", user=carol
    )
    MembershipFactory(program=other_program, person=person, contract=rule.contract, joined=True)

    enter(program, carol)

    assert Person.objects.get() == person
    assert Membership.objects.filter(person=person, state="member").count() == 2
    assert Person.objects.get().email == "c@acme.example"


def test_who_is_invited_to_another_program_becomes_that_person(program, other_program, rule, carol):
    person = PersonFactory(organization=program.organization, email="carol@acme.example", name="Carol")
    MembershipFactory(program=other_program, person=person, contract=rule.contract)

    enter(program, carol)

    assert (Person.objects.get(), Person.objects.get().user) == (person, carol)
    assert dict(Membership.objects.values_list("program__slug", "state")) == {
        "english": "member",
        "data": "invited",
    }


def test_an_address_that_is_another_accounts_person_is_refused(signed_in, program, rule, carol):
    other = UserFactory(email="former@private.example")
    PersonFactory(organization=program.organization, email="carol@acme.example", user=other)
    browser = signed_in(carol)

    assert "belongs to another account" in words(browser.get(program.get_absolute_url()))
    browser.post(program.get_absolute_url(), {"step": "join"})

    assert Membership.objects.count() == 0
    assert Person.objects.get().user == other


# --- Who was removed (J13) ----------------------------------------------------------------------
@pytest.fixture
def removed(program, rule, carol):
    """Carol joined by the domain and was removed; her contract is another by now."""
    former = ContractFactory(organization=program.organization, name="Former")
    person = PersonFactory(organization=program.organization, email="carol@acme.example", user=carol)
    return MembershipFactory(program=program, person=person, contract=former, removed=True)


def test_who_needs_a_new_invitation_cannot_come_back_by_domain(signed_in, program, removed, carol):
    assert standing(program, carol) == Standing.REMOVED
    with pytest.raises(ActionError):
        enter(program, carol)

    browser = signed_in(carol)
    browser.post(program.get_absolute_url(), {"step": "join"})

    assert "ask your administrator for a new" in words(browser.get(program.get_absolute_url())).lower()
    assert members() == []


def test_nor_by_another_address_at_the_domain_or_a_new_account(program, removed, carol):
    add_address(carol, "carol.c@acme.example")
    assert standing(program, carol) == Standing.REMOVED

    carol.delete()
    again = UserFactory(email="carol@acme.example")
    assert standing(program, again) == Standing.REMOVED
    with pytest.raises(ActionError):
        enter(program, again)


def test_an_invitation_that_was_withdrawn_is_not_got_round_by_the_domain(program, rule, carol):
    person = PersonFactory(organization=program.organization, email="carol@acme.example")
    MembershipFactory(program=program, person=person, contract=rule.contract, removed=True)

    assert standing(program, carol) == Standing.REMOVED


def test_who_may_return_does_so_under_the_former_contract(program, removed, carol):
    Membership.objects.update(allow_return=True)
    assert standing(program, carol) == Standing.RETURNING

    enter(program, carol)

    assert members() == [("carol@acme.example", "Former")]


def test_who_may_return_finds_the_former_contract_full_though_the_domains_has_room(program, removed, carol):
    Membership.objects.update(allow_return=True)
    Contract.objects.filter(name="Former").update(taken=10)

    assert enter(program, carol).outcome == Outcome.FULL
    assert members() == []


def test_who_is_invited_again_comes_back(program, removed, carol):
    Membership.objects.update(state="invited", removed_at=None)

    assert enter(program, carol).outcome == Outcome.JOINED


# --- Who was removed and then deleted the account (J13) -------------------------------------------
def leave_and_sign_up_again(user, email="carol@acme.example"):
    """Delete the account and make a new one at this address, as its owner can."""
    accounts.erase(user=user, by=user)
    return UserFactory(name="Carol Carlsson", email=email)


def test_deleting_the_account_does_not_get_round_a_removal(signed_in, program, removed, carol):
    again = leave_and_sign_up_again(carol)

    assert standing(program, again) == Standing.REMOVED
    with pytest.raises(ActionError) as refusal:
        enter(program, again)
    assert refusal.value.code == "not_invited"
    page = words(signed_in(again).get(program.get_absolute_url()))
    assert "You were removed from this program before." in page
    assert "ask your administrator for a new invitation" in page


def test_nor_does_another_address_of_the_deleted_account_or_beside_it(program, removed, carol):
    add_address(carol, "carol.c@acme.example")
    again = leave_and_sign_up_again(carol, "carol.c@acme.example")
    assert standing(program, again) == Standing.REMOVED

    other = UserFactory(email="fresh@acme.example")
    assert standing(program, other) == Standing.LISTED
    add_address(other, "carol@acme.example")
    assert standing(program, other) == Standing.REMOVED


def test_what_is_kept_of_the_address_cannot_be_read_and_names_nobody(program, removed, carol):
    accounts.erase(user=carol, by=carol)

    row = BarredAddress.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.digest)
    assert row.digest != hashlib.sha256(b"carol@acme.example").hexdigest()
    assert {field.name for field in BarredAddress._meta.fields} == {
        "id",
        "organization",
        "program",
        "digest",
        "at",
    }


def test_with_a_new_secret_key_the_digests_match_nobody(settings, program, removed, carol):
    again = leave_and_sign_up_again(carol)
    settings.SECRET_KEY = "another-key-of-this-site-that-is-long-enough-to-be-one"

    assert standing(program, again) == Standing.LISTED


def test_the_other_programs_of_the_domain_stay_open(program, other_program, removed, rule, carol):
    DomainRuleFactory(program=other_program, contract=rule.contract)
    again = leave_and_sign_up_again(carol)

    assert enter(other_program, again).outcome == Outcome.JOINED
    assert standing(program, again) == Standing.REMOVED


@pytest.mark.parametrize("state", ["member", "may return"])
def test_who_was_not_removed_for_good_may_sign_up_again(program, removed, carol, state):
    if state == "member":
        Membership.objects.update(
            state="member", joined_at=removed.removed_at, last_activity_at=removed.removed_at
        )
    else:
        Membership.objects.update(allow_return=True)
    again = leave_and_sign_up_again(carol)

    assert BarredAddress.objects.count() == 0
    assert enter(program, again).outcome == Outcome.JOINED


def test_a_new_invitation_to_the_address_opens_the_program_again(program, contract, removed, alice, carol):
    again = leave_and_sign_up_again(carol)
    row = check(1, "Carol Carlsson", "Carol@acme.example", "")
    invitations.send(program=program, contract=contract, rows=[row], mail=False, by=alice)

    assert standing(program, again) == Standing.INVITED
    assert enter(program, again).outcome == Outcome.JOINED
    assert BarredAddress.objects.count() == 0
    memberships.remove(memberships=Membership.objects.filter(state="member"), allow_return=True, by=alice)
    assert standing(program, leave_and_sign_up_again(again)) == Standing.LISTED


def test_an_invitation_that_found_no_seat_leaves_the_address_barred(program, contract, removed, alice, carol):
    again = leave_and_sign_up_again(carol)
    row = check(1, "Carol Carlsson", "carol@acme.example", "")
    invitations.send(program=program, contract=contract, rows=[row], mail=False, by=alice)
    Contract.objects.update(taken=10)

    assert enter(program, again).outcome == Outcome.FULL
    assert BarredAddress.objects.count() == 1
