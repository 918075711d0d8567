"""The mails of an account, from the page that causes them to the link that works; no secret waits."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from orgs import sending
from orgs.models import OutboundEmail
from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def own_host(settings):
    """The limits of how often one may ask are counted in Redis, from one run of the tests to the next."""
    settings.SITE_URL = "https://learn.example"
    settings.ACCOUNT_RATE_LIMITS = False


def link(letter, part) -> str:
    """The path of the one link with `part` in it."""
    [found] = set(re.findall(rf"https://learn\.example(\S*{part}\S*)", letter.body))
    return found


def sign_in(client, user) -> None:
    """With the password, and once more for what needs it twice."""
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def kinds() -> list[str]:
    return list(OutboundEmail.objects.order_by("pk").values_list("kind", flat=True))


def test_a_reset_link_is_made_when_the_mail_is_sent_and_leads_to_a_new_password(
    client, carol, mailoutbox, settings
):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_reset_password"), {"email": carol.email}, headers={"host": "other.example"})
    row = OutboundEmail.objects.get()
    assert (row.kind, row.recipient, row.organization) == ("account_password_reset_key", carol.email, None)
    assert row.data == {"user": carol.pk}
    sending.send_due()
    [letter] = mailoutbox
    assert letter.subject == "Set a new password"
    page = client.get(link(letter, "password/reset/key"), follow=True)
    password = "a longer horse battery"
    client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password})
    carol.refresh_from_db()
    assert carol.check_password(password)
    assert client.get(link(letter, "password/reset/key")).status_code == 200


def test_a_reset_mail_does_not_go_to_an_address_that_left_the_account(client, carol, mailoutbox):
    other = EmailAddress.objects.create(user=carol, email="carol@home.example", verified=True)
    client.post(reverse("account_reset_password"), {"email": other.email})
    other.delete()
    sending.send_due()
    assert mailoutbox == []
    assert OutboundEmail.objects.get().state == "cancelled"


def test_an_address_without_account_is_told_so_at_the_same_cost(client, carol, mailoutbox, db):
    known = client.post(reverse("account_reset_password"), {"email": carol.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@acme.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert kinds() == ["account_password_reset_key", "account_unknown_account"]
    sending.send_due()
    assert mailoutbox[1].to == ["nobody@acme.example"]
    assert mailoutbox[1].subject == "There is no account with this address"


def test_an_added_address_is_confirmed_through_its_mail(client, carol, mailoutbox):
    sign_in(client, carol)
    client.post(reverse("account_email"), {"action_add": "", "email": "carol@home.example"})
    confirmations = OutboundEmail.objects.filter(kind="account_email_confirmation")
    assert [(row.recipient, row.data) for row in confirmations] == [
        ("carol@home.example", {"user": carol.pk})
    ]
    sending.send_due()
    [letter] = [letter for letter in mailoutbox if letter.to == ["carol@home.example"]]
    path = link(letter, "confirm-email")
    assert client.get(path).status_code == 200
    assert not EmailAddress.objects.get(email="carol@home.example").verified
    client.post(path)
    assert EmailAddress.objects.get(email="carol@home.example").verified


def test_an_address_confirmed_meanwhile_gets_no_mail(client, carol, mailoutbox):
    sign_in(client, carol)
    client.post(reverse("account_email"), {"action_add": "", "email": "carol@home.example"})
    EmailAddress.objects.update(verified=True)
    sending.send_due()
    assert OutboundEmail.objects.get(kind="account_email_confirmation").state == "cancelled"


def test_a_changed_password_is_reported_with_time_and_place_and_no_secret(client, carol, mailoutbox):
    sign_in(client, carol)
    password = "a longer horse battery"
    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
        headers={"user-agent": "Firefox\n<b>"},
    )
    row = OutboundEmail.objects.get(kind="account_password_changed")
    assert set(row.data) == {"at", "ip", "user_agent"}
    assert password not in json.dumps(row.data)
    sending.send_due()
    [letter] = [letter for letter in mailoutbox if letter.subject == "Your password was changed"]
    assert "From: 127.0.0.1" in letter.body
    assert "With: Firefox <b>" in letter.body
    assert "<b>" not in letter.alternatives[0].content
