"""An address that somebody has besides the one their organization knows says who they are: nobody is invited
as a stranger who is in the program already.
"""

import pytest

from learners.models import Invitation, Membership, Person
from learners.people.actions import invitations
from learners.people.imports import check
from learners.people.problems import sentence
from learners.people.tasks import import_invitations
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import (
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    UserFactory,
)
from tests.learners.by_domain import add_address
from tests.learners.files import people, stage, start, table

ALIAS = "carol@private.example"


@pytest.fixture
def known(acme, carol):
    """Carol as Acme knows her; her account has confirmed a private address as well."""
    add_address(carol, ALIAS)
    return PersonFactory(organization=acme, email=carol.email, name="Carol Carlsson", user=carol)


def send(program, contract, *addresses, by=None):
    rows = [check(n, "Carol", address, "") for n, address in enumerate(addresses)]
    return invitations.send(program=program, contract=contract, rows=rows, mail=True, by=by)


def verdicts(job):
    rows = job.staged.order_by("line").values_list("raw_email", "problem", "detail")
    return [(email, sentence(problem, detail, email) if problem else "") for email, problem, detail in rows]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("joined", "Already a member since 8 Jun 2026."),
        ("", "Already invited on 1 Jun 2026, not joined yet."),
    ],
)
def test_a_file_with_the_other_address_of_somebody_in_the_program_says_so(
    program, contract, alice, known, state, text
):
    MembershipFactory(
        program=program,
        contract=contract,
        person=known,
        invited_at="2026-06-01T12:00Z",
        **({"joined": True, "joined_at": "2026-06-08T12:00Z"} if state else {}),
    )

    job = stage(program, contract, table([f"Carol,{ALIAS.upper()},", *people(2)]), alice)

    assert verdicts(job)[0] == (ALIAS.upper(), text)
    assert (job.rows, job.problems) == (3, 1)


def test_who_joined_since_the_preview_is_found_by_the_other_address(program, contract, alice, known):
    job = start(program, contract, table([f"Carol,{ALIAS},", *people(2)]), alice)
    MembershipFactory(program=program, contract=contract, person=known, joined=True)

    import_invitations(job.pk)

    job.refresh_from_db()
    assert (job.done, job.invited, Person.objects.count()) == (3, 2, 3)
    assert Membership.objects.get(person=known).state == "member"


def test_somebody_of_another_program_is_invited_as_who_they_are(
    program, other_program, contract, alice, known
):
    MembershipFactory(program=other_program, contract=contract, person=known, joined=True)

    import_invitations(start(program, contract, table([f"Carol C.,{ALIAS},"]), alice).pk)

    assert Person.objects.get() == known
    assert Membership.objects.get(program=program).state == "invited"
    assert list(OutboundEmail.objects.values_list("kind", "recipient")) == [
        ("invitation", "carol@acme.example")
    ]


def test_two_addresses_of_one_person_in_one_file_make_one_invitation(program, contract, alice, known):
    rows = [f"Carol,{ALIAS},", "Carol Carlsson,carol@acme.example,", *people(1)]

    job = start(program, contract, table(rows), alice)
    import_invitations(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.invited) == ("done", 3, 2)
    assert (Person.objects.count(), Invitation.objects.count(), OutboundEmail.objects.count()) == (2, 2, 2)


def test_somebody_removed_is_invited_again_by_the_other_address(program, contract, alice, known):
    row = MembershipFactory(program=program, contract=contract, person=known, removed=True)
    InvitationFactory(membership=row)

    assert send(program, contract, ALIAS, by=alice).invited == 1

    assert (Membership.objects.get().state, Invitation.objects.get().generation) == ("invited", 2)
    event = AuditEvent.objects.get()
    assert (event.verb, event.target_label) == (
        "invitation.created",
        "Carol Carlsson <carol@acme.example> in English for Work",
    )


def test_of_two_rows_for_one_human_the_one_in_the_program_counts(program, contract, alice, known, acme):
    stray = PersonFactory(organization=acme, email=ALIAS)
    MembershipFactory(program=program, contract=contract, person=stray, removed=True)
    MembershipFactory(program=program, contract=contract, person=known, joined=True)

    job = stage(program, contract, table([f"Carol,{ALIAS},"]), alice)

    assert "Already a member" in verdicts(job)[0][1]
    assert send(program, contract, ALIAS, "new@acme.example").invited == 1
    assert Membership.objects.get(person=stray).state == "removed"


def test_one_person_typed_in_by_the_other_address_is_refused_beside_the_field(
    program, contract, known, alice, signed_in
):
    MembershipFactory(
        program=program, contract=contract, person=known, joined=True, joined_at="2026-06-08T12:00Z"
    )
    page = signed_in(alice).post(
        "/o/acme/admin/programs/english/learners/invite",
        {"go": "next", "name": "Carol", "email": ALIAS, "external_id": ""},
    )
    assert "Already a member since 8 Jun 2026." in page.content.decode()

    with pytest.raises(ActionError) as refusal:
        send(program, contract, ALIAS, by=alice)
    assert (refusal.value.text, refusal.value.field) == ("Already a member since 8 Jun 2026.", "email")
    assert Person.objects.count() == 1


def test_an_address_that_the_account_has_not_confirmed_proves_nothing(program, contract, alice, known):
    MembershipFactory(program=program, contract=contract, person=known, joined=True)
    add_address(UserFactory(email="dave@acme.example"), "claimed@acme.example", verified=False)
    add_address(known.user, "other@acme.example", verified=False)

    assert send(program, contract, "claimed@acme.example", "other@acme.example", by=alice).invited == 2


def test_another_organization_learns_nothing_of_the_address(program, contract, known, globex, mallory):
    MembershipFactory(program=program, contract=contract, person=known, joined=True)
    theirs = ProgramFactory(organization=globex)
    bought = ContractFactory(organization=globex)

    job = stage(theirs, bought, table([f"Carol,{ALIAS},"]), mallory)
    assert verdicts(job) == [(ALIAS, "")]
    assert send(theirs, bought, ALIAS, by=mallory).invited == 1
    assert list(Person.objects.filter(organization=globex).values_list("email", flat=True)) == [ALIAS]
