"""The page of an open invitation, as each visitor meets it."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from learners.models import Person, TurnedAway
from orgs.models import User
from tests.factories import PASSWORD, PersonFactory, UserFactory
from tests.learners.pages import state, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
NEW = {"step": "create", "name": "Carol Carlsson", "password": "a gate in the garden"}


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
    assert "The invited address belongs to another account." in page
    assert "Join with this account" not in page

    browser.post(url, {"step": "connect", "password": PASSWORD})
    assert state() == "invited"


def test_an_account_that_is_another_person_of_the_organization_becomes_one_person(
    signed_in, url, acme, program
):
    user = UserFactory(email="c@acme.example")
    PersonFactory(organization=acme, email="c@acme.example", user=user)

    response = signed_in(user).post(url, {"step": "connect", "password": PASSWORD})

    assert response["Location"] == program.get_absolute_url()
    assert (state(), Person.objects.get().user) == ("member", user)


@pytest.mark.parametrize("step", ["create", "sign_in", "join", "ask", "", "accept"])
def test_a_step_that_the_page_did_not_offer_does_nothing(signed_in, url, mallory, step):
    response = signed_in(mallory).post(url, NEW | {"step": step, "password": PASSWORD})

    assert response["Location"] == url
    assert (state(), User.objects.count(), TurnedAway.objects.count()) == ("invited", 1, 0)
