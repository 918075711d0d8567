"""manage.py check_mail: one sentence about what happened, and an exit code."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orgs.models import OutboundEmail, Suppression
from tests.orgs.mail import queue
from tests.orgs.smtp import STALL


def check(**options) -> list[str]:
    out = StringIO()
    call_command("check_mail", stdout=out, **options)
    return out.getvalue().splitlines()


def test_it_counts_what_waits_and_what_failed(db):
    assert check() == ["Outbox: 0 queued, 0 being sent, 0 failed."]
    queue("a@acme.example", "b@acme.example", "c@acme.example")
    OutboundEmail.objects.filter(recipient="b@acme.example").update(state="failed")
    OutboundEmail.objects.update(created_at=timezone.now() - timedelta(hours=3, minutes=1))
    assert check() == [
        "Outbox: 2 queued, 0 being sent, 1 failed. The oldest that waits is 3 hours, 1 minute old."
    ]


def test_it_sends_a_mail_at_once_past_the_outbox(db, smtp):
    lines = check(to="Someone@Example.org ")
    assert smtp.recipients == ["someone@example.org"]
    assert smtp.letters[0]["Subject"] == "Test mail from Lyceum"
    assert lines[1].startswith(
        "A mail from Lyceum <no-reply@localhost> to someone@example.org was taken by "
        f"127.0.0.1:{smtp.port} (no encryption) after "
    )
    assert OutboundEmail.objects.count() == 0


def test_it_says_when_the_outbox_would_send_nothing_to_the_address(db, smtp):
    Suppression.objects.create(email="carol@acme.example", reason="bounced", detail="550 No such user")
    assert check(to="carol@acme.example")[2] == (
        "The outbox sends nothing to this address: it bounced. 550 No such user"
    )


def test_a_refusal_is_told_in_the_servers_words(db, smtp):
    smtp.at_recipient = lambda address: "550 5.7.1 Relaying denied"
    with pytest.raises(CommandError) as told:
        check(to="carol@acme.example")
    assert str(told.value) == (
        f"No mail went out through 127.0.0.1:{smtp.port} (no encryption). "
        "The mail server refused the mail: 550 5.7.1 Relaying denied"
    )


def test_a_server_that_is_silent_ends_in_a_sentence(db, smtp):
    smtp.at_data = lambda address: STALL
    with pytest.raises(CommandError, match=r"The connection to the mail server broke: .*timed out"):
        check(to="carol@acme.example")


def test_a_server_that_is_down_ends_in_a_sentence(db, smtp):
    smtp.stop_listening()
    with pytest.raises(CommandError, match=r"The connection to the mail server broke: .*Connection refused"):
        check(to="carol@acme.example")


def test_a_wrong_backend_ends_in_a_sentence(db, settings):
    settings.EMAIL_BACKEND = "anymail.backends.nonesuch.EmailBackend"
    with pytest.raises(CommandError, match="Mail is not set up correctly: No module named"):
        check(to="carol@acme.example")


def test_what_is_no_address_is_refused(db):
    with pytest.raises(CommandError, match="“nonsense” is not an e-mail address."):
        check(to="nonsense")
