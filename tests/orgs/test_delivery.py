"""What a mail provider reports afterwards: it is believed with the secret only, and in any order."""

import base64

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from orgs import outbox, sending
from orgs.models import OutboundEmail, Suppression
from tests.orgs.mail import queue, row

SECRET = "lyceum:a-long-secret"
CAROL = "carol@acme.example"
WHEN = "2026-06-08T12:00:00Z"
DELIVERED = {"RecordType": "Delivery", "DeliveredAt": WHEN, "Details": "250 OK"}
HARD = {
    "RecordType": "Bounce",
    "Type": "HardBounce",
    "BouncedAt": WHEN,
    "Details": "smtp;550 5.1.1 no such user",
}
FULL = HARD | {"Details": "smtp;552 5.2.2 mailbox full"}
SOFT = HARD | {"Type": "SoftBounce", "Details": "try later"}
LATER = HARD | {"Type": "Transient"}
BLOCKED = HARD | {"Type": "Blocked", "Details": "smtp;550 5.7.1 not wanted"}
SPAM = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "BouncedAt": WHEN, "Details": ""}


@pytest.fixture
def tell(client, settings):
    """Report an event of the mail as the provider does; `tell(DELIVERED)` returns the status."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}

    def post(event, message_id="m-1", secret=SECRET):
        headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
        url = reverse("anymail:postmark_tracking_webhook")
        body = event | {"MessageID": message_id, "Recipient": CAROL, "Email": CAROL}
        return client.post(url, body, content_type="application/json", headers=headers).status_code

    return post


@pytest.fixture
def mail(acme):
    """A mail of Acme that the provider took."""
    outbox.queue(kind="check", recipient=CAROL, organization=acme, dedupe="check:1", data={})
    OutboundEmail.objects.update(state="sent", message_id="m-1")


def known():
    found = row(CAROL)
    return found.state, found.delivery, found.error


def test_a_delivered_mail_is_marked_with_its_time(mail, tell):
    assert tell(DELIVERED) == 200
    assert known() == ("sent", "delivered", "")
    assert row(CAROL).delivery_at.isoformat() == "2026-06-08T12:00:00+00:00"
    assert Suppression.objects.count() == 0


def test_a_hard_bounce_says_why_and_suppresses_the_address(mail, tell):
    assert tell(HARD) == 200
    assert known() == ("sent", "bounced", "smtp;550 5.1.1 no such user")
    assert Suppression.objects.values_list("email", "reason", "detail").get() == (
        CAROL,
        "bounced",
        "smtp;550 5.1.1 no such user",
    )


@pytest.mark.parametrize("event", [FULL, SOFT, BLOCKED])
def test_a_bounce_that_is_not_the_mailboxs_end_suppresses_nothing(mail, tell, event):
    assert tell(event) == 200
    assert row(CAROL).delivery == "bounced"
    assert Suppression.objects.count() == 0


def test_a_complaint_suppresses_the_address(mail, tell):
    assert tell(SPAM) == 200
    assert known() == ("sent", "complained", "The recipient marked a mail as spam.")
    assert Suppression.objects.get().reason == "complained"


@pytest.mark.parametrize(
    "event", [LATER, {"RecordType": "Open"}, {"RecordType": "Click"}, {"RecordType": "New"}]
)
def test_other_events_change_nothing(mail, tell, event):
    assert tell(event) == 200
    assert known() == ("sent", "", "")


@pytest.mark.parametrize("events", [(DELIVERED, HARD), (HARD, DELIVERED)])
def test_bounced_beats_delivered_in_any_order(mail, tell, events):
    assert [tell(event) for event in events] == [200, 200]
    assert row(CAROL).delivery == "bounced"


@pytest.mark.parametrize("events", [(DELIVERED, SPAM), (SPAM, DELIVERED), (SPAM, HARD)])
def test_a_complaint_is_the_last_word(mail, tell, events):
    assert [tell(event) for event in events] == [200, 200]
    assert row(CAROL).delivery == "complained"


def test_a_replayed_event_changes_nothing_even_after_the_address_was_freed(mail, tell):
    tell(HARD)
    before = OutboundEmail.objects.values().get()
    call_command("unsuppress", email=CAROL)
    assert tell(HARD | {"Details": "another word"}) == 200
    assert OutboundEmail.objects.values().get() == before
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("message_id", ["m-2", "", "<>", "%", "m-2\u0000"])
def test_an_unknown_id_is_taken_and_ignored(mail, tell, message_id):
    assert tell(HARD, message_id=message_id) == 200
    assert known() == ("sent", "", "")
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("secret", ["", "lyceum:another", "lyceum"])
def test_without_the_secret_nothing_is_believed(mail, tell, secret):
    assert tell(HARD, secret=secret) == 400
    assert known() == ("sent", "", "")


def test_where_no_secret_is_set_there_is_no_door(mail, tell, settings):
    settings.ANYMAIL = {}
    assert tell(HARD) == 404
    assert known() == ("sent", "", "")


def test_there_is_no_door_for_mail_that_comes_in(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    assert client.post("/anymail/postmark/inbound/").status_code == 404


def test_a_mail_by_smtp_is_known_by_its_own_message_id(db, smtp, tell):
    queue(CAROL)
    sending.send_due()
    given = row(CAROL).message_id
    assert given.endswith("@localhost")
    assert tell(DELIVERED, message_id=f"<{given}>") == 200
    assert row(CAROL).delivery == "delivered"


def test_the_mail_is_found_by_an_index(mail):
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("explain select id from orgs_outboundemail where message_id = 'm-1'")
        assert "outbound_email_by_message" in str(cursor.fetchall())


def test_an_operator_frees_an_address_and_may_ask_twice(db, capsys):
    Suppression.objects.create(email=CAROL, reason="bounced")
    call_command("unsuppress", email=CAROL.upper())
    call_command("unsuppress", email=CAROL)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"Mail goes to {CAROL} again. Mails it missed are not sent by themselves."
    assert second == f"{CAROL} was not suppressed, so nothing changed."
    assert Suppression.objects.count() == 0


def test_the_command_refuses_what_is_no_address(db):
    with pytest.raises(CommandError, match="“carol” is not an e-mail address."):
        call_command("unsuppress", email="carol")
