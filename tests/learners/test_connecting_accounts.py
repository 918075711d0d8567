"""Two accounts of one human become one: persons, places, seats, addresses, roles."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.urls import reverse

from learners.learning.actions import enrollments
from learners.models import (
    CourseRecord,
    Enrollment,
    Invitation,
    InviteImport,
    LicenceLedger,
    Membership,
    Person,
    SpecializationEnrollment,
)
from learners.people.actions import accounts, joining
from learners.people.queries import accounts as queries
from learners.people.queries import joining as joining_queries
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail, RoleGrant, User
from orgs.permissions import Role
from programs.models import Contract
from tests.coursework import course, offer
from tests.factories import (
    PASSWORD,
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    RoleGrantFactory,
)
from tests.learners.places import PRIVATE, figures_agree, member, words

pytestmark = pytest.mark.usefixtures("own_cache")


def refused(**arguments) -> str:
    with pytest.raises(ActionError) as refusal:
        accounts.connect(**arguments)
    return refusal.value.code


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
    member(carol, program, second)
    assert list(Contract.objects.order_by("pk").values_list("taken", flat=True)) == [1, 1]

    accounts.connect(one=carol, other=private, by=carol)

    membership = Membership.objects.get()
    assert (membership.pk, membership.contract, membership.joined_at) == (older.pk, first, older.joined_at)
    assert membership.last_activity_at == older.joined_at
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
    writing = course()
    offer(program, writing)
    enrollments.enroll(membership=work, course=writing, by=carol)
    assert (queries.has_coursework(private), queries.has_coursework(carol)) == (False, True)

    assert accounts.connect(one=private, other=carol, by=private) == carol

    work.refresh_from_db()
    assert (work.enrollments, work.current_enrollments, work.completions) == (1, 1, 0)
    assert (work.person.user, CourseRecord.objects.get().user) == (carol, carol)
    assert figures_agree()


def test_two_accounts_with_courses_are_never_connected_and_the_refusal_says_why(
    signed_in, private, carol, program, other_program, contract
):
    writing = course()
    for where, user, address in (
        (other_program, private, "c.c@acme.example"),
        (program, carol, "carol@acme.example"),
    ):
        offer(where, writing)
        mine = member(user, where, contract, email=address)
        enrollments.leave(enrollment=enrollments.enroll(membership=mine, course=writing, by=user), by=user)
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
    assert relations == {LicenceLedger, Invitation, Enrollment, SpecializationEnrollment}
