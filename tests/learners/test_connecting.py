"""One human, two addresses: connecting an invitation with the account one has."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from learners.models import Invitation, LicenceLedger, Membership, Person, TurnedAway
from learners.people.actions import joining
from learners.people.actions.joining import Outcome
from learners.people.queries import joining as joining_queries
from learners.people.queries.joining import Standing
from orgs.models import AuditEvent, OutboundEmail, User
from programs.models import Contract
from tests.factories import (
    PASSWORD,
    UserFactory,
)
from tests.learners.places import PRIVATE, figures_agree, member, page_of, words

pytestmark = pytest.mark.usefixtures("own_cache")


# --- On the page of the invitation --------------------------------------------------------------
def test_a_new_person_can_connect_the_account_they_have_without_leaving_the_invitation(
    client, invited, private
):
    page = page_of(invited)
    assert f'href="{page}?with=account"' in words(client.get(page))
    assert "Connect and join" in words(client.get(f"{page}?with=account"))

    response = client.post(
        f"{page}?with=account",
        {"step": "connect_existing", "email": f" {PRIVATE.upper()} ", "password": PASSWORD},
    )

    assert response["Location"] == "/programs/english"
    assert "You are a member of English for Work now." in words(client.get("/programs/english"))
    assert list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary")) == [
        (private.pk, PRIVATE, True, True),
        (private.pk, "carol@acme.example", True, False),
    ]
    assert Membership.objects.get().person.user == private
    assert User.objects.count() == 1
    assert figures_agree()


def test_a_wrong_password_connects_nothing_and_says_so_on_the_same_page(client, invited, private):
    page = f"{page_of(invited)}?with=account"
    response = client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": "wrong"})

    assert "That e-mail and password do not belong together." in words(response)
    assert "Connect and join" in words(response)
    assert "_auth_user_id" not in client.session
    assert EmailAddress.objects.count() == 1
    assert Membership.objects.get().state == "invited"


def test_tries_of_a_password_on_the_invitation_are_limited(client, invited, private):
    page = f"{page_of(invited)}?with=account"
    for _try in range(5):
        client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": "wrong"})

    response = client.post(page, {"step": "connect_existing", "email": PRIVATE, "password": PASSWORD})

    assert "Too many wrong passwords. Wait five minutes and try again." in words(response)
    assert Membership.objects.get().state == "invited"


def test_an_account_that_is_not_confirmed_cannot_be_connected_by_an_invitation(client, invited, private):
    EmailAddress.objects.update(verified=False)

    client.post(page_of(invited), {"step": "connect_existing", "email": PRIVATE, "password": PASSWORD})

    assert "_auth_user_id" not in client.session
    assert Membership.objects.get().state == "invited"


def test_looking_at_the_pages_of_connecting_changes_nothing(client, invited, private, signed_in):
    before = (AuditEvent.objects.count(), OutboundEmail.objects.count(), EmailAddress.objects.count())

    client.get(f"{page_of(invited)}?with=account")
    signed_in(private).get(f"{reverse('account_connect')}?email=carol@acme.example")

    assert before == (AuditEvent.objects.count(), OutboundEmail.objects.count(), EmailAddress.objects.count())
    assert Membership.objects.get().state == "invited"


def test_signed_in_as_someone_else_one_joins_with_this_account_or_switches(signed_in, invited, private):
    browser = signed_in(private)
    page = page_of(invited)
    shown = words(browser.get(page))
    assert "You are signed in as <b>carol@private.example</b>" in shown
    assert "Sign out and continue" in shown

    response = browser.post(page, {"step": "connect", "password": PASSWORD})

    assert response["Location"] == "/programs/english"
    assert Membership.objects.get().person.user == private


def test_signed_in_while_the_invited_address_has_an_account_the_page_leads_to_connecting_both(
    signed_in, invited, private, carol
):
    browser = signed_in(private)
    page = page_of(invited)

    shown = words(browser.get(page))
    connect = f"{reverse('account_connect')}?email=carol%40acme.example&amp;next={page.replace('/', '%2F')}"
    assert connect in shown

    proof = {"email": carol.email, "password": PASSWORD, "own_password": PASSWORD, "next": page}
    assert browser.post(reverse("account_connect"), proof)["Location"] == page
    assert browser.post(page, {"step": "join"})["Location"] == "/programs/english"
    assert User.objects.count() == 1
    assert figures_agree()


# --- The organization knows the account by another address --------------------------------------
def test_a_member_invited_at_a_second_address_stays_one_person_with_one_seat(
    client, invited, private, program, contract, acme
):
    before = member(private, program, contract, email="c.c@acme.example", name="Carol C.", external_id="")
    Person.objects.filter(email="carol@acme.example").update(external_id="E-7", job_title="Engineer")

    link = joining_queries.link_of(invited.pk, 1)
    assert joining.connect(link=link, user=private, by=private).outcome == Outcome.ALREADY

    person = Person.objects.get()
    assert (person.pk, person.email, person.name) == (before.person_id, "c.c@acme.example", "Carol C.")
    assert (person.external_id, person.job_title) == ("E-7", "Engineer")
    assert person.search == "carol c. c.c@acme.example e-7"
    membership = Membership.objects.get()
    assert (membership.pk, membership.state) == (before.pk, "member")
    assert membership.invited_at == min(before.invited_at, invited.membership.invited_at)
    assert Invitation.objects.count() == 0
    assert Contract.objects.get().taken == 1
    event = AuditEvent.objects.get(verb="person.merged")
    assert (event.organization, event.target_id, event.actor) == (acme, person.pk, private)
    assert event.actor_label == "Carol C. <c.c@acme.example>"
    assert event.before == {"email": "carol@acme.example"}
    assert event.after == {"email": "c.c@acme.example", "shared": 1, "licences": 0}
    assert "Its invitation is no longer there" in words(client.get(page_of(invited)))
    assert figures_agree()


def test_the_organization_knows_the_person_by_the_address_that_is_primary(
    invited, carol, program, other_program, contract
):
    carol_at_home = UserFactory(name="Carol", email="home@acme.example")
    member(carol_at_home, other_program, contract, email="old@acme.example")
    EmailAddress.objects.filter(user=carol).delete()
    carol.delete()
    EmailAddress.objects.filter(user=carol_at_home).update(email="carol@acme.example")
    User.objects.filter(pk=carol_at_home.pk).update(email="carol@acme.example")
    carol_at_home.refresh_from_db()

    link = joining_queries.link_of(invited.pk, 1)
    joining.accept(link=link, user=carol_at_home, by=carol_at_home)

    assert Person.objects.get().email == "carol@acme.example"
    assert Membership.objects.filter(state="member").count() == 2
    assert AuditEvent.objects.get(verb="person.merged").before == {"email": "old@acme.example"}
    assert figures_agree()


def test_without_a_seat_nobody_is_merged(invited, private, other_program, contract):
    member(private, other_program, contract, email="c.c@acme.example")
    Contract.objects.update(quantity=1)

    link = joining_queries.link_of(invited.pk, 1)
    assert joining.connect(link=link, user=private, by=private).outcome == Outcome.FULL

    assert Person.objects.count() == 2
    assert TurnedAway.objects.get().email == "carol@acme.example"
    assert AuditEvent.objects.filter(verb="person.merged").count() == 0
    Contract.objects.update(quantity=2)
    assert (
        joining.enter(program=invited.membership.program, user=private, by=private).outcome == Outcome.JOINED
    )
    assert Person.objects.count() == 1
    assert TurnedAway.objects.count() == 0
    assert figures_agree()


def test_an_invitation_at_a_second_confirmed_address_outweighs_a_removal_at_the_first(
    invited, private, program, contract
):
    gone = member(private, program, contract, email="c.c@acme.example")
    Membership.objects.filter(pk=gone.pk).update(state="removed", removed_at=gone.joined_at)
    LicenceLedger.objects.create(
        organization=gone.organization, contract=contract, membership=gone, delta=-1, reason="removed"
    )
    Contract.objects.update(taken=0)
    EmailAddress.objects.create(user=private, email="carol@acme.example", verified=True)

    assert joining_queries.way_in(program, private).standing == Standing.INVITED
    assert joining.enter(program=program, user=private, by=private).outcome == Outcome.JOINED

    membership = Membership.objects.get()
    assert (membership.state, membership.pk) == ("member", invited.membership.pk)
    assert [line.membership_id for line in LicenceLedger.objects.all()] == [membership.pk] * 3
    assert figures_agree()
