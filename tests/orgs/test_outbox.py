"""The outbox against a real mail server: what is sent, put off, given up, and never lost or doubled."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from orgs import mailing, outbox, sending
from orgs.models import OutboundEmail, Suppression
from tests.orgs.mail import make_due, people, queue, row, states
from tests.orgs.smtp import CLOSE, STALL


def only(address, answer):
    """An answer for this address, and none for the others."""
    return lambda asked: answer if asked == address else None


def test_a_mail_commits_with_its_cause_and_wakes_a_worker_then(transactional_db, sent_tasks):
    with transaction.atomic():
        queue("carol@acme.example")
        transaction.set_rollback(True)
    assert (OutboundEmail.objects.count(), sent_tasks) == (0, [])
    with transaction.atomic():
        queue("carol@acme.example")
        assert sent_tasks == []
    assert (states(), sent_tasks) == ({"carol@acme.example": "queued"}, [("orgs.send_mail", ())])


def test_the_same_cause_is_queued_once(db):
    queue("carol@acme.example")
    queue("carol@acme.example")
    assert OutboundEmail.objects.count() == 1


def test_a_kind_that_nobody_registered_is_refused_at_once(db):
    with pytest.raises(KeyError):
        queue("carol@acme.example", kind="horoscope")


def test_due_mail_is_sent_over_one_connection_and_marked(db, smtp):
    queue(*people(3))
    sending.send_due()
    assert smtp.recipients == people(3)
    assert smtp.connections == 1
    assert states() == dict.fromkeys(people(3), "sent")
    sent = row(people(1)[0])
    assert sent.attempts == 1
    assert sent.sent_at is not None
    letter = smtp.letters[0]
    assert letter["Message-ID"] == mailing.message_id(f"check:{people(1)[0]}")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_mail_that_is_not_due_waits(db, smtp):
    queue("carol@acme.example")
    OutboundEmail.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    sending.send_due()
    assert (smtp.letters, states()) == ([], {"carol@acme.example": "queued"})


def test_more_than_a_batch_is_sent_in_one_run(db, smtp, settings):
    settings.MAIL_BATCH = 2
    queue(*people(5))
    sending.send_due()
    assert (smtp.recipients, smtp.connections) == (people(5), 3)


def test_a_busy_mailbox_is_tried_again_later_and_the_others_go(db, smtp):
    first, busy, last = people(3)
    smtp.at_recipient = only(busy, "451 4.2.0 Greylisted")
    queue(first, busy, last)
    sending.send_due()
    assert smtp.recipients == [first, last]
    put_off = row(busy)
    assert (put_off.state, put_off.attempts) == ("queued", 1)
    assert put_off.error == "The mail server asked to try later: 451 4.2.0 Greylisted"
    assert put_off.not_before > timezone.now() + timedelta(seconds=40)
    smtp.at_recipient = only(busy, None)
    make_due()
    sending.send_due()
    assert smtp.recipients == [first, last, busy]
    assert (row(busy).state, row(busy).error) == ("sent", "")


def test_the_pauses_grow_from_a_minute_to_half_a_day():
    minutes = [outbox.pause(attempts) / timedelta(minutes=1) for attempts in range(1, 9)]
    for actual, middle in zip(minutes, (1, 3, 9, 27, 81, 243, 720, 720), strict=True):
        assert middle * 0.8 <= actual <= middle * 1.2


def test_after_eight_attempts_a_mail_has_failed(db, smtp):
    smtp.at_data = lambda address: "451 Later"
    queue("carol@acme.example")
    for _attempt in range(8):
        assert states() == {"carol@acme.example": "queued"}
        make_due()
        sending.send_due()
    assert states() == {"carol@acme.example": "failed"}
    assert row("carol@acme.example").error == "The mail server asked to try later: 451 Later"


def test_an_address_without_mailbox_fails_and_is_sent_nothing_any_more(db, smtp):
    dead, alive = people(2)
    smtp.at_recipient = only(dead, "550 5.1.1 No such user")
    queue(dead, alive)
    sending.send_due()
    assert states() == {dead: "failed", alive: "sent"}
    suppression = Suppression.objects.get()
    assert (suppression.email, suppression.reason) == (dead, "bounced")
    assert suppression.detail == "The mail server refused the mail: 550 5.1.1 No such user"
    smtp.at_recipient = only(dead, None)
    outbox.queue(kind="check", recipient=dead.upper(), organization=None, dedupe="again", data={})
    sending.send_due()
    assert row(dead.upper()).state == "cancelled"
    assert smtp.recipients == [alive]


@pytest.mark.parametrize("answer", ["550 5.7.1 Relaying denied", "554 Refused", "552 5.2.2 Mailbox full"])
def test_a_refusal_that_says_nothing_about_the_mailbox_suppresses_nobody(db, smtp, answer):
    smtp.at_recipient = lambda address: answer
    queue("carol@acme.example")
    sending.send_due()
    assert states() == {"carol@acme.example": "failed"}
    assert Suppression.objects.count() == 0


def test_a_refused_content_fails_and_suppresses_nobody(db, smtp):
    smtp.at_data = lambda address: "550 Looks like spam"
    queue("carol@acme.example")
    sending.send_due()
    assert (states(), Suppression.objects.count()) == ({"carol@acme.example": "failed"}, 0)


def test_a_connection_dropped_in_the_middle_costs_one_attempt_of_one_mail(db, smtp):
    first, dropped, last = people(3)
    smtp.at_data = only(dropped, CLOSE)
    queue(first, dropped, last)
    sending.send_due()
    assert states() == {first: "sent", dropped: "queued", last: "sent"}
    assert (row(dropped).attempts, smtp.connections) == (1, 2)


def test_a_server_that_stalls_ends_the_run_and_burns_no_attempts_of_the_rest(db, smtp):
    smtp.at_data = lambda address: STALL
    queue(*people(5))
    sending.send_due()
    assert smtp.letters == []
    assert set(states().values()) == {"queued"}
    assert list(OutboundEmail.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 0, 0, 0]


def test_a_server_that_is_down_costs_nothing(db, smtp):
    smtp.stop_listening()
    queue(*people(3))
    before = list(OutboundEmail.objects.order_by("pk").values())
    sending.send_due()
    assert list(OutboundEmail.objects.order_by("pk").values()) == before


def test_a_server_that_goes_down_in_the_middle_keeps_what_was_sent(db, smtp):
    first, second, last = people(3)
    smtp.at_data = only(second, CLOSE)
    smtp.accepted = lambda letter: smtp.stop_listening()
    queue(first, second, last)
    sending.send_due()
    assert states() == {first: "sent", second: "queued", last: "queued"}
    assert [row(address).attempts for address in (second, last)] == [1, 0]


@pytest.mark.parametrize("answer", ["530 Authentication required", "550 Sender rejected", "451 Slow down"])
def test_a_server_that_wants_no_mail_from_us_costs_nothing(db, smtp, answer):
    smtp.at_sender = lambda address: answer
    queue(*people(3))
    sending.send_due()
    assert states() == dict.fromkeys(people(3), "queued")
    assert set(OutboundEmail.objects.values_list("attempts", flat=True)) == {0}


def test_a_server_that_puts_off_everyone_is_left_alone_after_ten(db, smtp):
    smtp.at_recipient = lambda address: "452 4.3.1 No space"
    queue(*people(15))
    sending.send_due()
    attempts = list(OutboundEmail.objects.order_by("pk").values_list("attempts", flat=True))
    assert attempts == [1] * 10 + [0] * 5


def test_a_bad_row_and_a_bad_address_concern_only_themselves(db, smtp, acme):
    queue("carol@acme.example")
    queue("bad@acme.example", kind="invitation")
    queue("no address", "två@acme.example", "a@b.example\nBcc: all@acme.example")
    queue("dave@acme.example")
    sending.send_due()
    assert smtp.recipients == ["carol@acme.example", "dave@acme.example"]
    bad = row("bad@acme.example")
    assert (bad.state, bad.attempts, bad.error) == ("queued", 1, "The mail could not be composed.")
    for address in ("no address", "två@acme.example", "a@b.example\nBcc: all@acme.example"):
        assert (row(address).state, row(address).error) == (
            "failed",
            "This is not an e-mail address that can be written to.",
        )


def test_a_domain_with_other_letters_is_written_to(db, smtp):
    queue("carol@bücher.example")
    sending.send_due()
    assert states() == {"carol@bücher.example": "sent"}
    assert smtp.letters[0]["To"] == "carol@xn--bcher-kva.example"


def test_a_claimed_mail_belongs_to_its_worker_until_the_lease_ends(db, smtp):
    queue("carol@acme.example")
    [claimed] = outbox.claim()
    assert outbox.claim() == []
    assert outbox.hold(claimed) is True
    make_due()
    [taken_over] = outbox.claim()
    assert (taken_over.pk, taken_over.attempts) == (claimed.pk, 2)
    assert outbox.hold(claimed) is False
    assert outbox.hold(taken_over) is True


def test_a_worker_whose_lease_was_taken_over_settles_nothing(db):
    queue("carol@acme.example")
    [former] = outbox.claim()
    make_due()
    outbox.claim()
    outbox.retry(former, "Too late")
    outbox.fail(former, "Too late", bounced=True)
    outbox.cancel(former, "Too late")
    outbox.give_back([former])
    assert (row("carol@acme.example").state, row("carol@acme.example").attempts) == ("sending", 2)
    assert Suppression.objects.count() == 0


def test_what_the_server_took_is_sent_whoever_holds_the_row(db):
    queue("carol@acme.example")
    [former] = outbox.claim()
    make_due()
    [latter] = outbox.claim()
    outbox.mark_sent(former, mailing.kind("check"), "1@localhost")
    assert outbox.hold(latter) is False
    assert row("carol@acme.example").state == "sent"


def test_a_lease_is_renewed_before_a_mail_when_half_of_it_is_gone(db, settings):
    queue("carol@acme.example")
    [claimed] = outbox.claim()
    left = timedelta(seconds=settings.MAIL_LEASE_SECONDS / 3)
    OutboundEmail.objects.update(not_before=timezone.now() + left)
    assert outbox.hold(claimed) is True
    assert row("carol@acme.example").not_before > timezone.now() + 2 * left


def test_a_mail_that_killed_its_worker_eight_times_is_given_up(db, smtp):
    queue("carol@acme.example")
    OutboundEmail.objects.update(state="sending", attempts=8)
    sending.send_due()
    assert (states(), smtp.letters) == ({"carol@acme.example": "failed"}, [])
    assert row("carol@acme.example").error == "Sending was broken off 8 times."


def test_a_hook_that_fails_does_not_make_a_mail_go_out_again(transactional_db):
    queue("carol@acme.example")
    [claimed] = outbox.claim()
    broken = dataclasses.replace(mailing.kind("check"), on_sent="select 1 / 0 from sent")
    outbox.mark_sent(claimed, broken, "1@localhost")
    assert row("carol@acme.example").state == "sent"
