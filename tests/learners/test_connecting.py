"""One human, two addresses: connecting by an invitation and later; two places in a program become one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from config import reconciling
from config.lib import tokens
from learners.models import Invitation, InviteImport, LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions import accounts, joining
from learners.people.actions.joining import Outcome
from learners.people.queries import accounts as queries
from learners.people.queries import joining as joining_queries
from learners.people.queries.joining import Standing
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, RoleGrant, User
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
PRIVATE = "carol@private.example"


@pytest.fixture
def private(db):
    """The account that Carol has had for years."""
    return UserFactory(name="Carol C.", email=PRIVATE)


@pytest.fixture
def invited(program, contract, acme):
    """Carol as Acme invited her, at a new address."""
    person = PersonFactory(organization=acme, email="carol@acme.example", name="Carol Carlsson")
    return InvitationFactory(
        membership__program=program, membership__contract=contract, membership__person=person
    )


def page_of(invitation) -> str:
    return reverse("invitation", args=[tokens.sign("invitation", invitation.pk, invitation.generation)])


def words(response) -> str:
    return " ".join(response.content.decode().split())


def member(user, program, contract, **person) -> Membership:
    """This account as a member, through the door that everyone takes."""
    address = person.get("email", user.email)
    known = Person.objects.filter(organization=program.organization, user=user).first() or PersonFactory(
        organization=program.organization, **{"email": address, "name": user.name, **person}
    )
    MembershipFactory(program=program, person=known, contract=contract)
    result = joining.join(program=program, person=known, user=user, contract=contract, by=user)
    assert result.outcome == Outcome.JOINED
    return Membership.objects.get(program=program, person=known)


def figures_agree() -> bool:
    """The ledger sums up to what is taken, and every stored figure is what a recount finds."""
    for contract in Contract.objects.exclude(kind="enrollments"):
        lines = LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta"))["sum"] or 0
        assert lines == contract.taken
    assert reconciling.find(reconciling.checks()) == []
    return True


def refused(**arguments) -> str:
    with pytest.raises(ActionError) as refusal:
        accounts.connect(**arguments)
    return refusal.value.code


# --- On the page of the invitation --------------------------------------------------------------
def test_a_new_person_can_connect_the_account_they_have_without_leaving_the_invitation(
    client, invited, private
):
    page = page_of(invited)
    assert f'href="{page}?with=account"' in words(client.get(page))
    assert "Connect and join" in words(client.get(f"{page}?with=account"))

    response = client.post(
        f"{page}?with=account",
        {"step": "connect_existing", "email": f" {PRIVATE.upper()} ", "password": PASSWORD},
    )

    assert response["Location"] == "/programs/english"
    assert "You are a member of English for Work now." in words(client.get("/programs/english"))
    assert list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary")) == [
        (private.pk, PRIVATE, True, True),
        (private.pk, "carol@acme.example", True, False),
    ]
    assert Membership.objects.get().person.user == private
    assert User.objects.count() == 1
    assert figures_agree()


def test_a_wrong_password_connects_nothing_and_says_so_on_the_same_page(client, invited, private):
    page = f"{page_of(invited)}?with=account"
    response = client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": "wrong"})

    assert "That e-mail and password do not belong together." in words(response)
    assert "Connect and join" in words(response)
    assert "_auth_user_id" not in client.session
    assert EmailAddress.objects.count() == 1
    assert Membership.objects.get().state == "invited"


def test_tries_of_a_password_on_the_invitation_are_limited(client, invited, private):
    page = f"{page_of(invited)}?with=account"
    for _try in range(5):
        client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": "wrong"})

    response = client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": PASSWORD})

    assert "Too many wrong passwords. Wait five minutes and try again." in words(response)
    assert Membership.objects.get().state == "invited"


def test_an_account_that_is_not_confirmed_cannot_be_connected_by_an_invitation(client, invited, private):
    EmailAddress.objects.update(verified=False)

    client.post(page_of(invited), {"step": "connect_existing", "email": PRIVATE, "password": PASSWORD})

    assert "_auth_user_id" not in client.session
    assert Membership.objects.get().state == "invited"


def test_looking_at_the_pages_of_connecting_changes_nothing(client, invited, private, signed_in):
    before = (AuditEvent.objects.count(), OutboundEmail.objects.count(), EmailAddress.objects.count())

    client.get(f"{page_of(invited)}?with=account")
    signed_in(private).get(f"{reverse('account_connect')}?email=carol@acme.example")

    assert before == (AuditEvent.objects.count(), OutboundEmail.objects.count(), EmailAddress.objects.count())
    assert Membership.objects.get().state == "invited"


def test_signed_in_as_someone_else_one_joins_with_this_account_or_switches(signed_in, invited, private):
    browser = signed_in(private)
    page = page_of(invited)
    shown = words(browser.get(page))
    assert "You are signed in as <b>carol@private.example</b>" in shown
    assert "Sign out and continue" in shown

    response = browser.post(page, {"step": "connect", "password": PASSWORD})

    assert response["Location"] == "/programs/english"
    assert Membership.objects.get().person.user == private


def test_signed_in_while_the_invited_address_has_an_account_the_page_leads_to_connecting_both(
    signed_in, invited, private, carol
):
    browser = signed_in(private)
    page = page_of(invited)

    shown = words(browser.get(page))
    connect = f"{reverse('account_connect')}?email=carol%40acme.example&amp;next={page.replace('/', '%2F')}"
    assert connect in shown

    proof = {"email": carol.email, "password": PASSWORD, "own_password": PASSWORD, "next": page}
    assert browser.post(reverse("account_connect"), proof)["Location"] == page
    assert browser.post(page, {"step": "join"})["Location"] == "/programs/english"
    assert User.objects.count() == 1
    assert figures_agree()


# --- The organization knows the account by another address --------------------------------------
def test_a_member_invited_at_a_second_address_stays_one_person_with_one_seat(
    client, invited, private, program, contract, acme
):
    before = member(private, program, contract, email="c.c@acme.example", name="Carol C.", external_id="")
    Person.objects.filter(email="carol@acme.example").update(external_id="E-7", job_title="Engineer")

    link = joining_queries.link_of(invited.pk, 1)
    assert joining.connect(link=link, user=private, by=private).outcome == Outcome.ALREADY

    person = Person.objects.get()
    assert (person.pk, person.email, person.name) == (before.person_id, "c.c@acme.example", "Carol C.")
    assert (person.external_id, person.job_title) == ("E-7", "Engineer")
    assert person.search == "carol c. c.c@acme.example e-7"
    membership = Membership.objects.get()
    assert (membership.pk, membership.state) == (before.pk, "member")
    assert membership.invited_at == min(before.invited_at, invited.membership.invited_at)
    assert Invitation.objects.count() == 0
    assert Contract.objects.get().taken == 1
    event = AuditEvent.objects.get(verb="person.merged")
    assert (event.organization, event.target_id, event.actor) == (acme, person.pk, private)
    assert event.actor_label == "Carol C. <c.c@acme.example>"
    assert event.before == {"email": "carol@acme.example"}
    assert event.after == {"email": "c.c@acme.example", "shared": 1, "licences": 0}
    assert "Its invitation is no longer there" in words(client.get(page_of(invited)))
    assert figures_agree()


def test_the_organization_knows_the_person_by_the_address_that_is_primary(
    invited, carol, program, other_program, contract
):
    carol_at_home = UserFactory(name="Carol", email="home@acme.example")
    member(carol_at_home, other_program, contract, email="old@acme.example")
    EmailAddress.objects.filter(user=carol).delete()
    carol.delete()
    EmailAddress.objects.filter(user=carol_at_home).update(email="carol@acme.example")
    User.objects.filter(pk=carol_at_home.pk).update(email="carol@acme.example")
    carol_at_home.refresh_from_db()

    link = joining_queries.link_of(invited.pk, 1)
    joining.accept(link=link, user=carol_at_home, by=carol_at_home)

    assert Person.objects.get().email == "carol@acme.example"
    assert Membership.objects.filter(state="member").count() == 2
    assert AuditEvent.objects.get(verb="person.merged").before == {"email": "old@acme.example"}
    assert figures_agree()


def test_without_a_seat_nobody_is_merged(invited, private, other_program, contract):
    member(private, other_program, contract, email="c.c@acme.example")
    Contract.objects.update(quantity=1)

    link = joining_queries.link_of(invited.pk, 1)
    assert joining.connect(link=link, user=private, by=private).outcome == Outcome.FULL

    assert Person.objects.count() == 2
    assert TurnedAway.objects.get().email == "carol@acme.example"
    assert AuditEvent.objects.filter(verb="person.merged").count() == 0
    Contract.objects.update(quantity=2)
    assert (
        joining.enter(program=invited.membership.program, user=private, by=private).outcome == Outcome.JOINED
    )
    assert Person.objects.count() == 1
    assert TurnedAway.objects.count() == 0
    assert figures_agree()


def test_an_invitation_at_a_second_confirmed_address_outweighs_a_removal_at_the_first(
    invited, private, program, contract
):
    gone = member(private, program, contract, email="c.c@acme.example")
    Membership.objects.filter(pk=gone.pk).update(state="removed", removed_at=gone.joined_at)
    LicenceLedger.objects.create(
        organization=gone.organization, contract=contract, membership=gone, delta=-1, reason="removed"
    )
    Contract.objects.update(taken=0)
    EmailAddress.objects.create(user=private, email="carol@acme.example", verified=True)

    assert joining_queries.way_in(program, private).standing == Standing.INVITED
    assert joining.enter(program=program, user=private, by=private).outcome == Outcome.JOINED

    membership = Membership.objects.get()
    assert (membership.state, membership.pk) == ("member", invited.membership.pk)
    assert [line.membership_id for line in LicenceLedger.objects.all()] == [membership.pk] * 3
    assert figures_agree()


# --- Two accounts -------------------------------------------------------------------------------
def test_two_accounts_become_one_with_everything_of_both(
    private, carol, program, other_program, contract, globex
):
    member(private, ProgramFactory(organization=globex), ContractFactory(organization=globex))
    mine = member(carol, program, contract)

    assert accounts.connect(one=carol, other=private, by=carol) == private

    assert User.objects.get() == private
    assert list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary")) == [
        (private.pk, PRIVATE, True, True),
        (private.pk, "carol@acme.example", True, False),
    ]
    assert set(Person.objects.values_list("user", flat=True)) == {private.pk}
    assert Membership.objects.get(pk=mine.pk).person.user == private
    assert AuditEvent.objects.filter(verb="person.merged").count() == 0
    notice = OutboundEmail.objects.get(organization=None)
    assert (notice.kind, notice.recipient, notice.data["to_email"]) == (
        "account_email_added",
        PRIVATE,
        "carol@acme.example",
    )
    assert figures_agree()


def test_two_seats_of_one_person_in_one_program_become_one_and_the_other_is_given_back_once(
    private, carol, program, acme
):
    first = ContractFactory(organization=acme, name="First")
    second = ContractFactory(organization=acme, name="Second")
    older = member(private, program, first, email="c.c@acme.example")
    younger = member(carol, program, second)
    assert list(Contract.objects.order_by("pk").values_list("taken", flat=True)) == [1, 1]

    accounts.connect(one=carol, other=private, by=carol)

    membership = Membership.objects.get()
    assert (membership.pk, membership.contract, membership.joined_at) == (older.pk, first, older.joined_at)
    assert membership.last_activity_at == younger.last_activity_at
    assert list(Contract.objects.order_by("pk").values_list("taken", flat=True)) == [1, 0]
    assert list(
        LicenceLedger.objects.order_by("pk").values_list("membership", "contract", "delta", "reason")
    ) == [
        (older.pk, first.pk, 1, "joined"),
        (older.pk, second.pk, 1, "joined"),
        (older.pk, second.pk, -1, "merged"),
    ]
    event = AuditEvent.objects.get(verb="person.merged")
    assert event.after == {"email": "c.c@acme.example", "shared": 1, "licences": 1}
    assert figures_agree()


def test_one_contract_under_which_a_person_held_two_seats_has_one_more_free(
    private, carol, program, contract
):
    member(private, program, contract, email="c.c@acme.example")
    member(carol, program, contract)

    accounts.connect(one=private, other=carol, by=private)

    assert Contract.objects.get().taken == 1
    assert figures_agree()


@pytest.mark.parametrize(
    ("states", "stays"),
    [
        (("member", "invited"), "member"),
        (("removed", "member"), "member"),
        (("removed", "invited"), "invited"),
        (("invited", "invited"), "invited"),
        (("removed", "removed"), "removed"),
    ],
)
def test_of_two_places_in_one_program_the_wider_stays(private, carol, program, contract, acme, states, stays):
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for user, state, day in ((private, states[0], 2), (carol, states[1], 5)):
        person = PersonFactory(organization=acme, email=user.email, user=user, name=user.name)
        times = {"invited_at": moment.replace(day=day)}
        if state == "member":
            times |= {"joined_at": moment.replace(day=day), "last_activity_at": moment.replace(day=day)}
        if state == "removed":
            times |= {"joined_at": moment.replace(day=day), "removed_at": moment.replace(day=day + 10)}
        row = MembershipFactory(
            program=program, person=person, contract=contract, state=state, allow_return=day == 5, **times
        )
        if state == "invited":
            InvitationFactory(membership=row)

    accounts.connect(one=private, other=carol, by=None)

    membership = Membership.objects.get()
    assert (membership.state, membership.person.user) == (stays, private)
    assert membership.invited_at == moment.replace(day=2)
    assert Invitation.objects.count() == (stays == "invited")
    if stays == "removed":
        assert (membership.removed_at, membership.allow_return) == (moment.replace(day=15), True)


def test_the_account_with_courses_stays_and_the_counters_are_kept(
    private, carol, program, other_program, contract
):
    member(private, other_program, contract, email="c.c@acme.example")
    work = member(carol, program, contract)
    Membership.objects.filter(pk=work.pk).update(enrollments=3, current_enrollments=2, completions=1)
    assert (queries.has_coursework(private), queries.has_coursework(carol)) == (False, True)

    assert accounts.connect(one=private, other=carol, by=private) == carol

    work.refresh_from_db()
    assert (work.enrollments, work.current_enrollments, work.completions) == (3, 2, 1)
    assert work.person.user == carol


def test_two_accounts_with_courses_are_never_connected_and_the_refusal_says_why(
    signed_in, private, carol, program, other_program, contract
):
    member(private, other_program, contract, email="c.c@acme.example")
    member(carol, program, contract)
    Membership.objects.update(enrollments=1)
    before = list(Person.objects.order_by("pk").values_list("pk", "user"))

    assert refused(one=carol, other=private, by=carol) == "coursework"
    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD}
    response = signed_in(carol).post(reverse("account_connect"), proof)

    assert "cannot be made one without losing some of it" in words(response)
    assert list(Person.objects.order_by("pk").values_list("pk", "user")) == before
    assert User.objects.count() == 2


def test_an_account_without_a_confirmed_address_is_refused(private, carol):
    EmailAddress.objects.filter(user=private).update(verified=False)

    assert refused(one=carol, other=private, by=carol) == "unconfirmed"


def test_an_account_is_not_connected_with_itself_or_twice(private, carol):
    assert refused(one=carol, other=carol, by=carol) == "connected"
    accounts.connect(one=carol, other=private, by=carol)
    assert refused(one=carol, other=private, by=carol) == "connected"


def test_roles_and_jobs_come_to_the_account_that_stays(private, alice, acme, bob, program, contract):
    RoleGrantFactory(user=private, organization=acme, role=Role.PROGRAM_ADMIN, program=program)
    job = InviteImport.objects.create(
        organization=acme,
        program=program,
        contract=contract,
        requested_by=alice,
        file_name="a.csv",
        file_size=1,
    )

    accounts.connect(one=alice, other=private, by=alice)

    assert list(RoleGrant.objects.exclude(user=bob).values_list("user", "role")) == [
        (private.pk, "org_admin")
    ]
    job.refresh_from_db()
    assert job.requested_by == private
    event = AuditEvent.objects.get(verb="admin.connected")
    assert (event.before, event.after) == ({"email": "alice@acme.example"}, {"email": PRIVATE})


@pytest.mark.django_db(transaction=True)
def test_connecting_twice_at_once_connects_once_and_gives_one_seat_back(private, carol, program, contract):
    member(private, program, contract, email="c.c@acme.example")
    member(carol, program, contract)

    def attempt(turn):
        one, other = (private, carol) if turn % 2 else (carol, private)
        try:
            return accounts.connect(one=one, other=other, by=one).email
        except ActionError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))

    assert sorted(outcomes) == [PRIVATE, "connected", "connected", "connected"]
    assert LicenceLedger.objects.filter(reason="merged").count() == 1
    assert (Contract.objects.get().taken, Membership.objects.count(), User.objects.count()) == (1, 1, 1)
    assert figures_agree()


@pytest.mark.django_db(transaction=True)
def test_joining_while_the_accounts_are_connected_ends_in_one_person_and_one_seat(
    invited, private, carol, program, contract
):
    member(private, program, contract, email="c.c@acme.example")
    link = joining_queries.link_of(invited.pk, 1)

    def attempt(act):
        try:
            return act()
        except ActionError:
            return None
        finally:
            connection.close()

    acts = [
        lambda: joining.accept(link=link, user=carol, by=carol),
        lambda: accounts.connect(one=private, other=carol, by=private),
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attempt, acts))
    joining.enter(program=program, user=private, by=private)

    assert User.objects.get() == private
    assert Membership.objects.filter(person__user=private).get().state == "member"
    assert Contract.objects.get().taken == 1
    assert figures_agree()


# --- The page -----------------------------------------------------------------------------------
def test_after_accepting_with_a_second_account_one_connects_the_first_and_goes_on_in_it(
    signed_in, private, carol, program, contract
):
    member(carol, program, contract)
    browser = signed_in(carol)
    assert f"{reverse('account_connect')}?next=%2Fprograms%2Fenglish" in words(
        browser.get("/programs/english")
    )
    assert reverse("account_connect") in words(browser.get(reverse("account_settings")))

    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD, "next": "/programs/english"}
    response = browser.post(reverse("account_connect"), proof)

    assert response["Location"] == "/programs/english"
    assert browser.session["_auth_user_id"] == str(private.pk)
    page = words(browser.get("/programs/english"))
    assert "Your accounts are one now. You are signed in as carol@private.example" in page
    assert "You are a member since" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("password", "That e-mail and password do not belong together."),
        ("own_password", "That is not the password of this account."),
    ],
)
def test_both_passwords_are_needed(signed_in, private, carol, wrong, sentence):
    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD, wrong: "a wrong one"}

    response = signed_in(carol).post(reverse("account_connect"), proof)

    assert sentence in words(response)
    assert "a wrong one" not in words(response)
    assert User.objects.count() == 2


@pytest.mark.parametrize("guessed", ["password", "own_password"])
def test_tries_of_either_password_are_limited(signed_in, private, carol, guessed):
    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD}
    browser = signed_in(carol)
    for _try in range(5):
        browser.post(reverse("account_connect"), {**proof, guessed: "wrong"})

    response = browser.post(reverse("account_connect"), proof)

    assert "Too many wrong passwords. Wait five minutes and try again." in words(response)
    assert User.objects.count() == 2


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_stays_on_this_site(signed_in, private, carol, target):
    browser = signed_in(carol)
    assert "evil.example" not in words(browser.get(reverse("account_connect"), {"next": target}))

    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD, "next": target}

    assert browser.post(reverse("account_connect"), proof)["Location"] == reverse("account_settings")


def test_another_site_cannot_connect_accounts(private, carol):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carol)
    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD}

    assert browser.post(reverse("account_connect"), proof).status_code == 403
    assert User.objects.count() == 2


# --- What else would have to move ---------------------------------------------------------------
def test_only_known_rows_point_at_memberships():
    """A new reference has to say in `learners.people.actions.merging` what becomes of it."""
    relations = {relation.related_model for relation in Membership._meta.related_objects}
    assert relations == {LicenceLedger, Invitation}
