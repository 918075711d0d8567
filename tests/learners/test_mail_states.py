"""What the invited list says of each person's latest mail."""

import pytest
from django.urls import reverse
from django.utils import timezone

from learners.models import Invitation
from orgs import outbox
from orgs.models import OutboundEmail
from tests.learners.lists import invite
from tests.learners.pages import words

QUERY = {"status": "invited"}


@pytest.fixture
def listed(alice, program, signed_in):
    """The text of the list of invited people, as Alice sees it."""
    url = reverse("manage_learners", args=["acme", program.slug])
    return lambda: words(signed_in(alice).get(url, QUERY))


def mailed(membership, count=1, **fields):
    """The outbox row of the `count`-th mail of this person's link."""
    one = membership.invitation
    cause = f"invite:{one.pk}:{one.generation}" + (f":{count}" if count > 1 else "")
    data = {"invitation": one.pk}
    outbox.queue(
        kind="invitation",
        recipient=membership.person.email,
        organization=one.organization,
        dedupe=cause,
        data=data,
    )
    OutboundEmail.objects.filter(dedupe=cause).update(**fields)
    if fields.get("state") == "sent":
        Invitation.objects.filter(pk=one.pk).update(sent_count=count, sent_at=timezone.now())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "queued"}, "On its way"),
        ({"state": "sent", "sent_at": "2026-06-08T12:00Z"}, "Sent"),
        ({"state": "sent", "delivery": "delivered", "delivery_at": "2026-06-08T12:00Z"}, "Delivered"),
        ({"state": "sent", "delivery": "bounced", "error": "550 no such user"}, "Bounced"),
        ({"state": "sent", "delivery": "complained", "error": "They said so."}, "Marked as spam"),
        ({"state": "failed", "error": "The mail server refused the mail."}, "Failed"),
        ({"state": "cancelled", "error": "Nothing is sent to it."}, "Failed"),
    ],
)
def test_the_list_says_in_words_what_became_of_the_mail(listed, program, contract, fields, said):
    mailed(invite(program, contract, "Ina"), **fields)
    text = listed()
    assert said in text
    assert "Not mailed yet" not in text
    assert fields.get("error", "") in text


def test_one_who_was_never_mailed_is_said_to_be(listed, program, contract):
    invite(program, contract, "Ina")
    assert "Not mailed yet" in listed()


def test_a_mail_sent_before_the_outbox_was_emptied_counts_as_sent(listed, program, contract):
    one = invite(program, contract, "Ina").invitation
    Invitation.objects.filter(pk=one.pk).update(sent_count=2, sent_at=timezone.now())
    text = listed()
    assert "Sent" in text
    assert "Not mailed yet" not in text


def test_the_latest_mail_speaks_and_not_the_first(listed, program, contract):
    membership = invite(program, contract, "Ina")
    mailed(membership, state="sent", delivery="delivered", delivery_at="2026-06-08T12:00Z")
    mailed(membership, 2, state="failed", error="The mail server refused the mail.")
    assert "Failed" in listed()
    assert "Delivered" not in listed()


def test_the_mail_of_a_former_link_says_nothing_of_the_new_one(listed, program, contract):
    membership = invite(program, contract, "Ina")
    mailed(membership, state="sent", delivery="bounced", error="550 no such user")
    Invitation.objects.update(generation=2, sent_count=0, sent_at=None)
    assert "Not mailed yet" in listed()


def test_the_reason_of_a_bounce_is_escaped(alice, signed_in, program, contract):
    mailed(
        invite(program, contract, "Ina"),
        state="sent",
        delivery="bounced",
        error='"><script>alert(1)</script>',
    )
    body = signed_in(alice).get(reverse("manage_learners", args=["acme", program.slug]), QUERY).content
    assert b"<script>alert(1)" not in body
    assert b"&lt;script&gt;alert(1)" in body


def test_people_of_one_page_cost_one_query_for_their_mails(
    alice, signed_in, program, contract, django_assert_num_queries
):
    browser, url = signed_in(alice), reverse("manage_learners", args=["acme", program.slug])
    counts = []
    for number in range(3):
        mailed(invite(program, contract, f"N{number}"), state="sent", sent_at=timezone.now())
        with django_assert_num_queries(100, exact=False) as captured:
            browser.get(url, QUERY)
        counts.append(sum("orgs_outboundemail" in query["sql"] for query in captured))
    assert counts == [1, 1, 1]
