"""The mails about a place in a program: who still gets them, with which link, at what cost."""

import re
from datetime import UTC, datetime
from itertools import count

import pytest
from django.urls import reverse
from django.utils import timezone

from config.lib import tokens
from learners.people import emails
from orgs import mailing, outbox, sending
from orgs.models import OutboundEmail
from tests.factories import InvitationFactory, MembershipFactory, PersonFactory

CAUSES = count(1)


@pytest.fixture
def invitation(program, contract):
    person = PersonFactory(
        organization=program.organization, name="Carol Carlsson", email="carol@acme.example"
    )
    return InvitationFactory(membership=MembershipFactory(program=program, contract=contract, person=person))


def queue_invitation(invitation, suffix=""):
    outbox.queue(
        kind="invitation",
        recipient=invitation.membership.person.email,
        organization=invitation.organization,
        dedupe=f"invite:{invitation.pk}:{invitation.generation}{suffix}",
        data={"invitation": invitation.pk},
    )


def queue_about(membership, kind, **data):
    outbox.queue(
        kind=kind,
        recipient=membership.person.email,
        organization=membership.organization,
        dedupe=f"{kind}:{membership.pk}:{next(CAUSES)}",
        data={"membership": membership.pk, **data},
    )


def test_an_invitation_carries_its_signed_link_and_is_counted(invitation, mailoutbox, settings):
    settings.SITE_URL = "https://learn.example"
    queue_invitation(invitation)
    sending.send_due()
    [letter] = mailoutbox
    token = tokens.sign("invitation", invitation.pk, 1)
    assert letter.to == ["carol@acme.example"]
    assert letter.from_email == "Acme via Lyceum <no-reply@localhost>"
    assert letter.subject == "Acme invites you to English for Work"
    assert f"https://learn.example/invitations/{token}" in letter.body
    assert letter.body.count("Carol Carlsson") == 1
    assert "Acme invited carol@acme.example to English for Work." in " ".join(letter.body.split())
    invitation.refresh_from_db()
    assert invitation.sent_count == 1
    assert invitation.sent_at >= OutboundEmail.objects.get().sent_at


def test_the_outbox_holds_neither_link_nor_token(invitation):
    queue_invitation(invitation)
    row = OutboundEmail.objects.get()
    assert row.data == {"invitation": invitation.pk}
    assert tokens.sign("invitation", invitation.pk, 1) not in str(vars(row))


def test_a_second_mail_for_the_same_invitation_carries_the_same_link(invitation, mailoutbox):
    queue_invitation(invitation)
    queue_invitation(invitation, ":2")
    sending.send_due()
    links = [re.search(r"\S+/invitations/\S+", letter.body).group() for letter in mailoutbox]
    assert len(links) == 2
    assert links[0] == links[1]
    invitation.refresh_from_db()
    assert invitation.sent_count == 2


def accept(invitation):
    membership = invitation.membership
    membership.state, membership.joined_at, membership.last_activity_at = (
        "member",
        timezone.now(),
        timezone.now(),
    )
    membership.save()


def remove(invitation):
    invitation.membership.state, invitation.membership.removed_at = "removed", timezone.now()
    invitation.membership.save()


def replace(invitation):
    invitation.generation = 2
    invitation.save()


def delete(invitation):
    invitation.delete()


def end_program(invitation):
    invitation.membership.program.state = "removed"
    invitation.membership.program.save()


@pytest.mark.parametrize("happened", [accept, remove, replace, delete, end_program])
def test_an_invitation_that_is_no_longer_open_is_not_mailed(invitation, mailoutbox, happened):
    queue_invitation(invitation)
    happened(invitation)
    sending.send_due()
    row = OutboundEmail.objects.get()
    assert mailoutbox == []
    assert (row.state, row.error) == ("cancelled", "It was no longer wanted when its turn came.")


def test_the_replaced_link_goes_out_when_it_was_queued_for_the_new_one(invitation, mailoutbox):
    queue_invitation(invitation)
    replace(invitation)
    queue_invitation(invitation)
    sending.send_due()
    [letter] = mailoutbox
    assert tokens.sign("invitation", invitation.pk, 2) in letter.body


def test_a_mail_of_one_organization_never_speaks_of_a_row_of_another(invitation, globex, mailoutbox):
    membership = invitation.membership
    membership.state, membership.joined_at, membership.last_activity_at = (
        "member",
        timezone.now(),
        timezone.now(),
    )
    membership.save()
    queue_invitation(invitation)
    queue_about(membership, "program_welcome")
    queue_about(membership, "program_exit", allow_return=True)
    OutboundEmail.objects.update(organization=globex)
    sending.send_due()
    assert mailoutbox == []
    assert set(OutboundEmail.objects.values_list("state", flat=True)) == {"cancelled"}


def test_composing_a_batch_costs_the_queries_of_one(program, contract, django_assert_num_queries):
    invitations = [
        InvitationFactory(membership=MembershipFactory(program=program, contract=contract)) for _ in range(30)
    ]
    for invitation in invitations:
        queue_invitation(invitation)
    rows = list(OutboundEmail.objects.all())
    with django_assert_num_queries(3):
        assert len([mail for mail in emails.invitation(rows[:1]) if mail]) == 1
    with django_assert_num_queries(3):
        assert len([mail for mail in emails.invitation(rows) if mail]) == 30
    mails = emails.invitation(rows)
    with django_assert_num_queries(0):
        for row, mail in zip(rows, mails, strict=True):
            mailing.render(mailing.kind("invitation"), mail, row.recipient)


def test_the_preview_shows_the_invitation_with_a_link_that_opens_nothing(program, client):
    preview = emails.invitation_preview(program, name="Dave", address="dave@acme.example")
    assert preview.subject == "Acme invites you to English for Work"
    assert "Hi Dave," in preview.text
    assert "dave@acme.example" in preview.html
    [link] = set(re.findall(r"/invitations/\S+", preview.text))
    assert tokens.read("invitation", link.removeprefix("/invitations/")) is None


def test_a_member_is_welcomed(program, contract, mailoutbox, settings):
    settings.SITE_URL = "https://learn.example"
    member = MembershipFactory(program=program, contract=contract, joined=True, person__name="Carol Carlsson")
    queue_about(member, "program_welcome")
    sending.send_due()
    [letter] = mailoutbox
    assert letter.subject == "Welcome to English for Work"
    assert f"https://learn.example{reverse('program', args=['english'])}" in letter.body


def test_who_left_again_is_not_welcomed(program, contract, mailoutbox):
    queue_about(MembershipFactory(program=program, contract=contract, removed=True), "program_welcome")
    sending.send_due()
    assert mailoutbox == []


@pytest.mark.parametrize("allow_return", [True, False])
def test_who_is_removed_is_told_what_is_kept_and_how_to_come_back(
    program, contract, mailoutbox, allow_return
):
    removed = MembershipFactory(program=program, contract=contract, removed=True)
    queue_about(removed, "program_exit", allow_return=allow_return)
    sending.send_due()
    [letter] = mailoutbox
    flat = " ".join(letter.body.split())
    assert letter.subject == "Your place in English for Work has ended"
    assert "Your progress, grades and certificates stay in your account." in flat
    assert ("/programs/english" in letter.body) is allow_return
    assert ("Rejoin the program" in letter.alternatives[0].content) is allow_return
    assert ("To come back you need a new invitation from Acme." in flat) is not allow_return


def test_who_is_back_already_hears_nothing_of_leaving(program, contract, mailoutbox):
    back = MembershipFactory(program=program, contract=contract, joined=True)
    queue_about(back, "program_exit", allow_return=True)
    sending.send_due()
    assert mailoutbox == []


def test_the_day_of_leaving_is_the_organizations(program, contract, mailoutbox):
    before_midnight_utc = datetime(2026, 6, 8, 23, 30, tzinfo=UTC)
    removed = MembershipFactory(
        program=program, contract=contract, removed=True, removed_at=before_midnight_utc
    )
    queue_about(removed, "program_exit", allow_return=False)
    sending.send_due()
    assert "ended on 9 Jun 2026." in " ".join(mailoutbox[0].body.split())
