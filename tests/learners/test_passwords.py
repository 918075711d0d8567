"""Passwords and addresses of an account one has."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from orgs import mailing
from orgs.models import OutboundEmail
from tests.factories import PASSWORD
from tests.learners.pages import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


# --- Passwords ----------------------------------------------------------------------------------
def reset_path():
    """The link of the newest password mail."""
    made = mailing.kind("account_password_reset_key").compose(
        OutboundEmail.objects.filter(kind="account_password_reset_key").order_by("-pk")[:1]
    )
    return re.search(r"/accounts/.*", made[0].button.url)[0]


def test_a_forgotten_password_is_set_anew_by_the_mailed_link_which_signs_in(client, carol):
    client.post(reverse("account_reset_password"), {"email": "carol@acme.example"})
    form = client.get(reset_path(), follow=True)
    assert "Set a new password" in words(form)
    path = form.redirect_chain[-1][0]

    response = client.post(path, {"password1": "another gate entirely", "password2": "another gate entirely"})

    assert response["Location"] == reverse("start")
    assert "_auth_user_id" in client.session
    carol.refresh_from_db()
    assert carol.check_password("another gate entirely")
    assert "This link no longer works" in words(Client().get(path))


def test_the_link_of_a_password_mail_names_the_site_and_no_host_header(client, carol, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://learn.example"

    client.post(
        reverse("account_reset_password"), {"email": "carol@acme.example"}, headers={"host": "evil.example"}
    )

    row = OutboundEmail.objects.get()
    assert "evil" not in str(row.data)
    made = mailing.kind(row.kind).compose([row])
    assert made[0].button.url.startswith("https://learn.example/accounts/password/reset/key/")


def test_asking_for_a_new_password_tells_nobody_whether_there_is_an_account(client, carol):
    answers = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        for email in ("carol@acme.example", "nobody@acme.example")
    ]

    assert words(answers[0]) == words(answers[1])
    assert "If the address has an account" in words(answers[0])
    assert list(OutboundEmail.objects.order_by("pk").values_list("kind", "recipient")) == [
        ("account_password_reset_key", "carol@acme.example"),
        ("account_unknown_account", "nobody@acme.example"),
    ]


def test_asking_for_a_new_password_again_and_again_is_refused_with_a_page(client, carol):
    for _try in range(5):
        client.post(reverse("account_reset_password"), {"email": "carol@acme.example"})

    response = client.post(reverse("account_reset_password"), {"email": "carol@acme.example"})

    assert response.status_code == 429
    assert "That was too often in a short time" in words(response)


def test_a_password_is_changed_with_the_current_one_and_other_browsers_are_signed_out(client, carol):
    other = Client()
    for browser in (client, other):
        browser.force_login(carol)
    new = {
        "oldpassword": PASSWORD,
        "password1": "another gate entirely",
        "password2": "another gate entirely",
    }

    refused = client.post(reverse("account_change_password"), new | {"oldpassword": "wrong"})
    assert "That is not your current password." in words(refused)
    client.post(reverse("account_change_password"), new)

    assert client.get("/programs").status_code == 200
    assert other.get("/programs").status_code == 302
    assert OutboundEmail.objects.get().kind == "account_password_changed"


def test_an_account_without_a_password_sets_its_first(client, carol):
    carol.set_unusable_password()
    carol.save()
    client.force_login(carol)

    assert client.get(reverse("account_change_password"))["Location"] == reverse("account_set_password")
    assert "Set a password" in words(client.get(reverse("account_set_password")))


# --- Addresses ----------------------------------------------------------------------------------
def test_adding_an_address_asks_for_the_password_first_and_then_sends_a_confirmation(client, carol):
    client.force_login(carol)
    page = reverse("account_email")

    asked = client.post(page, {"action_add": "", "email": "c@home.example"})
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert "Confirm that it is you" in words(client.get(asked["Location"]))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": page})

    assert list(EmailAddress.objects.order_by("pk").values_list("email", "verified", "primary")) == [
        ("carol@acme.example", True, True),
        ("c@home.example", False, False),
    ]
    assert OutboundEmail.objects.get().recipient == "c@home.example"
    assert "c@home.example" in words(client.get(page, follow=True))


def test_the_primary_address_cannot_be_removed(client, carol):
    client.force_login(carol)
    EmailAddress.objects.create(user=carol, email="c@home.example", verified=True)
    page = reverse("account_email")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": page})

    response = client.post(page, {"action_remove": "", "email": "carol@acme.example"}, follow=True)

    assert "carol@acme.example is your primary address. Make another one primary first." in words(response)
    assert EmailAddress.objects.count() == 2
