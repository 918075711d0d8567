"""Deleting an account: what ends, what stays without a name, and what nobody may lose by it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.urls import reverse

from config import reconciling
from config.lib import tokens
from learners.models import ImportRow, InviteImport, LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions import accounts, invitations, joining
from learners.people.imports import check
from learners.people.queries import joining as joining_queries
from orgs import audit
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, RoleGrant, User
from orgs.outbox import queue
from orgs.permissions import Role
from programs.models import Contract
from tests.factories import (
    PASSWORD,
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    RoleGrantFactory,
    UserFactory,
)

pytestmark = pytest.mark.usefixtures("own_cache")
PAGE = "/account/delete"


@pytest.fixture
def membership(carol, program, contract, acme):
    """Carol as a member, through the door that everyone takes."""
    person = PersonFactory(
        organization=acme, email=carol.email, name="Carol Carlsson", external_id="E-7", job_title="Engineer"
    )
    row = MembershipFactory(program=program, person=person, contract=contract)
    joining.join(program=program, person=person, user=carol, contract=contract, by=carol)
    row.refresh_from_db()
    return row


def words(response) -> str:
    return " ".join(response.content.decode().split())


def everything() -> str:
    """Every text of every row that could still name Carol."""
    tables = (User, EmailAddress, Person, Membership, AuditEvent, OutboundEmail, TurnedAway, ImportRow)
    return str([list(model._default_manager.values()) for model in tables]).lower()


def refused(user) -> str:
    with pytest.raises(ActionError) as refusal:
        accounts.erase(user=user, by=user)
    return refusal.value.code


# --- What ends and what stays -------------------------------------------------------------------
def test_an_erased_account_leaves_a_person_without_a_name_and_gives_its_seat_back(carol, membership, acme):
    accounts.erase(user=carol, by=carol)

    name, email = f"Erased person {carol.pk}", f"erased-{carol.pk}@erased.invalid"
    person = Person.objects.get()
    assert (person.name, person.email, person.user, person.external_id, person.job_title) == (
        name,
        email,
        None,
        "",
        "",
    )
    assert (person.sort_name, person.search) == (name.lower(), f"{name} {email} ".lower())
    membership.refresh_from_db()
    assert (membership.state, membership.allow_return, membership.sort_name) == (
        "removed",
        False,
        name.lower(),
    )
    assert Contract.objects.get().taken == 0
    assert list(LicenceLedger.objects.order_by("pk").values_list("delta", "reason")) == [
        (1, "joined"),
        (-1, "removed"),
    ]
    user = User.objects.get()
    assert (user.name, user.email, user.is_active, user.has_usable_password()) == (name, email, False, False)
    assert EmailAddress.objects.count() == 0
    assert reconciling.find(reconciling.checks()) == []


def test_no_row_names_an_erased_person_any_more(carol, membership, alice, acme, program, contract):
    audit.record(
        by=alice,
        organization=acme,
        verb="person.changed",
        target=membership.person,
        before={"name": "Caroline Carlsson", "job_title": "Clerk"},
        after={"name": "Carol Carlsson", "job_title": "Engineer", "manager_email": "boss@acme.example"},
    )
    audit.record(
        by=alice, organization=acme, verb="x", target=program, after={"note": "see CAROL@acme.example."}
    )
    TurnedAway.objects.create(
        organization=acme, program=program, contract=contract, email=carol.email, reason="full"
    )
    job = InviteImport.objects.create(
        organization=acme, program=program, contract=contract, file_name="a.csv", file_size=1, state="done"
    )
    ImportRow.objects.create(
        job=job,
        line=2,
        raw_name="Carol Carlsson",
        raw_email="Carol@acme.example",
        name="Carol Carlsson",
        email=carol.email,
        sort_name="carol carlsson",
        search="carol carlsson",
        external_id="E-7",
    )
    OutboundEmail.objects.update(state="sent", error="550 carol@acme.example is full")

    accounts.erase(user=carol, by=carol)

    text = everything()
    for trace in ("carol", "carlsson", "caroline", "e-7", "engineer", "clerk", "boss@"):
        assert trace not in text
    label = f"Erased person {carol.pk} <erased-{carol.pk}@erased.invalid>"
    joined = AuditEvent.objects.get(verb="membership.joined")
    assert (joined.actor_label, joined.target_label) == (label, f"{label} in English for Work")
    assert joined.after == {"state": "member", "contract": "Workforce"}
    assert AuditEvent.objects.get(verb="x").after == {"note": f"see erased-{carol.pk}@erased.invalid."}
    assert AuditEvent.objects.get(verb="person.changed").actor_label == "Alice Andersson <alice@acme.example>"


def test_erasing_is_itself_in_the_log_and_says_how_much_it_covered(carol, membership, acme):
    accounts.erase(user=carol, by=carol)

    event = AuditEvent.objects.get(verb="person.erased")
    label = f"Erased person {carol.pk} <erased-{carol.pk}@erased.invalid>"
    assert (event.organization, event.actor_label, event.target_label) == (acme, label, label)
    assert event.after == {"licences": 1, "roles": 0, "entries": 1}


def test_the_log_of_others_stays_as_it_was_and_append_only(carol, membership, alice, acme, globex, mallory):
    same_name = UserFactory(name="Carol Carlsson", email="other@acme.example")
    kept = [
        audit.record(
            by=same_name, organization=acme, verb="kept", target=acme, after={"name": "Carol Carlsson"}
        ),
        audit.record(
            by=mallory, organization=globex, verb="kept", target=globex, after={"n": "xcarol@acme.example"}
        ),
        audit.record(
            by=alice, organization=acme, verb="kept", target=acme, after={"n": "xcarol@acme.example.org"}
        ),
    ]
    before = list(AuditEvent.objects.filter(verb="kept").order_by("pk").values())

    accounts.erase(user=carol, by=carol)

    assert list(AuditEvent.objects.filter(pk__in=[row.pk for row in kept]).order_by("pk").values()) == before
    with pytest.raises(Exception, match="Cannot update or delete rows from orgs_auditevent"):
        AuditEvent.objects.filter(verb="kept").update(verb="changed")


def test_an_operator_erases_somebody_and_is_not_named_as_that_person(carol, membership):
    accounts.erase(user=carol, by=None)

    event = AuditEvent.objects.get(verb="person.erased")
    assert (event.actor, event.actor_label) == (None, "")


def test_a_person_of_two_organizations_is_erased_from_both(carol, membership, globex):
    elsewhere = PersonFactory(organization=globex, email="c@globex.example", user=carol, name="C. Carlsson")
    MembershipFactory(
        program=ProgramFactory(organization=globex),
        contract=ContractFactory(organization=globex, kind="unlimited", quantity=None),
        person=elsewhere,
    )

    accounts.erase(user=carol, by=carol)

    assert set(Person.objects.values_list("name", flat=True)) == {f"Erased person {carol.pk}"}
    assert set(Membership.objects.values_list("state", flat=True)) == {"removed"}
    assert set(
        AuditEvent.objects.filter(verb="person.erased").values_list("organization__name", flat=True)
    ) == {
        "Acme",
        "Globex",
    }


def test_mails_that_wait_for_an_erased_person_are_not_sent_but_those_of_others_are(carol, membership, globex):
    queue(
        kind="invitation",
        recipient=carol.email,
        organization=globex,
        dedupe="invite:9:1",
        data={"invitation": 9},
    )

    accounts.erase(user=carol, by=carol)

    assert list(OutboundEmail.objects.order_by("pk").values_list("kind", "recipient", "state")) == [
        ("program_welcome", f"erased-{carol.pk}@erased.invalid", "cancelled"),
        ("invitation", "carol@acme.example", "queued"),
    ]


def test_an_address_that_was_only_claimed_covers_nothing_of_its_owner(carol, membership, mallory, acme):
    RoleGrantFactory(user=UserFactory(), organization=mallory.role_grants.get().organization)
    EmailAddress.objects.create(user=mallory, email=carol.email, verified=False)

    accounts.erase(user=mallory, by=mallory)

    assert OutboundEmail.objects.get().recipient == carol.email
    assert (
        AuditEvent.objects.get(verb="membership.joined").actor_label == "Carol Carlsson <carol@acme.example>"
    )


# --- Roles --------------------------------------------------------------------------------------
def test_the_last_administrator_of_an_organization_is_refused_with_its_name(signed_in, alice, acme):
    browser = signed_in(alice)
    assert "You are the only administrator of Acme." in words(browser.get(PAGE))

    response = browser.post(PAGE, {"confirmation": alice.email, "password": PASSWORD})

    assert response.status_code == 200
    assert refused(alice) == "last_admin"
    assert RoleGrant.objects.get().user == alice
    alice.refresh_from_db()
    assert alice.is_active


def test_one_of_two_administrators_may_go_and_loses_every_role(alice, acme, program):
    RoleGrantFactory(user=UserFactory(name="Ada"), organization=acme)
    RoleGrantFactory(user=alice, organization=acme, role=Role.PROGRAM_ADMIN, program=program)

    accounts.erase(user=alice, by=alice)

    assert RoleGrant.objects.get().user.name == "Ada"
    assert AuditEvent.objects.get(verb="person.erased").after == {"licences": 0, "roles": 2, "entries": 0}


def test_a_closed_account_does_not_count_as_an_administrator(alice, acme):
    RoleGrantFactory(user=UserFactory(is_active=False), organization=acme)

    assert refused(alice) == "last_admin"


@pytest.mark.django_db(transaction=True)
def test_two_last_administrators_who_go_at_once_leave_one(alice, acme):
    other = UserFactory(name="Ada")
    RoleGrantFactory(user=other, organization=acme)

    def attempt(user):
        try:
            return accounts.erase(user=user, by=user).name
        except ActionError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(attempt, [alice, other]))

    assert outcomes.count("last_admin") == 1
    assert RoleGrant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_erasing_twice_at_once_gives_the_seat_back_once(carol, membership):
    def attempt(_turn):
        try:
            return accounts.erase(user=carol, by=carol).name
        except ActionError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(attempt, range(3)))

    assert sorted(outcomes) == [f"Erased person {carol.pk}", "closed", "closed"]
    assert (Contract.objects.get().taken, LicenceLedger.objects.count()) == (0, 2)


# --- The page -----------------------------------------------------------------------------------
def test_the_page_says_what_is_lost_and_what_is_kept_and_changes_nothing(signed_in, carol, membership):
    page = words(signed_in(carol).get(f"{PAGE}?confirmation={carol.email}&password={PASSWORD}"))

    assert "Your place in English for Work of Acme" in page
    assert "Organizations keep their figures." in page
    carol.refresh_from_db()
    assert carol.is_active


def test_with_address_and_password_the_account_is_gone_and_every_browser_signed_out(
    signed_in, carol, membership
):
    browser, other = signed_in(carol), signed_in(carol)

    response = browser.post(PAGE, {"confirmation": " Carol@ACME.example", "password": PASSWORD}, follow=True)

    assert response.request["PATH_INFO"] == reverse("account_login")
    assert "Your account is deleted." in words(response)
    assert other.get("/programs").status_code == 302
    sign_in = {"login": "carol@acme.example", "password": PASSWORD}
    assert "do not belong together" in words(Client().post(reverse("account_login"), sign_in))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"confirmation": "carol@acme.example", "password": "wrong"},
            "That is not the password of this account.",
        ),
        (
            {"confirmation": "mallory@globex.example", "password": PASSWORD},
            "Type carol@acme.example to confirm.",
        ),
        ({}, "This field is required."),
    ],
)
def test_without_either_nothing_happens(signed_in, carol, given, sentence):
    assert sentence in words(signed_in(carol).post(PAGE, given))
    carol.refresh_from_db()
    assert carol.is_active


def test_tries_of_the_password_are_limited(signed_in, carol):
    browser = signed_in(carol)
    for _try in range(5):
        browser.post(PAGE, {"confirmation": carol.email, "password": "wrong"})

    response = browser.post(PAGE, {"confirmation": carol.email, "password": PASSWORD})

    assert "Too many wrong passwords. Wait five minutes and try again." in words(response)
    assert User.objects.get().is_active


# --- Missed the linking step (J7) ---------------------------------------------------------------
def test_who_missed_the_linking_step_deletes_the_empty_account_and_is_invited_again(
    client, alice, program, contract, acme
):
    first = UserFactory(name="Carol C.", email="carol@private.example")
    row = check(1, "Carol Carlsson", "carol@acme.example", "")
    invitations.send(program=program, contract=contract, rows=[row], mail=True, by=alice)
    old = Membership.objects.get().invitation
    old_page = reverse("invitation", args=[tokens.sign("invitation", old.pk, old.generation)])
    client.post(old_page, {"step": "create", "name": "Carol", "password": "a gate in the garden"})
    assert Contract.objects.get().taken == 1

    client.post(PAGE, {"confirmation": "carol@acme.example", "password": "a gate in the garden"})
    assert Contract.objects.get().taken == 0
    assert client.get(old_page).status_code == 410
    invitations.send(program=program, contract=contract, rows=[row], mail=True, by=alice)
    new = Membership.objects.get(state="invited").invitation
    page = reverse("invitation", args=[tokens.sign("invitation", new.pk, new.generation)])
    response = client.post(
        f"{page}?with=account", {"step": "connect_existing", "email": first.email, "password": PASSWORD}
    )

    assert response["Location"] == "/programs/english"
    assert Membership.objects.get(state="member").person.user == first
    assert set(EmailAddress.objects.exclude(user=alice).values_list("user", "email", "verified")) == {
        (first.pk, "carol@private.example", True),
        (first.pk, "carol@acme.example", True),
    }
    assert Contract.objects.get().taken == 1
    assert reconciling.find(reconciling.checks()) == []


def test_an_invitation_that_the_deleted_account_never_accepted_still_works(carol, program, contract, acme):
    person = PersonFactory(organization=acme, email=carol.email, name="Carol Carlsson")
    invitation = InvitationFactory(
        membership=MembershipFactory(program=program, contract=contract, person=person)
    )
    first = UserFactory(email="carol@private.example")

    accounts.erase(user=carol, by=carol)

    link = joining_queries.link_of(invitation.pk, 1)
    assert joining.connect(link=link, user=first, by=first).is_in
    assert Person.objects.get().name == "Carol Carlsson"
