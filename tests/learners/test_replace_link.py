"""Replacing the link of an invitation from the list: asked first, the former link void from then on."""

import pytest

from config.lib import tokens
from learners.models import Invitation
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import InvitationFactory, MembershipFactory
from tests.learners.files import address, on_page


@pytest.fixture
def question(program, invitation):
    return f"{address('invitation_link', program)}?status=invited&ids={invitation.membership_id}"


def answer(invitation, **more: str) -> dict[str, str]:
    return {"answer": "yes", "ids": str(invitation.membership_id), **more}


def test_the_row_offers_it_and_the_question_says_that_the_old_link_stops_working(
    program, invitation, question, bob, signed_in
):
    client = signed_in(bob)
    page = on_page(client.get(address("manage_learners", program) + "?status=invited"))
    assert page.count("Replace link") == 1
    page = on_page(client.get(question))
    assert "Replace the invitation link of Carol Carlsson" in page
    assert "The old link stops working at once" in page
    assert Invitation.objects.get().generation == 1


@pytest.mark.parametrize(("more", "mails"), [({"mail": "on"}, 1), ({}, 0)])
def test_the_new_link_goes_out_when_ticked_and_the_former_one_is_void(
    invitation, question, bob, signed_in, client, more, mails
):
    former = tokens.sign("invitation", invitation.pk, 1)
    response = signed_in(bob).post(question, answer(invitation, **more), follow=True)
    (said,) = map(str, response.context["messages"])
    assert said.startswith("The link of Carol Carlsson is replaced. The former one no longer works.")
    assert Invitation.objects.get().generation == 2
    assert OutboundEmail.objects.count() == mails
    assert AuditEvent.objects.get().verb == "invitation.link_replaced"
    assert "Create account and join" not in on_page(client.get(f"/invitations/{former}"))


def test_it_is_done_for_one_open_invitation_only(program, contract, invitation, question, bob, signed_in):
    other = InvitationFactory(membership=MembershipFactory(program=program, contract=contract))
    client = signed_in(bob)
    both = [str(invitation.membership_id), str(other.membership_id)]
    client.post(question, {"answer": "yes", "ids": both})
    client.post(question, {"answer": "yes", "all_matching": "1"})
    assert set(Invitation.objects.values_list("generation", flat=True)) == {1}


def test_strangers_and_learners_replace_nothing(invitation, question, carol, mallory, signed_in):
    for who in (carol, mallory):
        assert signed_in(who).post(question, answer(invitation)).status_code == 404
    assert Invitation.objects.get().generation == 1
