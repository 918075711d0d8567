"""A program's own address and the front door."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from learners.models import Membership, Person, TurnedAway
from programs.models import Contract, Program
from tests.factories import MembershipFactory, UserFactory
from tests.learners.pages import state, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


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
