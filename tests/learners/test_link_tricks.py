"""Tricks with links: ways back that lead away, hosts that are not ours, scanners that follow every link."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client
from django.urls import reverse

from learners.models import Membership
from orgs import mailing
from orgs.models import OutboundEmail, User
from tests.factories import PASSWORD, UserFactory
from tests.learners.pages import address, rows
from tests.learners.places import PRIVATE
from tests.learners.test_accounts import EVIL, NEW
from tests.learners.test_passwords import reset_path

pytestmark = pytest.mark.usefixtures("own_cache")
HOME = "carol@home.example"


# --- Ways back (`next`) -------------------------------------------------------------------------
@pytest.mark.parametrize("evil", EVIL)
def test_after_connecting_accounts_nobody_is_sent_to_another_site(signed_in, carol, private, evil):
    browser, page = signed_in(carol), reverse("account_connect")
    assert "evil.example" not in browser.get(page, {"next": evil}).content.decode()

    proof = {"email": PRIVATE, "password": PASSWORD, "own_password": PASSWORD, "next": evil}
    assert browser.post(page, proof)["Location"] == reverse("account_settings")
    assert User.objects.count() == 1


@pytest.mark.parametrize("evil", EVIL)
def test_after_the_password_was_asked_again_nobody_is_sent_to_another_site(signed_in, carol, evil):
    browser = signed_in(carol)
    response = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": evil})
    assert response["Location"].startswith("/")
    assert not response["Location"].startswith(("//", "/\\"))
    assert "evil" not in response["Location"]


@pytest.mark.parametrize("evil", EVIL)
def test_the_page_of_an_invitation_has_no_way_back_but_its_own(client, url, evil, carol):
    assert "evil.example" not in client.get(url, {"next": evil}).content.decode()
    response = client.post(f"{url}?next={evil}", {"step": "sign_in", "password": PASSWORD, "next": evil})
    assert response["Location"] == "/programs/english"


# --- Hosts --------------------------------------------------------------------------------------
HOSTS = [
    {"host": "evil.example"},
    {"host": "testserver@evil.example"},
    {"host": "testserver:80@evil.example"},
    {"host": "testserver.evil.example"},
]


@pytest.mark.parametrize("headers", HOSTS, ids=lambda headers: headers["host"])
def test_a_host_that_is_not_ours_is_refused(client, url, headers):
    for path in (url, "/programs/english", reverse("account_reset_password")):
        assert client.get(path, headers=headers).status_code == 400
        assert client.post(path, {"email": "carol@acme.example"}, headers=headers).status_code == 400
    assert OutboundEmail.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}],
)
def test_no_header_gets_into_a_mail_or_a_redirect(signed_in, client, carol, settings, headers):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["*"], "https://learn.example"
    browser = signed_in(carol)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD}, headers=headers)
    answers = [
        client.post(reverse("account_signup"), NEW | {"email": "new@acme.example"}, headers=headers),
        client.post(reverse("account_reset_password"), {"email": carol.email}, headers=headers),
        browser.post(reverse("account_email"), {"action_add": "", "email": HOME}, headers=headers),
        Client().get(reverse("my_programs"), headers=headers),
    ]

    assert [answer["Location"] for answer in answers if "evil" in answer["Location"]] == []
    kinds = {row.kind: row for row in OutboundEmail.objects.order_by("pk")}
    assert {
        "account_email_confirmation_signup",
        "account_password_reset_key",
        "account_email_confirmation",
    } <= set(kinds)
    for row in kinds.values():
        mail = mailing.kind(row.kind).compose([row])[0]
        assert mail.button.url.startswith("https://learn.example/")


# --- Scanners -----------------------------------------------------------------------------------
def follow(path) -> None:
    """What a scanner does with a link of a mail: it looks, twice, and goes where it is sent."""
    for browser in (Client(), Client()):
        assert browser.head(path, follow=True).status_code < 500
        assert browser.get(path, follow=True).status_code < 500


def test_a_scanner_that_follows_every_link_of_our_mails_changes_nothing_and_uses_none_up(invitation, carol):
    new = UserFactory(email="new@acme.example")
    pending = EmailAddress.objects.create(user=carol, email=HOME, verified=False)
    Client().post(reverse("account_reset_password"), {"email": new.email})
    reset = reset_path()
    confirmation = reverse("account_confirm_email", args=[EmailConfirmationHMAC(pending).key])
    links = [
        address(invitation),
        "/programs/english",
        confirmation,
        reset,
        *(
            reverse(name)
            for name in ("account_settings", "account_delete", "account_connect", "account_logout")
        ),
    ]
    counts, before = rows(), (list(User.objects.values()), list(EmailAddress.objects.values()))

    for link in links:
        follow(link)

    after = rows()
    changed = {name for name in counts if counts[name] != after[name]} - {"sessions.Session"}
    assert changed == set()
    assert (list(User.objects.values()), list(EmailAddress.objects.values())) == before
    Client().post(confirmation)
    pending.refresh_from_db()
    assert pending.verified
    person = Client()
    form = person.get(reset, follow=True).redirect_chain[-1][0]
    person.post(form, {"password1": "another gate entirely", "password2": "another gate entirely"})
    new.refresh_from_db()
    assert new.check_password("another gate entirely")
    Client().post(address(invitation), {"step": "sign_in", "password": PASSWORD})
    assert Membership.objects.get().state == "member"
