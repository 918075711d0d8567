"""The account pages: signing up, in and out, confirming addresses, passwords; where each leads afterwards."""

import re

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from learners.people.adapter import AccountAdapter
from learners.people.forms import accounts
from orgs.models import OutboundEmail, User
from tests.factories import PASSWORD, MembershipFactory, PersonFactory
from tests.learners.pages import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
NEW = {"name": "Carol Carlsson", "email": "carol@acme.example", "password1": "a gate in the garden"}
EVIL = [
    "//evil.example",
    "https://evil.example/programs/english",
    "https:evil.example",
    "http:///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    " //evil.example",
    "evil.example",
    "",
]


def sign_in(client, **changes):
    return client.post(
        reverse("account_login"), {"login": "carol@acme.example", "password": PASSWORD} | changes
    )


def is_in(client):
    return "_auth_user_id" in client.session


def confirmation_path():
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(EmailAddress.objects.get()).key])


# --- Signing up ---------------------------------------------------------------------------------
def test_signing_up_asks_the_name_and_sends_one_confirmation_and_signs_nobody_in(client):
    response = client.post(reverse("account_signup"), NEW)

    assert response["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get()
    assert (user.name, user.email, user.check_password(NEW["password1"])) == (
        "Carol Carlsson",
        "carol@acme.example",
        True,
    )
    assert EmailAddress.objects.values_list("verified", "primary").get() == (False, True)
    assert not is_in(client)
    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.recipient) == ("account_email_confirmation_signup", "carol@acme.example")


def test_from_a_programs_page_one_signs_up_confirms_and_comes_back_to_join(client, program, contract, acme):
    person = PersonFactory(organization=acme, email="carol@acme.example")
    MembershipFactory(program=program, contract=contract, person=person)
    page = client.get(reverse("account_signup"), {"next": program.get_absolute_url()})
    assert "Use the address that Acme invited to English for Work." in words(page)
    client.post(reverse("account_signup"), NEW | {"next": program.get_absolute_url()})
    assert "Acme" in client.get(reverse("account_email_verification_sent")).content.decode()

    assert not EmailAddress.objects.get().verified
    response = client.post(confirmation_path(), follow=True)

    assert response.redirect_chain[-1][0] == program.get_absolute_url()
    assert is_in(client)
    assert "Join English for Work" in words(response)


def test_looking_at_the_link_of_a_confirmation_confirms_nothing(client):
    client.post(reverse("account_signup"), NEW)
    scanner = Client()

    page = scanner.get(confirmation_path())

    assert "Is carol@acme.example an address of yours, Carol Carlsson?" in words(page)
    assert not EmailAddress.objects.get().verified


def test_confirming_in_another_browser_leads_to_signing_in(client):
    client.post(reverse("account_signup"), NEW)
    other = Client()

    response = other.post(confirmation_path())

    assert response["Location"] == reverse("account_login")
    assert EmailAddress.objects.get().verified
    assert not is_in(other)


def test_an_address_with_an_account_looks_the_same_from_outside_and_its_owner_gets_a_mail(client, carol):
    response = client.post(reverse("account_signup"), NEW)

    assert response["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert OutboundEmail.objects.get().kind == "account_account_already_exists"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password1": "short"}, "This password is too short. It must contain at least 10 characters."),
        ({"password1": "CarolCarlsson"}, "The password is too similar to the full name."),
        ({"name": ""}, "This field is required."),
        ({"name": "\u200b"}, "Write your name."),
        ({"email": "carol"}, "Enter a valid email address."),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said_and_the_rest_is_kept(client, changes, sentence):
    response = client.post(reverse("account_signup"), NEW | changes | {"next": "/programs/english"})

    html = response.content.decode()
    assert sentence in words(response)
    assert 'name="next" value="/programs/english"' in html
    assert NEW["password1"] not in html
    if "email" not in changes:
        assert 'value="carol@acme.example"' in html
    assert User.objects.count() == 0


def test_fields_have_labels_hints_and_autocomplete_and_no_placeholder(client):
    html = client.get(reverse("account_signup")).content.decode()

    for name, kind, autocomplete in (
        ("name", "text", "name"),
        ("email", "email", "username"),
        ("password1", "password", "new-password"),
    ):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)[0]
        assert field.count("type=") == 1
        assert f'type="{kind}"' in field
        assert f'autocomplete="{autocomplete}"' in field
        assert " required" in field
    assert "placeholder" not in html.partition("<main")[2].partition("</main>")[0]


def test_signing_up_can_be_closed(client, monkeypatch):
    monkeypatch.setattr(AccountAdapter, "is_open_for_signup", lambda self, request: False)

    assert "Accounts are made by invitation" in words(client.get(reverse("account_signup")))


# --- Signing in and out -------------------------------------------------------------------------
def test_signing_in_leads_to_the_front_door(client, carol):
    assert sign_in(client)["Location"] == reverse("start")
    assert is_in(client)


def test_the_address_may_be_written_in_capitals_with_spaces(client, carol):
    assert sign_in(client, login="  Carol@ACME.example ")["Location"] == reverse("start")


def test_each_confirmed_address_signs_in_and_an_unconfirmed_one_is_asked_to_confirm(client, carol):
    EmailAddress.objects.create(user=carol, email="c@home.example", verified=True)
    EmailAddress.objects.create(user=carol, email="c@new.example", verified=False)

    assert sign_in(client, login="c@home.example")["Location"] == reverse("start")
    client.logout()
    assert sign_in(client, login="c@new.example")["Location"] == reverse("account_email_verification_sent")
    assert not is_in(client)


def test_a_wrong_password_and_an_unknown_address_sound_the_same(client, carol):
    sentence = "That e-mail and password do not belong together. Check both and try again."

    wrong, unknown = sign_in(client, password="wrong"), sign_in(client, login="nobody@acme.example")

    assert sentence in words(wrong)
    assert words(wrong) == words(unknown)
    assert 'value="carol@acme.example"' in wrong.content.decode()


def test_after_five_wrong_passwords_nobody_may_try_whatever_port_the_host_header_names(client, carol):
    for port in range(5):
        client.post(
            reverse("account_login"),
            {"login": "carol@acme.example", "password": "wrong"},
            headers={"host": f"testserver:{port + 1}"},
        )

    assert "Too many wrong passwords. Wait five minutes and try again." in words(sign_in(client))


def test_a_closed_account_is_told_so(client, carol):
    User.objects.update(is_active=False)

    response = client.post(
        reverse("account_login"), {"login": "carol@acme.example", "password": PASSWORD}, follow=True
    )

    assert "This account is closed" in words(response)
    assert not is_in(client)


def test_signing_out_is_asked_and_only_a_post_does_it(client, carol):
    client.force_login(carol)

    assert "Sign out?" in words(client.get(reverse("account_logout")))
    assert is_in(client)
    assert client.post(reverse("account_logout"))["Location"] == reverse("account_login")
    assert not is_in(client)


@pytest.mark.parametrize("evil", EVIL)
def test_nobody_is_sent_to_another_site(client, carol, evil):
    assert sign_in(client, next=evil)["Location"] == reverse("start")
    assert client.get(reverse("account_login"), {"next": evil})["Location"] == reverse("start")
    assert client.post(reverse("account_logout"), {"next": evil})["Location"] == reverse("account_login")
    client.post(reverse("account_signup"), NEW | {"email": "new@acme.example", "next": evil})
    address = EmailAddress.objects.get(email="new@acme.example")
    path = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
    assert client.post(path, {"next": evil})["Location"] == reverse("start")


def test_one_is_sent_back_to_a_page_of_this_site(client, carol):
    assert sign_in(client, next="/programs/english")["Location"] == "/programs/english"


def test_the_sign_in_page_wears_the_brand_of_where_one_is_going(client, program, acme):
    going = client.get(reverse("account_login"), {"next": f"{program.get_absolute_url()}?x=1"})
    nowhere = client.get(reverse("account_login"), {"next": "/programs/nowhere"})

    brand = reverse("brand_css", args=[acme.brand_hue, acme.brand_chroma])
    assert "Sign in to English for Work" in words(going)
    assert brand in going.content.decode()
    assert brand not in nowhere.content.decode()
    assert "Lyceum" in nowhere.content.decode()


# --- All of them --------------------------------------------------------------------------------
PUBLIC = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
]
PRIVATE = ["account_logout", "account_change_password", "account_reauthenticate"]


@pytest.mark.parametrize("name", PUBLIC + PRIVATE)
def test_every_account_page_stands_in_our_frame_and_in_our_words(client, carol, name, program):
    if name in PRIVATE:
        client.force_login(carol)
    before = User.objects.count(), EmailAddress.objects.count(), OutboundEmail.objects.count()

    response = client.get(reverse(name))

    html = response.content.decode()
    assert response.status_code == 200
    assert 'class="gate"' in html
    assert "<h1>" in html
    assert "Lyceum" in html
    assert " style=" not in html
    assert "!" not in words(response)
    assert before == (User.objects.count(), EmailAddress.objects.count(), OutboundEmail.objects.count())


@pytest.mark.parametrize("name", [*PRIVATE[1:], "account_email"])
def test_pages_of_ones_own_account_ask_to_sign_in(client, name):
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/accounts/confirm-email/made-up/", "This link does not confirm anything"),
        ("/accounts/password/reset/key/1-made-up/", "This link no longer works"),
    ],
)
def test_a_made_up_link_of_an_account_mail_has_a_friendly_page(client, path, sentence):
    assert sentence in words(client.get(path))


def test_the_settings_of_the_account_library_are_ones_it_knows(settings):
    call_command("check", fail_level="WARNING")
    for path in settings.ACCOUNT_FORMS.values():
        assert hasattr(accounts, path.rpartition(".")[2])
