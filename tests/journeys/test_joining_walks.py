"""Joining as learners live it, on a phone: each door, each dead end, each way back. Every page passes axe."""

import re

import pytest
from playwright.sync_api import expect

from config.lib import tokens
from learners.models import CourseRecord, Invitation, Membership, Person
from learners.people.actions import invitations, joining, memberships
from programs.models import Contract
from tests.coursework import course
from tests.factories import (
    PASSWORD,
    DomainRuleFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.journeys.conftest import sign_in
from tests.learners.pages import address

pytestmark = pytest.mark.browser
PROGRAM = "/programs/english"
PRIVATE = "carol@private.example"


def invite(program, contract, email="carol@acme.example", name="Carol Carlsson", **state):
    """An invitation of Acme, open unless `state` says otherwise."""
    person = PersonFactory(organization=program.organization, email=email, name=name)
    row = MembershipFactory(program=program, contract=contract, person=person, **state)
    return InvitationFactory(membership=row)


def enter(program, user):
    """Make an invited account a member, by the front door."""
    joining.enter(program=program, user=user, by=user)


def says(page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(text)))


def is_in(page) -> None:
    """The page is that of the program, and says so."""
    expect(page.get_by_text("You are a member of English for Work now.")).to_be_visible()
    says(page, "English for Work")


# --- The link in the mail (J1) ---------------------------------------------------------------------
def test_each_link_says_what_it_is_worth(phone, look, program, other_program, contract, alice, carol):
    used, removed, replaced, other = (
        invite(at, contract, f"{name}@acme.example", name.title())
        for name, at in (("carol", program), ("rolf", program), ("nora", program), ("dora", other_program))
    )
    enter(program, carol)
    memberships.remove(memberships=[removed.membership], allow_return=False, by=alice)
    former = address(replaced)
    invitations.replace_link(membership=replaced.membership, by=alice)
    replaced.refresh_from_db()
    page = phone()
    for link, heading in (
        (address(used), "This invitation has been accepted"),
        (address(removed), "This invitation is no longer valid"),
        (former, "There is a newer invitation"),
        (address(replaced)[:-3], "This link does not work"),
        (f"/invitations/{tokens.sign('unsubscribe', replaced.pk, 2)}", "This link does not work"),
        (address(other), "Join Data Basics"),
        (address(replaced), "Join English for Work"),
    ):
        page.goto(link)
        says(page, heading)
        look(page)
    assert Membership.objects.filter(state="member").count() == 1


# --- The address of the program (J2, J11) ----------------------------------------------------------
def test_the_programs_address_lets_in_whom_it_should(phone, look, program, contract, carol, mallory):
    invite(program, contract)
    page = phone()
    page.goto(PROGRAM)
    look(page)
    page.get_by_role("link", name="Sign in").click()
    look(page)
    page.get_by_label("E-mail").fill(carol.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    look(page)
    page.get_by_role("button", name="Join English for Work").click()
    is_in(page)
    look(page)

    DomainRuleFactory(program=program, contract=contract)
    UserFactory(name="Dan Dahl", email="dan@acme.example")
    page = phone("dan@acme.example", PROGRAM)
    expect(page.get_by_text("With dan@acme.example you can join")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Join English for Work").click()
    is_in(page)

    page = phone("mallory@globex.example", PROGRAM)
    expect(page.get_by_text("You are signed in as Mallory Malm (mallory@globex.example).")).to_be_visible()
    expect(page.get_by_text("Nobody has invited you to this program")).to_be_visible()
    look(page)


def test_a_mail_that_never_came_is_sent_again_and_not_needed(
    phone, desk, look, alice, program, contract, carol
):
    invite(program, contract)
    admin = desk("alice@acme.example", "/o/acme/admin/programs/english/learners?status=invited")
    admin.get_by_label("Select Carol Carlsson").check()
    admin.get_by_role("button", name=re.compile("Resend")).first.click()
    admin.get_by_role("dialog").get_by_role("button", name="Send 1 invitation again").click()
    expect(admin.get_by_text("1 invitation is sent again, with the same link.")).to_be_visible()

    page = phone("carol@acme.example", "/programs")
    look(page)
    page.get_by_role("link", name=re.compile("English for Work")).first.click()
    page.get_by_role("button", name="Join English for Work").click()
    page.wait_for_url(f"**{PROGRAM}")
    assert Membership.objects.get().state == "member"


# --- Two addresses of one person (J5, J6) ----------------------------------------------------------
@pytest.fixture
def private(db):
    """The account that Carol has had for years."""
    return UserFactory(name="Carol C.", email=PRIVATE)


def test_the_account_one_has_is_connected_on_the_invitation(phone, look, program, contract, private):
    page = phone()
    page.goto(address(invite(program, contract)))
    page.get_by_role("link", name="Connect your existing account").click()
    look(page)
    page.get_by_label("E-mail of your account").fill(PRIVATE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Connect and join").click()
    is_in(page)
    page.goto("/account")
    expect(page.get_by_text("Known to Acme")).to_be_visible()
    assert sorted(private.emailaddress_set.values_list("email", "verified")) == [
        ("carol@acme.example", True),
        (PRIVATE, True),
    ]


def test_the_account_one_has_is_connected_after_joining(phone, look, program, contract, private):
    page = phone()
    page.goto(address(invite(program, contract)))
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Create account and join").click()
    page.get_by_role("link", name="Connect your existing account").click()
    look(page)
    page.get_by_label("E-mail of the other account").fill(PRIVATE)
    page.get_by_label("Password of the other account").fill(PASSWORD)
    page.get_by_label("Password of this account").fill("a long enough secret")
    page.get_by_role("button", name="Connect the accounts").click()
    expect(page.get_by_text(f"You are signed in as {PRIVATE}")).to_be_visible()
    says(page, "English for Work")
    assert (Person.objects.get().user, Membership.objects.get().state) == (private, "member")


def test_signed_in_as_someone_else_one_joins_with_that_account(phone, look, program, contract, private):
    page = phone(PRIVATE, "/programs")
    page.goto(address(invite(program, contract)))
    says(page, "This invitation is for another address")
    look(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join with this account").click()
    is_in(page)
    assert Membership.objects.get().person.user == private


def test_signed_in_as_someone_else_one_switches_to_the_account_invited(
    phone, look, program, contract, carol, private
):
    page = phone(PRIVATE, "/programs")
    page.goto(address(invite(program, contract)))
    look(page)
    page.get_by_role("button", name="Sign out and continue").click()
    says(page, "Sign in to join English for Work")
    look(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in and join").click()
    is_in(page)
    assert Membership.objects.get().person.user == carol


# --- Missed the linking step (J7), and where it cannot be done (J8) ----------------------------------
def test_an_empty_second_account_is_deleted_and_the_next_invitation_works_with_the_first(
    phone, desk, look, alice, program, contract, carol, private
):
    invite(program, contract)
    enter(program, carol)
    page = phone("carol@acme.example", "/account")
    page.get_by_role("link", name="Delete account").click()
    look(page)
    page.get_by_label("Your e-mail address, typed out").fill("carol@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account for good").click()
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    look(page)

    admin = desk("alice@acme.example", "/o/acme/admin/programs/english/learners/invite")
    admin.get_by_label("Full name").fill("Carol Carlsson")
    admin.get_by_label("E-mail").fill("carol@acme.example")
    admin.get_by_role("button", name="Continue").click()
    admin.get_by_role("button", name="Send invitation").click()
    expect(admin.get_by_text("Carol Carlsson is invited. The mail is on its way.")).to_be_visible()

    sign_in(page, PRIVATE, PASSWORD, "/programs")
    page.goto(address(Invitation.objects.latest("pk")))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join with this account").click()
    is_in(page)
    assert Membership.objects.get(state="member").person.user == private


def test_two_accounts_with_courses_stay_two(phone, look, program, other_program, contract, carol, private):
    taught = course()
    for user, at in ((carol, program), (private, other_program)):
        invite(at, contract, user.email)
        enter(at, user)
        CourseRecord.objects.create(user=user, course=taught, version=taught.version)
    page = phone("carol@acme.example", "/account/connect")
    page.get_by_label("E-mail of the other account").fill(PRIVATE)
    page.get_by_label("Password of the other account").fill(PASSWORD)
    page.get_by_label("Password of this account").fill(PASSWORD)
    page.get_by_role("button", name="Connect the accounts").click()
    expect(page.get_by_text("Both accounts have courses of their own.")).to_be_visible()
    look(page)
    assert Membership.objects.values("person__user").distinct().count() == 2


# --- Account settings (J9) -------------------------------------------------------------------------
def test_addresses_and_password_are_kept_in_order(phone, look, read_mail, carol):
    page = phone("carol@acme.example", "/account")
    look(page)
    page.get_by_label("Another e-mail address").fill(PRIVATE)
    page.get_by_role("button", name="Add address").click()
    says(page, "Confirm that it is you")
    look(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Not confirmed")).to_be_visible()
    look(page)
    page.goto(read_mail(PRIVATE, "confirm-email"))
    look(page)
    page.get_by_role("button", name=f"Confirm {PRIVATE}").click()
    page.goto("/account")
    page.get_by_role("button", name=f"Make {PRIVATE} primary").click()
    page.get_by_role("button", name="Remove carol@acme.example").click()
    expect(page.get_by_text("carol@acme.example", exact=True)).to_have_count(0)
    look(page)

    page.get_by_role("link", name="Change password").click()
    look(page)
    page.get_by_label("Current password").fill(PASSWORD)
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill("another quite long one")
    page.get_by_role("button", name="Change password").click()
    page.wait_for_url("**/account")
    sign_in(phone(), PRIVATE, "another quite long one", "/programs")
    assert list(carol.emailaddress_set.values_list("email", "verified", "primary")) == [(PRIVATE, True, True)]


# --- Closed doors (J12) and no way back (J13) --------------------------------------------------------
def test_each_closed_door_says_why(phone, look, program, contract, alice, carol):
    link = address(invite(program, contract))
    Contract.objects.update(taken=10)
    page = phone("carol@acme.example", PROGRAM)
    says(page, "No seat is left in English for Work")
    look(page)
    page.get_by_role("button", name="Tell the administrators").click()
    expect(page.get_by_text("Your administrators know")).to_be_visible()
    look(page)
    for dates, heading in (
        ({"ends_on": "2026-01-31"}, "The time for joining English for Work is over"),
        ({"starts_on": "2039-01-01", "ends_on": "2039-12-31"}, "English for Work has not started yet"),
    ):
        Contract.objects.update(taken=0, **dates)
        page.goto(link)
        says(page, heading)
        look(page)
    Contract.objects.update(starts_on="2020-01-01")
    enter(program, carol)
    memberships.remove(memberships=Membership.objects.all(), allow_return=True, by=alice)
    page.goto(PROGRAM)
    says(page, "Rejoin English for Work")
    look(page)
    page.get_by_role("button", name="Rejoin English for Work").click()
    is_in(page)
    program.state = "removed"
    program.save()
    for path in (PROGRAM, link):
        page.goto(path)
        says(page, "English for Work has been closed")
        look(page)


def test_who_needs_a_new_invitation_gets_round_it_neither_by_domain_nor_by_a_new_account(
    phone, look, read_mail, program, contract, alice, carol
):
    DomainRuleFactory(program=program, contract=contract)
    enter(program, carol)
    memberships.remove(memberships=Membership.objects.all(), allow_return=False, by=alice)
    page = phone("carol@acme.example", PROGRAM)
    expect(page.get_by_text("ask your administrator for a new invitation")).to_be_visible()
    look(page)
    page.goto("/account/delete")
    page.get_by_label("Your e-mail address, typed out").fill("carol@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account for good").click()
    page.wait_for_url("**/accounts/login/")

    page.goto(PROGRAM)
    page.get_by_role("link", name="Create an account").click()
    look(page)
    page.get_by_label("E-mail").fill("carol@acme.example")
    page.get_by_label("Full name").fill("Carol Carlsson")
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Create account").click()
    says(page, "Look into your mail")
    look(page)
    page.goto(read_mail("carol@acme.example", "confirm-email"))
    page.get_by_role("button", name="Confirm carol@acme.example").click()
    page.goto(PROGRAM)
    expect(page.get_by_text("You were removed from this program before.")).to_be_visible()
    expect(page.get_by_role("button", name="Join English for Work")).to_have_count(0)
    look(page)
    assert Membership.objects.filter(state="member").count() == 0
