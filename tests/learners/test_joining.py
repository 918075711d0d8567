"""Joining by a link and by the program's address: accounts, addresses, refusals, what is left behind."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from learners.models import Invitation, LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions import joining as actions
from learners.people.actions.joining import Outcome
from learners.people.queries import joining as queries
from learners.people.queries.joining import Conflict, LinkState, Offer, Standing
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, User
from orgs.tenancy import current_organization_id
from programs.models import Contract, Program
from tests.factories import (
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    UserFactory,
)

PASSWORD = "a gate in the garden"


@pytest.fixture
def person(acme):
    """Carol as Acme knows her."""
    return PersonFactory(organization=acme, email="carol@acme.example", name="Carol Carlsson")


@pytest.fixture
def membership(program, contract, person):
    return MembershipFactory(program=program, contract=contract, person=person)


@pytest.fixture
def link(membership):
    """The link that Carol was sent."""
    invitation = InvitationFactory(membership=membership)
    return queries.link_of(invitation.pk, invitation.generation)


def accept_as_new(link, **changes):
    return actions.accept_as_new(
        **{"link": link, "name": "Carol Carlsson", "password": PASSWORD, "by": None, **changes}
    )


def refused(action, **arguments):
    """The code with which an action refuses."""
    with pytest.raises(ActionError) as refusal:
        action(**arguments)
    return refusal.value.code


# --- A new person -------------------------------------------------------------------------------
def test_a_new_person_gets_an_account_whose_address_is_confirmed_and_is_a_member(link, program, contract):
    user, result = accept_as_new(link)

    assert result.outcome == Outcome.JOINED
    assert (user.email, user.name, user.check_password(PASSWORD)) == (
        "carol@acme.example",
        "Carol Carlsson",
        True,
    )
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (user.pk, "carol@acme.example", True, True)
    ]
    membership = Membership.objects.get()
    assert (membership.state, membership.contract, membership.person.user) == ("member", contract, user)
    assert Contract.objects.get().taken == 1


def test_joining_leaves_one_audit_entry_and_one_welcome_mail_and_no_confirmation_mail(link, acme, program):
    user, _result = accept_as_new(link)

    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.actor_label) == (
        "membership.joined",
        user,
        "Carol Carlsson <carol@acme.example>",
    )
    assert (event.organization, event.program_id, event.target_id) == (acme, program.pk, link.membership.pk)
    assert event.before == {"state": "invited"}
    assert event.after == {"state": "member", "contract": "Workforce"}
    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.recipient, mail.organization) == ("program_welcome", "carol@acme.example", acme)
    assert mail.data == {"membership": link.membership.pk}
    assert mail.dedupe.startswith(f"welcome:{link.membership.pk}:")


def test_the_name_that_the_organization_wrote_stays_the_organizations(link, person):
    accept_as_new(link, name="Carol C. Carlsson-Berg")

    person.refresh_from_db()
    assert (person.name, person.user.name) == ("Carol Carlsson", "Carol C. Carlsson-Berg")


def test_a_link_is_used_once(link):
    accept_as_new(link)

    assert refused(accept_as_new, link=link) == LinkState.USED
    assert User.objects.count() == 1


def test_an_account_that_nobody_could_ever_enter_is_taken_over_with_its_password(link):
    squatter = User.objects.create_user("carol@acme.example", "the password of a squatter", name="Squatter")
    EmailAddress.objects.create(user=squatter, email="carol@acme.example", verified=False, primary=True)

    user, result = accept_as_new(link)

    assert (user.pk, result.outcome) == (squatter.pk, Outcome.JOINED)
    user.refresh_from_db()
    assert user.name == "Carol Carlsson"
    assert user.check_password(PASSWORD)
    assert not user.check_password("the password of a squatter")
    assert EmailAddress.objects.values_list("verified", "primary").get() == (True, True)


@pytest.mark.parametrize("entered", ["confirmed elsewhere", "signed in", "closed"])
def test_an_account_that_somebody_uses_is_never_taken_over(link, entered):
    user = User.objects.create_user("carol@acme.example", PASSWORD, name="Carol")
    if entered == "confirmed elsewhere":
        EmailAddress.objects.create(user=user, email="private@carol.example", verified=True, primary=True)
    elif entered == "signed in":
        User.objects.update(last_login=user.date_joined)
    else:
        User.objects.update(is_active=False)

    assert queries.caller(link, AnonymousUser()) == queries.Caller.OWNER_AWAY
    assert refused(accept_as_new, link=link, password="quite another one") == Conflict.OTHER_ACCOUNT
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_without_a_seat_the_account_stays_and_coming_back_is_one_click(link, contract):
    Contract.objects.update(taken=10)

    user, result = accept_as_new(link)

    assert result.outcome == Outcome.FULL
    assert EmailAddress.objects.get().verified
    assert TurnedAway.objects.values_list("email", "reason").get() == ("carol@acme.example", "full")
    Contract.objects.update(taken=9)
    assert actions.accept(link=link, user=user, by=user).outcome == Outcome.JOINED


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_account_and_takes_one_seat(link, contract):
    def attempt(_n):
        try:
            return accept_as_new(link)[1].outcome
        except ActionError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))

    assert sorted(outcomes) == [Outcome.JOINED, LinkState.USED, LinkState.USED, LinkState.USED]
    assert User.objects.count() == 1
    assert Contract.objects.get().taken == LicenceLedger.objects.count() == 1


# --- An account at the invited address ----------------------------------------------------------
def test_the_owner_of_the_invited_address_joins(link, carol):
    assert actions.accept(link=link, user=carol, by=carol).outcome == Outcome.JOINED
    assert Person.objects.get().user == carol


def test_the_link_confirms_the_address_of_an_account_that_has_been_used(link, carol):
    EmailAddress.objects.update(verified=False)
    User.objects.update(last_login=carol.date_joined)

    actions.accept(link=link, user=carol, by=carol)

    assert EmailAddress.objects.get().verified


def test_someone_else_cannot_accept_as_the_owner(link, carol, mallory):
    assert refused(actions.accept, link=link, user=mallory, by=mallory) == Conflict.OTHER_ACCOUNT
    assert Membership.objects.get().state == "invited"


def test_a_person_invited_to_two_programs_joins_both_with_one_account(link, person, other_program, contract):
    second = InvitationFactory(
        membership=MembershipFactory(program=other_program, person=person, contract=contract)
    )
    user, _result = accept_as_new(link)

    other = queries.link_of(second.pk, 1)
    assert other.state == LinkState.OPEN
    assert actions.accept(link=other, user=user, by=user).outcome == Outcome.JOINED

    assert list(Membership.objects.order_by("pk").values_list("state", "person")) == [
        ("member", person.pk),
        ("member", person.pk),
    ]
    assert Contract.objects.get().taken == 2
    assert OutboundEmail.objects.filter(kind="program_welcome").count() == 2


# --- Connecting another account -----------------------------------------------------------------
def test_connecting_adds_the_invited_address_to_the_account_and_joins(link, person):
    private = UserFactory(name="Carol", email="carol@private.example")

    assert actions.connect(link=link, user=private, by=private).outcome == Outcome.JOINED

    assert list(
        EmailAddress.objects.filter(user=private).order_by("pk").values_list("email", "verified", "primary")
    ) == [("carol@private.example", True, True), ("carol@acme.example", True, False)]
    person.refresh_from_db()
    assert (person.user, person.email) == (private, "carol@acme.example")
    private.refresh_from_db()
    assert private.email == "carol@private.example"


def test_the_organization_does_not_learn_the_private_address_of_a_connected_account(link):
    private = UserFactory(name="Carol", email="carol@private.example")
    actions.connect(link=link, user=private, by=private)

    event = AuditEvent.objects.get()
    assert event.actor_label == "Carol Carlsson <carol@acme.example>"
    assert "private.example" not in f"{event.target_label} {event.before} {event.after}"
    welcome = OutboundEmail.objects.get(organization=link.program.organization)
    assert (welcome.kind, welcome.recipient) == ("program_welcome", "carol@acme.example")


def test_the_main_address_of_an_account_hears_of_the_one_that_was_added(link):
    private = UserFactory(name="Carol", email="carol@private.example")
    actions.connect(link=link, user=private, by=private)

    notice = OutboundEmail.objects.get(organization=None)
    assert (notice.kind, notice.recipient) == ("account_email_added", "carol@private.example")
    assert notice.data["to_email"] == "carol@acme.example"


def test_connecting_is_refused_when_the_address_has_an_account_of_its_own(link, carol, mallory):
    assert refused(actions.connect, link=link, user=mallory, by=mallory) == Conflict.OTHER_ACCOUNT
    assert EmailAddress.objects.filter(user=mallory).count() == 1


def test_an_account_that_is_a_person_of_the_organization_takes_the_invited_one_in(link, acme):
    user = UserFactory(email="c.carlsson@acme.example")
    known = PersonFactory(organization=acme, email="c.carlsson@acme.example", user=user)

    assert actions.connect(link=link, user=user, by=user).outcome == Outcome.JOINED
    membership = Membership.objects.get()
    assert (membership.pk, membership.state, membership.person) == (link.membership.pk, "member", known)
    assert list(Person.objects.values_list("email", flat=True)) == ["c.carlsson@acme.example"]
    assert Contract.objects.get().taken == 1


def test_one_account_may_be_a_person_of_two_organizations(link, globex):
    user = UserFactory(email="carol@globex.example")
    PersonFactory(organization=globex, email="carol@globex.example", user=user)

    assert actions.connect(link=link, user=user, by=user).outcome == Outcome.JOINED
    assert Person.objects.filter(user=user).count() == 2


def test_a_member_whose_account_was_deleted_finds_the_place_again(link, program, contract, person):
    user, _result = accept_as_new(link)
    user.delete()
    again = UserFactory(email="carol@acme.example")

    assert queries.way_in(program, again).standing == Standing.INVITED
    assert actions.enter(program=program, user=again, by=again).outcome == Outcome.ALREADY
    person.refresh_from_db()
    assert person.user == again
    assert (Contract.objects.get().taken, LicenceLedger.objects.count()) == (1, 1)


# --- Links --------------------------------------------------------------------------------------
def test_a_link_replaced_or_withdrawn_between_the_page_and_the_click_is_refused(link, carol):
    Invitation.objects.update(generation=2)
    assert refused(actions.accept, link=link, user=carol, by=carol) == LinkState.REPLACED

    Invitation.objects.update(generation=1)
    Membership.objects.update(state="removed", removed_at="2026-06-01T10:00Z")
    assert refused(actions.accept, link=link, user=carol, by=carol) == LinkState.REMOVED


def test_a_program_removed_between_the_page_and_the_click_takes_nobody(link, carol, program):
    Program.objects.update(state="removed")

    assert refused(actions.accept, link=link, user=carol, by=carol) == LinkState.PROGRAM_REMOVED
    result = actions.join(
        program=program, person=link.person, user=carol, contract=link.membership.contract, by=carol
    )
    assert result.outcome == Outcome.PROGRAM_REMOVED
    assert TurnedAway.objects.count() == 0


# --- The program's own address ------------------------------------------------------------------
def test_an_invited_confirmed_address_joins_without_the_mail(membership, program, carol):
    assert queries.way_in(program, carol).standing == Standing.INVITED
    assert actions.enter(program=program, user=carol, by=carol).outcome == Outcome.JOINED
    assert queries.way_in(program, carol).standing == Standing.MEMBER
    assert actions.enter(program=program, user=carol, by=carol).outcome == Outcome.ALREADY


def test_an_invited_address_that_is_not_confirmed_does_not(membership, program, carol):
    EmailAddress.objects.update(verified=False)

    assert queries.way_in(program, carol).standing == Standing.UNVERIFIED
    assert refused(actions.enter, program=program, user=carol, by=carol) == "not_invited"


def test_a_stranger_does_not_get_in(membership, program, mallory):
    assert queries.way_in(program, mallory).standing == Standing.STRANGER
    assert refused(actions.enter, program=program, user=mallory, by=mallory) == "not_invited"


def test_who_left_with_leave_to_return_comes_back_under_the_former_contract_and_is_welcomed_again(
    link, program, contract
):
    user, _result = accept_as_new(link)
    Membership.objects.update(state="removed", removed_at="2026-06-01T10:00Z", allow_return=True)
    Contract.objects.update(taken=0)

    assert queries.way_in(program, user).standing == Standing.RETURNING
    assert actions.enter(program=program, user=user, by=user).outcome == Outcome.JOINED

    assert Membership.objects.get().contract == contract
    assert list(AuditEvent.objects.order_by("pk").values_list("before", flat=True)) == [
        {"state": "invited"},
        {"state": "removed"},
    ]
    assert OutboundEmail.objects.filter(kind="program_welcome").count() == 2


def test_who_was_removed_for_good_does_not_come_back(link, program):
    user, _result = accept_as_new(link)
    Membership.objects.update(state="removed", removed_at="2026-06-01T10:00Z")

    assert queries.way_in(program, user).standing == Standing.REMOVED
    assert refused(actions.enter, program=program, user=user, by=user) == "not_invited"
    assert queries.link_of(link.invitation.pk, 1).state == LinkState.REMOVED


def test_asking_for_a_seat_writes_nothing_when_there_is_one(membership):
    assert actions.ask_for_seat(offer=Offer.of(membership), by=None) is None
    assert TurnedAway.objects.count() == 0


# --- The wall -----------------------------------------------------------------------------------
@pytest.mark.parametrize("foreign", ["person", "contract"])
def test_a_person_or_contract_of_another_organization_is_refused(
    program, contract, person, carol, globex, foreign
):
    rows = {"person": person, "contract": contract}
    rows[foreign] = {"person": PersonFactory, "contract": ContractFactory}[foreign](organization=globex)

    assert refused(actions.join, program=program, user=carol, by=carol, **rows) == "other_organization"
    assert Membership.objects.count() == 0
    assert Contract.objects.filter(taken__gt=0).count() == 0


def test_after_joining_the_wall_stands_as_before(link):
    accept_as_new(link)

    assert current_organization_id() is None


def test_programs_of_two_organizations_are_kept_apart(link, globex, carol):
    elsewhere = ProgramFactory(organization=globex, slug="globex-english")

    assert queries.way_in(elsewhere, carol).standing == Standing.STRANGER
