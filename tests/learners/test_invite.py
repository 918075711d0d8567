"""Inviting one learner: the wizard, the action behind it, the mail again, a new link."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.lib import tokens
from learners.models import Invitation, Membership, Person
from learners.people import imports
from learners.people.actions import invitations
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import ContractFactory, InvitationFactory, MembershipFactory, PersonFactory
from tests.learners.files import counts, left_by

CAROL = {"name": "Carol Carlsson", "email": "carol@acme.example", "external_id": "C-1"}
SEND = "Send invitation"
CREATE = "Create invitation"


@pytest.fixture
def url(program):
    return reverse("invite", args=[program.organization.slug, program.slug])


@pytest.fixture
def other_contract(acme):
    """A second one, so that the wizard asks."""
    return ContractFactory(
        organization=acme, name="Pilot", kind="unlimited", quantity=None, starts_on=date(2030, 1, 1)
    )


@pytest.fixture
def invitation(program, contract):
    """Carol's, mailed the day before yesterday."""
    person = PersonFactory(
        organization=program.organization, name="Carol Carlsson", email="carol@acme.example"
    )
    membership = MembershipFactory(program=program, contract=contract, person=person)
    return InvitationFactory(
        membership=membership, sent_at=timezone.now() - timedelta(hours=49), sent_count=1
    )


def row(name="Carol Carlsson", email="carol@acme.example", external_id=""):
    return imports.check(0, name, email, external_id)


def send(program, contract, *rows, mail=True, by=None):
    return invitations.send(program=program, contract=contract, rows=rows or [row()], mail=mail, by=by)


def on_page(response) -> str:
    return " ".join(response.content.decode().split())


def test_with_one_contract_nobody_is_asked_but_the_review_shows_it(url, contract, bob, signed_in):
    response = signed_in(bob).post(url, CAROL | {"go": "contract"})
    page = on_page(response)
    assert response.context["wizard"].step == "review"
    for shown in ("Carol Carlsson", "carol@acme.example", "C-1", "English for Work", "Workforce", "10 of 10"):
        assert f"<dd>{shown}</dd>" in page
    assert "Acme invites you to English for Work" in page
    assert 'name="mail" id="id_mail" data-tells checked' in page
    assert SEND in page


def test_with_two_contracts_one_is_chosen(url, contract, other_contract, bob, signed_in):
    client = signed_in(bob)
    response = client.post(url, CAROL | {"go": "contract"})
    assert response.context["wizard"].step == "contract"
    page = on_page(response)
    assert "Seats, 1 Jan 2020 to 31 Dec 2039" in page
    assert "10 left" in page
    assert "Unlimited, 1 Jan 2030 to 31 Dec 2039. Nobody can join before it starts." in page
    response = client.post(url, CAROL | {"go": "review"})
    assert response.context["wizard"].step == "contract"
    assert "Choose a contract." in on_page(response)
    response = client.post(url, CAROL | {"go": "review", "contract": other_contract.pk})
    assert response.context["wizard"].step == "review"
    assert "The contract starts on 1 Jan 2030; nobody can join before." in on_page(response)


def test_the_way_back_keeps_everything(url, contract, other_contract, bob, signed_in):
    client = signed_in(bob)
    answers = CAROL | {"contract": contract.pk, "seen": "True"}
    page = on_page(client.post(url, answers | {"go": "contract"}))
    assert f'value="{contract.pk}" id="id_contract_0" checked' in page.replace(" required", "")
    assert 'name="mail" value="False"' in page
    page = on_page(client.post(url, answers | {"go": "learner"}))
    assert 'value="Carol Carlsson"' in page
    assert f'name="contract" value="{contract.pk}"' in page
    response = client.post(url, answers | {"go": "review", "mail": "False"})
    assert response.context["wizard"].wants_mail is False


def test_sending_invites_mails_and_records(url, program, contract, bob, signed_in):
    response = signed_in(bob).post(url, CAROL | {"go": "send", "seen": "True", "mail": "on"}, follow=True)
    assert response.redirect_chain == [("/o/acme/admin/programs/english/learners?status=invited", 302)]
    assert [str(message) for message in response.context["messages"]] == [
        "Carol Carlsson is invited. The mail is on its way."
    ]
    membership = Membership.objects.get(person__email="carol@acme.example")
    assert (membership.program, membership.contract, membership.state) == (program, contract, "invited")
    assert (membership.person.name, membership.person.external_id) == ("Carol Carlsson", "C-1")
    assert OutboundEmail.objects.get().dedupe == f"invite:{membership.invitation.pk}:1"
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.program_id, entry.target_id) == (
        "invitation.created",
        bob,
        program.pk,
        membership.pk,
    )
    assert entry.after == {"contract": "Workforce", "mail": True}
    contract.refresh_from_db()
    assert contract.taken == 0


def test_creating_mails_nobody(url, contract, bob, signed_in):
    response = signed_in(bob).post(url, CAROL | {"go": "send", "seen": "True"}, follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "Carol Carlsson is invited, without a mail."
    ]
    assert counts() == left_by(1, mails=0)


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({"name": ""}, "name", "Name is missing."),
        ({"name": "\u200b "}, "name", "Name is missing."),
        ({"name": "x" * 201}, "name", "Name is too long: 201 characters, at most 200."),
        ({"email": ""}, "email", "Address is missing."),
        ({"email": "carol"}, "email", "Address is not valid: there is no @ in it."),
        ({"email": "carol@"}, "email", "Address is not valid: nothing follows the @."),
        (
            {"email": "carol@acme,example"},
            "email",
            "Address is not valid: there is a comma where a dot belongs.",
        ),
        ({"external_id": "x" * 121}, "external_id", "External ID is too long: 121 characters, at most 120."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(url, contract, bob, signed_in, typed, field, text):
    response = signed_in(bob).post(url, CAROL | typed | {"go": "send", "seen": "True"})
    assert response.context["wizard"].step == "learner"
    assert response.context["wizard"].learner.errors == {field: [text]}
    assert counts() == left_by(0)


@pytest.mark.parametrize("go", ["contract", "review", "send"])
def test_who_is_invited_already_is_said_beside_the_address(url, contract, invitation, bob, signed_in, go):
    Membership.objects.update(invited_at="2026-05-11T22:30:00Z")
    response = signed_in(bob).post(url, CAROL | {"email": " CAROL@acme.example", "go": go})
    assert response.context["wizard"].learner.errors == {
        "email": ["Already invited on 12 May 2026, not joined yet."]
    }
    assert counts() == left_by(1, mails=0)


def test_who_is_a_member_already_is_said_beside_the_address(url, program, contract, bob, signed_in):
    MembershipFactory(program=program, contract=contract, joined=True, person__email="carol@acme.example")
    Membership.objects.update(joined_at="2026-02-17T12:00:00Z")
    response = signed_in(bob).post(url, CAROL | {"go": "review"})
    assert response.context["wizard"].learner.errors == {"email": ["Already a member since 17 Feb 2026."]}


def test_without_a_contract_there_is_nothing_to_fill_in(url, contract, bob, alice, signed_in):
    contract.ends_on = date(2026, 1, 1)
    contract.save()
    page = on_page(signed_in(bob).get(url))
    assert "No contract takes new members" in page
    assert "See the contracts" not in page
    assert "See the contracts" in on_page(signed_in(alice).get(url))


def test_a_contract_of_another_organization_cannot_be_chosen(url, contract, globex, bob, signed_in):
    foreign = ContractFactory(organization=globex)
    response = signed_in(bob).post(url, CAROL | {"go": "send", "contract": foreign.pk, "seen": "True"})
    assert response.context["wizard"].contract.errors == {
        "contract": ["This contract takes no new members any more. Choose another."]
    }
    assert counts() == left_by(0)


def test_the_action_refuses_a_contract_of_another_organization(program, globex):
    with pytest.raises(ActionError) as refusal:
        send(program, ContractFactory(organization=globex))
    assert refusal.value.text == "This contract is not there any more. Choose another."
    assert counts() == left_by(0)


def test_the_action_refuses_an_ended_contract_and_a_removed_program(program, contract):
    contract.ends_on = date(2026, 6, 7)
    with pytest.raises(ActionError) as refusal:
        send(program, contract)
    assert refusal.value.text == (
        "Workforce ended on 7 Jun 2026 and takes no new members. Choose a contract that still runs."
    )
    type(program).objects.update(state="removed")
    with pytest.raises(ActionError) as refusal:
        send(program, contract)
    assert refusal.value.text == "English for Work was removed, so nobody can be invited to it."
    assert counts() == left_by(0)


def test_the_action_refuses_who_is_there_already_and_leaves_no_trace(program, contract, invitation, alice):
    with pytest.raises(ActionError) as refusal:
        send(program, contract, row(name="Another", external_id="C-9"), by=alice)
    assert (refusal.value.field, refusal.value.code) == ("email", "there")
    assert Person.objects.values_list("name", "external_id").get() == ("Carol Carlsson", "")
    assert AuditEvent.objects.count() == 0


def test_a_few_people_are_invited_at_once_each_address_once(program, contract, invitation, alice):
    rows = [
        row(),
        row("Dan", "dan@acme.example"),
        row("Dan Again", "DAN@acme.example"),
        row("Eve", "eve@acme.example"),
    ]
    assert send(program, contract, *rows, by=alice) == invitations.Sent(invited=2, skipped=1)
    assert counts() == left_by(3, mails=2)
    assert AuditEvent.objects.values_list("verb", "after").get() == (
        "invitations.created",
        {"people": 2, "contract": "Workforce", "mail": True},
    )


def test_a_removed_person_is_invited_again_and_the_former_link_is_void(program, contract, invitation):
    Membership.objects.update(state="removed", removed_at=timezone.now(), allow_return=True)
    assert send(program, contract) == invitations.Sent(invited=1, skipped=0)
    invitation.refresh_from_db()
    assert invitation.generation == 2
    membership = invitation.membership
    membership.refresh_from_db()
    assert (membership.state, membership.removed_at, membership.allow_return) == ("invited", None, False)


def test_a_mail_is_sent_again_with_the_same_link_and_a_cause_of_its_own(
    invitation, bob, sent_tasks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        result = invitations.resend(memberships=[invitation.membership], by=bob)
    assert result == invitations.Resent(queued=1, left_out=0)
    mail = OutboundEmail.objects.get()
    assert (mail.dedupe, mail.recipient) == (f"invite:{invitation.pk}:1:2", "carol@acme.example")
    assert sent_tasks == [("orgs.send_mail", ())]
    assert AuditEvent.objects.values_list("verb", "actor").get() == ("invitation.resent", bob.pk)


def test_a_mail_still_on_its_way_is_not_queued_twice(invitation, bob):
    for expected in (1, 0):
        assert invitations.resend(memberships=[invitation.membership], by=bob).queued == expected
    assert OutboundEmail.objects.count() == 1


def test_a_mail_that_failed_is_tried_again(invitation, bob):
    invitations.resend(memberships=[invitation.membership], by=bob)
    OutboundEmail.objects.update(state="failed", attempts=8, error="no such host")
    assert invitations.resend(memberships=[invitation.membership], by=bob).queued == 1
    assert OutboundEmail.objects.values_list("state", "attempts", "error").get() == ("queued", 0, "")


def test_the_same_person_is_not_mailed_twice_a_day_unless_confirmed(invitation, bob):
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=23))
    with pytest.raises(ActionError) as refusal:
        invitations.resend(memberships=[invitation.membership], by=bob)
    assert refusal.value.code == "recent"
    assert refusal.value.text == (
        "Carol Carlsson got this mail less than 24 hours ago. Send it again all the same?"
    )
    assert OutboundEmail.objects.count() == 0
    invitations.resend(memberships=[invitation.membership], by=bob, confirmed=True)
    assert OutboundEmail.objects.count() == 1


def test_several_are_sent_again_and_those_who_joined_are_left_out(program, contract, invitation, bob):
    joined = InvitationFactory(membership=MembershipFactory(program=program, contract=contract, joined=True))
    never = InvitationFactory(membership=MembershipFactory(program=program, contract=contract))
    asked = [invitation.membership, joined.membership, never.membership]
    assert invitations.resend(memberships=asked, by=bob) == invitations.Resent(queued=2, left_out=1)
    assert set(OutboundEmail.objects.values_list("dedupe", flat=True)) == {
        f"invite:{invitation.pk}:1:2",
        f"invite:{never.pk}:1",
    }
    assert AuditEvent.objects.values_list("verb", "target_id", "after").get() == (
        "invitations.resent",
        program.pk,
        {"people": 2},
    )


def test_who_is_no_longer_invited_gets_no_mail(program, contract, bob):
    membership = MembershipFactory(program=program, contract=contract, joined=True)
    InvitationFactory(membership=membership)
    with pytest.raises(ActionError) as refusal:
        invitations.resend(memberships=[membership], by=bob)
    assert refusal.value.text == "This person is not invited any more, so there is no mail to send."


def test_nobody_is_asked_again_to_join_under_an_ended_contract(invitation, contract, bob):
    contract.ends_on = date(2026, 6, 7)
    contract.save()
    with pytest.raises(ActionError) as refusal:
        invitations.resend(memberships=[invitation.membership], by=bob)
    assert refusal.value.text.startswith("Workforce ended on 7 Jun 2026")


def test_a_replaced_link_is_void_and_the_new_one_goes_out(invitation, bob):
    former = tokens.sign("invitation", invitation.pk, invitation.generation)
    replaced = invitations.replace_link(membership=invitation.membership, by=bob, mail=True)
    assert replaced.generation == 2
    assert tokens.sign("invitation", replaced.pk, replaced.generation) != former
    assert (replaced.sent_at, replaced.sent_count) == (None, 0)
    assert OutboundEmail.objects.get().dedupe == f"invite:{invitation.pk}:2"
    assert AuditEvent.objects.get().verb == "invitation.link_replaced"


def test_the_page_is_closed_to_strangers_and_to_learners(
    url, other_program, alice, bob, carol, mallory, signed_in
):
    assert signed_in(alice).get(url).status_code == 200
    assert signed_in(bob).get(url).status_code == 200
    assert signed_in(mallory).get(url).status_code == 404
    assert signed_in(carol).get(url).status_code == 404
    elsewhere = reverse("invite", args=["acme", other_program.slug])
    assert signed_in(bob).post(elsewhere, CAROL | {"go": "send"}).status_code == 404
    assert signed_in(mallory).post(url, CAROL | {"go": "send"}).status_code == 404
    assert counts() == left_by(0)
