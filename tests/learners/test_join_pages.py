"""The pages behind an invitation's link and a program's address, as each visitor meets them."""

import re
from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.test import Client
from django.urls import reverse

from config.lib import tokens
from learners.models import Invitation, Membership, Person, TurnedAway
from orgs.models import User
from programs.models import Contract, Program
from tests.factories import (
    PASSWORD,
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
NEW = {"step": "create", "name": "Carol Carlsson", "password": "a gate in the garden"}


@pytest.fixture
def invitation(program, contract, acme):
    """Carol's invitation to English for Work; she has no account yet."""
    person = PersonFactory(organization=acme, email="carol@acme.example", name="Carol Carlsson")
    return InvitationFactory(membership=MembershipFactory(program=program, contract=contract, person=person))


@pytest.fixture
def url(invitation):
    """The link in Carol's mail."""
    return address(invitation)


@pytest.fixture
def carol_is_in(invitation, carol):
    """Carol has accepted."""
    Person.objects.update(user=carol)
    Membership.objects.update(
        state="member", joined_at="2026-06-08T12:00Z", last_activity_at="2026-06-08T12:00Z"
    )
    return carol


def address(invitation, generation=None):
    return reverse(
        "invitation", args=[tokens.sign("invitation", invitation.pk, generation or invitation.generation)]
    )


def words(response):
    """The visible text of an answer, white space collapsed."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    body = re.sub(r"</(h\d|p|li|div)>", " ", body)
    text = "".join(part.partition(">")[2] for part in body.split("<"))
    return " ".join(text.split()).replace("&#x27;", "'")


def rows():
    """How many rows every table has."""
    return {
        model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)
    }


def state():
    return Membership.objects.values_list("state", flat=True).get()


# --- A new person -------------------------------------------------------------------------------
def test_a_new_person_sees_the_fixed_address_and_their_name_in_the_brand_of_the_organization(
    client, url, acme
):
    response = client.get(url)

    html = response.content.decode()
    assert response.status_code == 200
    assert "Join English for Work" in words(response)
    assert 'value="carol@acme.example" readonly autocomplete="username"' in html
    assert 'value="Carol Carlsson"' in html
    assert 'autocomplete="new-password"' in html
    assert reverse("brand_css", args=[acme.brand_hue, acme.brand_chroma]) in html


def test_a_new_person_joins_is_signed_in_and_lands_in_the_program(client, url, program):
    response = client.post(url, NEW, follow=True)

    assert response.redirect_chain == [(program.get_absolute_url(), 302)]
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (state(), user.email, user.name) == ("member", "carol@acme.example", "Carol Carlsson")
    assert "You are a member since" in words(response)
    assert "You are a member of English for Work now." in response.content.decode()
    assert "No courses yet" in words(response)


def test_an_address_in_the_post_is_ignored(client, url):
    client.post(url, NEW | {"email": "mallory@globex.example"})

    assert User.objects.get().email == "carol@acme.example"
    assert EmailAddress.objects.get().email == "carol@acme.example"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "short"}, "This password is too short. It must contain at least 10 characters."),
        ({"password": "password123"}, "This password is too common."),
        ({"password": "carol@acme.example"}, "The password is too similar to the e-mail."),
        ({"password": "CarolCarlsson"}, "The password is too similar to the full name."),
        ({"password": ""}, "This field is required."),
        ({"name": ""}, "This field is required."),
        ({"name": "\u200b\u202e"}, "Write your name."),
        ({"name": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_what_is_wrong_is_said_by_the_field_and_the_name_is_kept(client, url, changes, sentence):
    response = client.post(url, NEW | changes)

    assert response.status_code == 200
    assert sentence in words(response)
    assert 'aria-invalid="true"' in response.content.decode()
    if "name" not in changes:
        assert 'value="Carol Carlsson"' in response.content.decode()
    assert User.objects.count() == 0
    assert state() == "invited"


def test_a_password_is_never_sent_back(client, url):
    response = client.post(url, NEW | {"name": ""})

    assert NEW["password"] not in response.content.decode()


def test_a_form_of_another_site_is_refused(url):
    response = Client(enforce_csrf_checks=True).post(url, NEW)

    assert response.status_code == 403
    assert User.objects.count() == 0


# --- The invited address has an account ---------------------------------------------------------
def test_the_owner_signs_in_on_the_page_and_joins_in_one_step(client, url, carol, program):
    assert "you have an account already" in words(client.get(url))

    response = client.post(url, {"step": "sign_in", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, program.get_absolute_url())
    assert client.session["_auth_user_id"] == str(carol.pk)
    assert state() == "member"


def test_a_wrong_password_changes_nothing_and_after_five_nobody_may_try(client, url, carol):
    for _try in range(5):
        response = client.post(url, {"step": "sign_in", "password": "wrong"})
        assert "That is not the password of this account." in words(response)
    response = client.post(url, {"step": "sign_in", "password": PASSWORD})

    assert "Too many wrong passwords. Wait five minutes and try again." in words(response)
    assert "_auth_user_id" not in client.session
    assert state() == "invited"


def test_tries_on_the_sign_in_page_and_on_the_invitation_count_together_whatever_the_host_header(
    client, url, carol
):
    for port in range(3):
        client.post(
            "/accounts/login/",
            {"login": "carol@acme.example", "password": "wrong"},
            headers={"host": f"testserver:{port + 1000}"},
        )
    for _try in range(2):
        client.post(url, {"step": "sign_in", "password": "wrong"})

    response = client.post(url, {"step": "sign_in", "password": PASSWORD}, headers={"host": "testserver:9"})
    assert "Too many wrong passwords." in words(response)


def test_a_closed_account_neither_signs_in_nor_joins(client, url, carol):
    User.objects.update(is_active=False)

    response = client.post(url, {"step": "sign_in", "password": PASSWORD})

    assert response["Location"] == reverse("account_inactive")
    assert state() == "invited"


def test_signed_in_as_the_invited_person_one_click_joins(signed_in, url, carol, program):
    browser = signed_in(carol)
    assert "You are signed in as Carol Carlsson, invited as carol@acme.example." in words(browser.get(url))

    response = browser.post(url, {"step": "join"})

    assert response["Location"] == program.get_absolute_url()
    assert state() == "member"


# --- Signed in as someone else ------------------------------------------------------------------
def test_someone_else_is_told_and_may_switch_and_come_back(signed_in, url, mallory):
    browser = signed_in(mallory)
    page = words(browser.get(url))
    assert "Acme invited carol@acme.example to English for Work" in page
    assert "You are signed in as mallory@globex.example" in page

    response = browser.post(reverse("account_logout"), {"next": url})

    assert response["Location"] == url
    assert "_auth_user_id" not in browser.session
    assert "Create account and join" in words(browser.get(url))


def test_another_account_joins_with_its_password_and_gets_the_address(signed_in, url, program):
    private = UserFactory(name="Carol", email="carol@private.example")
    browser = signed_in(private)

    response = browser.post(url, {"step": "connect", "password": PASSWORD})

    assert response["Location"] == program.get_absolute_url()
    assert EmailAddress.objects.filter(user=private, email="carol@acme.example", verified=True).exists()
    assert (state(), Person.objects.get().user) == ("member", private)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_its_password_no_address_is_added_to_an_account(signed_in, url, mallory, password):
    response = signed_in(mallory).post(url, {"step": "connect", "password": password})

    assert response.status_code == 200
    assert ("This field is required." if not password else "That is not the password") in words(response)
    assert state() == "invited"
    assert EmailAddress.objects.count() == 1


def test_an_account_cannot_take_an_address_that_has_one(signed_in, url, mallory, carol):
    browser = signed_in(mallory)
    page = words(browser.get(url))
    assert "The invited address belongs to another account. Sign in to that account to join." in page
    assert "Join with this account" not in page

    browser.post(url, {"step": "connect", "password": PASSWORD})
    assert state() == "invited"


def test_an_account_that_is_another_person_of_the_organization_is_refused(signed_in, url, acme):
    user = UserFactory(email="c@acme.example")
    PersonFactory(organization=acme, email="c@acme.example", user=user)
    browser = signed_in(user)
    assert "known to this organization under another address" in words(browser.get(url))

    response = browser.post(url, {"step": "connect", "password": PASSWORD}, follow=True)

    assert "known to this organization under another address" in words(response)
    assert state() == "invited"


@pytest.mark.parametrize("step", ["create", "sign_in", "join", "ask", "", "accept"])
def test_a_step_that_the_page_did_not_offer_does_nothing(signed_in, url, mallory, step):
    response = signed_in(mallory).post(url, NEW | {"step": step, "password": PASSWORD})

    assert response["Location"] == url
    assert (state(), User.objects.count(), TurnedAway.objects.count()) == ("invited", 1, 0)


# --- Links that were used, withdrawn, replaced, made up -----------------------------------------
def test_a_used_link_tells_the_member_so_and_leads_in(signed_in, url, carol_is_in, program):
    response = signed_in(carol_is_in).get(url)

    assert response.status_code == 200
    assert "You are already a member of English for Work" in words(response)
    assert f'href="{program.get_absolute_url()}"' in response.content.decode()


def test_a_used_link_tells_a_stranger_only_that_it_was_used(client, signed_in, url, carol_is_in, mallory):
    anonymous, other = client.get(url), signed_in(mallory).get(url)

    assert "This invitation has been accepted" in words(anonymous)
    assert f"{reverse('account_login')}?next=%2Fprograms%2Fenglish" in anonymous.content.decode()
    for page in (anonymous, other):
        assert "carol" not in words(page).lower()
        assert "This invitation has been accepted" in words(page)


def test_a_used_link_lets_nobody_in_again(signed_in, client, url, carol_is_in, mallory):
    for browser in (client, signed_in(mallory)):
        for step in ("create", "sign_in", "join", "connect", "ask"):
            response = browser.post(url, NEW | {"step": step, "password": PASSWORD})
            assert response["Location"] == url
    assert User.objects.count() == 2
    assert Person.objects.get().user == carol_is_in


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("removed", "This invitation is no longer valid Acme has withdrawn it."),
        ("replaced", "There is a newer invitation Acme made you a new link to English for Work"),
        ("program", "English for Work has been closed Acme has removed this program"),
    ],
)
def test_a_link_that_lost_its_worth_says_why_and_takes_nobody(client, url, change, sentence):
    if change == "removed":
        Membership.objects.update(state="removed", removed_at="2026-06-08T12:00Z")
    elif change == "replaced":
        Invitation.objects.update(generation=2)
    else:
        Program.objects.update(state="removed")

    response = client.get(url)

    assert response.status_code == 410
    assert sentence in words(response)
    assert "carol" not in response.content.decode().lower()
    assert client.post(url, NEW)["Location"] == url
    assert User.objects.count() == 0


def test_the_new_link_works_after_the_old_one_was_replaced(client, invitation):
    Invitation.objects.update(generation=2)

    client.post(address(invitation, 2), NEW)

    assert state() == "member"


@pytest.mark.parametrize(
    "kind", ["another purpose", "cut off", "a letter changed", "no signature", "made up", "of no row"]
)
def test_a_link_that_nobody_signed_says_nothing(client, url, invitation, kind):
    token = url.rsplit("/", 1)[1]
    made = {
        "another purpose": tokens.sign("download", invitation.pk, 1),
        "cut off": token[:-3],
        "a letter changed": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "no signature": token.partition(".")[0],
        "made up": "\u00e5 '\"<script>.\u2026",
        "of no row": tokens.sign("invitation", invitation.pk + 1000, 1),
    }[kind]
    where = reverse("invitation", args=[made])

    for response in (client.get(where), client.post(where, NEW)):
        assert response.status_code == 404
        assert "This link does not work" in words(response)
        assert "Acme" not in response.content.decode()
        assert "English" not in response.content.decode()
    assert User.objects.count() == 0


def test_a_link_to_one_program_opens_no_other(client, url, other_program, contract):
    person = Person.objects.get()
    MembershipFactory(program=other_program, person=person, contract=contract)

    client.post(url, NEW)

    assert dict(Membership.objects.values_list("program__slug", "state")) == {
        "english": "member",
        "data": "invited",
    }


def test_a_person_invited_to_two_programs_joins_the_second_with_one_click(
    client, url, other_program, contract
):
    second = InvitationFactory(
        membership=MembershipFactory(program=other_program, person=Person.objects.get(), contract=contract)
    )
    client.post(url, NEW)

    assert "Join Data Basics" in words(client.get(address(second)))
    response = client.post(address(second), {"step": "join"})

    assert response["Location"] == other_program.get_absolute_url()
    assert list(Membership.objects.values_list("state", flat=True)) == ["member", "member"]


# --- No room ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "sentence", "reason"),
    [
        ({"taken": 10}, "No seat is left in English for Work", "full"),
        ({"starts_on": date(2039, 1, 2)}, "From 2 Jan 2039 on you can join here.", "not_started"),
        ({"ends_on": date(2020, 5, 3)}, "ended on 3 May 2020", "ended"),
    ],
)
def test_without_room_one_is_told_why_and_can_let_the_administrators_know(
    client, url, change, sentence, reason
):
    Contract.objects.update(**change)
    page = words(client.get(url))
    assert sentence in page
    assert "do not know yet that you wanted to join" in page
    assert TurnedAway.objects.count() == 0

    assert client.post(url, {"step": "ask"})["Location"] == url

    assert list(TurnedAway.objects.values_list("email", "reason", "times")) == [
        ("carol@acme.example", reason, 1)
    ]
    assert "The administrators of Acme see that you wanted to join on" in words(client.get(url))


def test_the_last_seat_taken_while_one_types_keeps_the_account_and_says_so(client, url):
    form = client.get(url)
    assert "Create account and join" in words(form)
    Contract.objects.update(taken=10)

    response = client.post(url, NEW, follow=True)

    assert response.redirect_chain == [(url, 302)]
    assert "No seat is left in English for Work" in words(response)
    assert "The administrators of Acme see that you wanted to join" in words(response)
    Contract.objects.update(taken=9)
    client.post(url, {"step": "join"})
    assert state() == "member"


# --- The program's own address ------------------------------------------------------------------
def test_signed_out_the_program_names_itself_and_its_organization_and_leads_back(client, program):
    response = client.get(program.get_absolute_url())

    assert response.status_code == 200
    assert "English for Work A learning program of Acme." in words(response)
    html = response.content.decode()
    assert f"{reverse('account_login')}?next=%2Fprograms%2Fenglish" in html
    assert f"{reverse('account_signup')}?next=%2Fprograms%2Fenglish" in html


def test_an_unknown_program_is_not_found(client, signed_in, carol):
    assert client.get("/programs/nowhere").status_code == 404
    assert signed_in(carol).get("/programs/nowhere").status_code == 404


def test_a_removed_program_has_a_page_of_its_own(client, program, carol_is_in, signed_in):
    Program.objects.update(state="removed")

    for browser in (client, signed_in(carol_is_in)):
        response = browser.get(program.get_absolute_url())
        assert response.status_code == 410
        assert "English for Work has been closed" in words(response)


def test_a_member_sees_the_program_and_since_when_in_the_organizations_time(signed_in, program, carol_is_in):
    Membership.objects.update(joined_at="2026-06-08T23:30Z")

    page = words(signed_in(carol_is_in).get(program.get_absolute_url()))

    assert "You are a member since 9 Jun 2026, through Acme." in page
    assert "No courses yet" in page


def test_an_invited_confirmed_address_joins_by_the_programs_address(signed_in, program, invitation, carol):
    browser = signed_in(carol)
    assert "Acme invited carol@acme.example." in words(browser.get(program.get_absolute_url()))

    response = browser.post(program.get_absolute_url(), {"step": "join"}, follow=True)

    assert "You are a member since" in words(response)
    assert state() == "member"


def test_an_invited_address_that_is_not_confirmed_is_asked_to_confirm_first(
    signed_in, program, invitation, carol
):
    EmailAddress.objects.update(verified=False)
    browser = signed_in(carol)

    page = words(browser.get(program.get_absolute_url()))
    browser.post(program.get_absolute_url(), {"step": "join"})

    assert "you have not confirmed yet that this address is yours" in page
    assert state() == "invited"


def test_a_stranger_learns_which_address_they_are_signed_in_with_and_what_to_do(
    signed_in, program, mallory, invitation
):
    browser = signed_in(mallory)
    page = words(browser.get(program.get_absolute_url()))
    browser.post(program.get_absolute_url(), {"step": "join"})
    browser.post(program.get_absolute_url(), {"step": "ask"})

    assert "You are signed in as Mallory Malm (mallory@globex.example)." in page
    assert "Ask your administrator at Acme for an invitation." in page
    assert "carol" not in page.lower()
    assert (state(), TurnedAway.objects.count()) == ("invited", 0)


def test_who_may_return_rejoins_with_a_button(signed_in, program, carol_is_in):
    Membership.objects.update(state="removed", removed_at="2026-06-08T12:00Z", allow_return=True)
    browser = signed_in(carol_is_in)
    assert "You were removed on 8 Jun 2026 and may come back without an invitation." in words(
        browser.get(program.get_absolute_url())
    )

    browser.post(program.get_absolute_url(), {"step": "join"})

    assert state() == "member"


def test_who_may_return_finds_no_seat_and_tells_the_administrators(signed_in, program, carol_is_in):
    Membership.objects.update(state="removed", removed_at="2026-06-08T12:00Z", allow_return=True)
    Contract.objects.update(taken=10)
    browser = signed_in(carol_is_in)
    assert "No seat is left" in words(browser.get(program.get_absolute_url()))

    browser.post(program.get_absolute_url(), {"step": "ask"})

    assert TurnedAway.objects.get().email == "carol@acme.example"
    assert "The administrators of Acme see" in words(browser.get(program.get_absolute_url()))


@pytest.mark.parametrize(
    ("joined_at", "sentence"),
    [
        ("2026-06-01T12:00Z", "You were removed on 8 Jun 2026. To come back, ask your administrator"),
        (None, "Your invitation was withdrawn. Ask your administrator for a new one."),
    ],
)
def test_who_was_removed_for_good_is_told_so(signed_in, program, carol_is_in, joined_at, sentence):
    Membership.objects.update(state="removed", removed_at="2026-06-08T12:00Z", joined_at=joined_at)
    browser = signed_in(carol_is_in)

    page = words(browser.get(program.get_absolute_url()))
    browser.post(program.get_absolute_url(), {"step": "join"})

    assert sentence in page
    assert state() == "removed"


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_an_administrator_who_is_no_member_is_led_to_the_administration(signed_in, program, who, request):
    page = signed_in(request.getfixturevalue(who)).get(program.get_absolute_url()).content.decode()

    assert "You administer this program" in page
    assert f'href="{reverse("manage_learners", args=["acme", "english"])}"' in page


def test_an_administrator_of_another_program_is_a_stranger_here(signed_in, other_program, bob):
    page = signed_in(bob).get(other_program.get_absolute_url()).content.decode()

    assert "You administer this program" not in page


# --- The front door -----------------------------------------------------------------------------
def test_the_front_door_sends_everyone_where_they_belong(
    client, signed_in, alice, bob, carol, carol_is_in, mallory
):
    def led_to(browser):
        return browser.get(reverse("start"))["Location"]

    stranger = UserFactory(email="nobody@nowhere.example")
    assert led_to(client) == reverse("account_login")
    assert led_to(signed_in(alice)) == reverse("home", args=["acme"])
    assert led_to(signed_in(bob)) == reverse("home", args=["acme"])
    assert led_to(signed_in(mallory)) == reverse("home", args=["globex"])
    assert led_to(signed_in(carol)) == "/programs/english"
    assert led_to(signed_in(stranger)) == reverse("my_programs")


def test_a_member_of_two_programs_is_shown_the_list(signed_in, carol_is_in, other_program, contract):
    MembershipFactory(program=other_program, person=Person.objects.get(), contract=contract, joined=True)
    browser = signed_in(carol_is_in)

    assert browser.get(reverse("start"))["Location"] == reverse("my_programs")
    page = words(browser.get(reverse("my_programs")))
    assert "English for Work" in page
    assert "Data Basics" in page


def test_an_open_invitation_is_shown_before_ones_only_program(
    signed_in, carol_is_in, other_program, contract
):
    MembershipFactory(program=other_program, person=Person.objects.get(), contract=contract)
    browser = signed_in(carol_is_in)

    assert browser.get(reverse("start"))["Location"] == reverse("my_programs")
    assert "You are invited A Data Basics Acme" in words(browser.get(reverse("my_programs")))


def test_who_is_in_no_program_is_told_what_to_do(signed_in, mallory):
    page = words(signed_in(mallory).get(reverse("my_programs")))

    assert "You are in no program yet" in page
    assert "You are signed in as mallory@globex.example" in page


def test_ones_programs_are_for_those_signed_in(client):
    assert client.get("/programs")["Location"] == f"{reverse('account_login')}?next=/programs"


# --- Looking changes nothing --------------------------------------------------------------------
def test_looking_at_any_page_changes_nothing(
    client, signed_in, url, invitation, program, other_program, contract, acme, carol, mallory, alice
):
    full = ContractFactory(organization=acme, quantity=1, taken=1)
    others = {
        "full": {"contract": full},
        "removed": {"contract": contract, "removed": True},
        "return": {"contract": contract, "removed": True, "allow_return": True},
        "member": {"contract": contract, "joined": True},
    }
    links = [url, address(invitation, 7), reverse("invitation", args=["no.token"])]
    for traits in others.values():
        links.append(address(InvitationFactory(membership=MembershipFactory(program=program, **traits))))
    paths = [*links, program.get_absolute_url(), other_program.get_absolute_url(), "/", "/programs"]
    browsers = [client, signed_in(carol), signed_in(mallory), signed_in(alice)]

    before = rows(), list(Membership.objects.order_by("pk").values()), list(Contract.objects.values())
    for path in paths:
        for browser in browsers:
            assert browser.get(path).status_code in (200, 302, 404, 410)
            assert browser.head(path).status_code in (200, 302, 404, 410)
    after = rows(), list(Membership.objects.order_by("pk").values()), list(Contract.objects.values())

    assert after == before


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, url, program, method):
    assert getattr(client, method)(url).status_code == 405
    assert getattr(client, method)(program.get_absolute_url()).status_code == 405


def test_pages_with_an_invitation_are_kept_by_no_cache(client, url):
    assert "no-store" in client.get(url)["Cache-Control"]


def test_the_pages_hold_nothing_that_the_strict_policy_forbids(client, url, program):
    for path in (url, program.get_absolute_url()):
        html = client.get(path).content.decode()
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<style" not in html


def test_the_host_header_gets_into_no_link(client, url, program, settings):
    settings.ALLOWED_HOSTS = ["*"]

    for path in (url, program.get_absolute_url()):
        assert "evil.example" not in client.get(path, headers={"host": "evil.example"}).content.decode()
