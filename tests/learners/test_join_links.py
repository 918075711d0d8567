"""Links that no longer let in, programs without room, and that looking changes nothing."""

from datetime import date

import pytest
from django.urls import reverse

from config.lib import tokens
from learners.models import Invitation, Membership, Person, TurnedAway
from orgs.models import User
from programs.models import Contract, Program
from tests.factories import PASSWORD, ContractFactory, InvitationFactory, MembershipFactory
from tests.learners.pages import address, rows, state, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
NEW = {"step": "create", "name": "Carol Carlsson", "password": "a gate in the garden"}


# --- Links that were used, withdrawn, replaced, made up -----------------------------------------
def test_a_used_link_tells_the_member_so_and_leads_in(signed_in, url, carol_is_in, program):
    response = signed_in(carol_is_in).get(url)

    assert response.status_code == 200
    assert "You are already a member of English for Work" in words(response)
    assert f'href="{program.get_absolute_url()}"' in response.content.decode()


def test_a_used_link_tells_a_stranger_only_that_it_was_used(client, signed_in, url, carol_is_in, mallory):
    anonymous, other = client.get(url), signed_in(mallory).get(url)

    assert "This invitation has been accepted" in words(anonymous)
    assert f"{reverse('account_login')}?next=%2Fprograms%2Fenglish" in anonymous.content.decode()
    for page in (anonymous, other):
        assert "carol" not in words(page).lower()
        assert "This invitation has been accepted" in words(page)


def test_a_used_link_lets_nobody_in_again(signed_in, client, url, carol_is_in, mallory):
    for browser in (client, signed_in(mallory)):
        for step in ("create", "sign_in", "join", "connect", "ask"):
            response = browser.post(url, NEW | {"step": step, "password": PASSWORD})
            assert response["Location"] == url
    assert User.objects.count() == 2
    assert Person.objects.get().user == carol_is_in


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("removed", "This invitation is no longer valid Acme has withdrawn it."),
        ("replaced", "There is a newer invitation Acme made you a new link to English for Work"),
        ("program", "English for Work has been closed Acme has removed this program"),
    ],
)
def test_a_link_that_lost_its_worth_says_why_and_takes_nobody(client, url, change, sentence):
    if change == "removed":
        Membership.objects.update(state="removed", removed_at="2026-06-08T12:00Z")
    elif change == "replaced":
        Invitation.objects.update(generation=2)
    else:
        Program.objects.update(state="removed")

    response = client.get(url)

    assert response.status_code == 410
    assert sentence in words(response)
    assert "carol" not in response.content.decode().lower()
    assert client.post(url, NEW)["Location"] == url
    assert User.objects.count() == 0


def test_the_new_link_works_after_the_old_one_was_replaced(client, invitation):
    Invitation.objects.update(generation=2)

    client.post(address(invitation, 2), NEW)

    assert state() == "member"


@pytest.mark.parametrize(
    "kind", ["another purpose", "cut off", "a letter changed", "no signature", "made up", "of no row"]
)
def test_a_link_that_nobody_signed_says_nothing(client, url, invitation, kind):
    token = url.rsplit("/", 1)[1]
    made = {
        "another purpose": tokens.sign("download", invitation.pk, 1),
        "cut off": token[:-3],
        "a letter changed": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "no signature": token.partition(".")[0],
        "made up": "\u00e5 '\"<script>.\u2026",
        "of no row": tokens.sign("invitation", invitation.pk + 1000, 1),
    }[kind]
    where = reverse("invitation", args=[made])

    for response in (client.get(where), client.post(where, NEW)):
        assert response.status_code == 404
        assert "This link does not work" in words(response)
        assert "Acme" not in response.content.decode()
        assert "English" not in response.content.decode()
    assert User.objects.count() == 0


def test_a_link_to_one_program_opens_no_other(client, url, other_program, contract):
    person = Person.objects.get()
    MembershipFactory(program=other_program, person=person, contract=contract)

    client.post(url, NEW)

    assert dict(Membership.objects.values_list("program__slug", "state")) == {
        "english": "member",
        "data": "invited",
    }


def test_a_person_invited_to_two_programs_joins_the_second_with_one_click(
    client, url, other_program, contract
):
    second = InvitationFactory(
        membership=MembershipFactory(program=other_program, person=Person.objects.get(), contract=contract)
    )
    client.post(url, NEW)

    assert "Join Data Basics" in words(client.get(address(second)))
    response = client.post(address(second), {"step": "join"})

    assert response["Location"] == other_program.get_absolute_url()
    assert list(Membership.objects.values_list("state", flat=True)) == ["member", "member"]


# --- No room ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "sentence", "reason"),
    [
        ({"taken": 10}, "No seat is left in English for Work", "full"),
        ({"starts_on": date(2039, 1, 2)}, "From 2 Jan 2039 on you can join here.", "not_started"),
        ({"ends_on": date(2020, 5, 3)}, "ended on 3 May 2020", "ended"),
    ],
)
def test_without_room_one_is_told_why_and_can_let_the_administrators_know(
    client, url, change, sentence, reason
):
    Contract.objects.update(**change)
    page = words(client.get(url))
    assert sentence in page
    assert "do not know yet that you wanted to join" in page
    assert TurnedAway.objects.count() == 0

    assert client.post(url, {"step": "ask"})["Location"] == url

    assert list(TurnedAway.objects.values_list("email", "reason", "times")) == [
        ("carol@acme.example", reason, 1)
    ]
    assert "The administrators of Acme see that you wanted to join on" in words(client.get(url))


def test_the_last_seat_taken_while_one_types_keeps_the_account_and_says_so(client, url):
    form = client.get(url)
    assert "Create account and join" in words(form)
    Contract.objects.update(taken=10)

    response = client.post(url, NEW, follow=True)

    assert response.redirect_chain == [(url, 302)]
    assert "No seat is left in English for Work" in words(response)
    assert "The administrators of Acme see that you wanted to join" in words(response)
    Contract.objects.update(taken=9)
    client.post(url, {"step": "join"})
    assert state() == "member"


# --- Looking changes nothing --------------------------------------------------------------------
def test_looking_at_any_page_changes_nothing(
    client, signed_in, url, invitation, program, other_program, contract, acme, carol, mallory, alice
):
    full = ContractFactory(organization=acme, quantity=1, taken=1)
    others = {
        "full": {"contract": full},
        "removed": {"contract": contract, "removed": True},
        "return": {"contract": contract, "removed": True, "allow_return": True},
        "member": {"contract": contract, "joined": True},
    }
    links = [url, address(invitation, 7), reverse("invitation", args=["no.token"])]
    for traits in others.values():
        links.append(address(InvitationFactory(membership=MembershipFactory(program=program, **traits))))
    paths = [*links, program.get_absolute_url(), other_program.get_absolute_url(), "/", "/programs"]
    browsers = [client, signed_in(carol), signed_in(mallory), signed_in(alice)]

    before = rows(), list(Membership.objects.order_by("pk").values()), list(Contract.objects.values())
    for path in paths:
        for browser in browsers:
            assert browser.get(path).status_code in (200, 302, 404, 410)
            assert browser.head(path).status_code in (200, 302, 404, 410)
    after = rows(), list(Membership.objects.order_by("pk").values()), list(Contract.objects.values())

    assert after == before


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, url, program, method):
    assert getattr(client, method)(url).status_code == 405
    assert getattr(client, method)(program.get_absolute_url()).status_code == 405


def test_pages_with_an_invitation_are_kept_by_no_cache(client, url):
    assert "no-store" in client.get(url)["Cache-Control"]


def test_the_pages_hold_nothing_that_the_strict_policy_forbids(client, url, program):
    for path in (url, program.get_absolute_url()):
        html = client.get(path).content.decode()
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<style" not in html


def test_the_host_header_gets_into_no_link(client, url, program, settings):
    settings.ALLOWED_HOSTS = ["*"]

    for path in (url, program.get_absolute_url()):
        assert "evil.example" not in client.get(path, headers={"host": "evil.example"}).content.decode()
