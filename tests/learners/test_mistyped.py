"""Domains that look mistyped: suggested, set aside, invited all the same when somebody says so."""

import pytest

from learners.models import ImportRow, InviteImport, Membership
from learners.people import mistyped
from learners.people.tasks import import_invitations
from programs.models import DomainRule
from tests.factories import MembershipFactory, PersonFactory
from tests.learners.files import address, left_out, on_page, people, stage, table


def found(*, file=None, known=(), frequent=(), **counts: int) -> dict[str, str]:
    return mistyped.suggestions(file or {}, known=known, frequent=frequent)


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yahooo.com", "yahoo.com"),
        ("acme-industires.example", "acme-industries.example"),
        ("acme-indutris.example", "acme-industries.example"),
    ],
)
def test_a_slip_of_the_finger_is_suspected(domain, meant):
    assert found(file={domain: 1}, frequent=["acme-industries.example"]) == {domain: meant}


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "mail.com",
        "yahoo.fr",
        "acme.example",
        "acme-industries.de",
        "eu.acme-industries.example",
        "acme2.example",
        "globex.example",
    ],
)
def test_what_may_well_be_right_is_not_suspected(domain):
    assert found(file={domain: 1}, frequent=["acme-industries.example", "acme1.example"]) == {}


def test_the_many_of_a_file_are_the_measure_of_the_few_and_never_the_other_way():
    file = {"acme.example": 40, "amce.example": 2, "acne.example": 3}
    assert found(file=file) == {"amce.example": "acme.example"}
    assert found(file=file, known=["amce.example"]) == {}


def test_rows_that_look_mistyped_are_set_aside_with_the_suggestion(program, contract, bob, signed_in):
    job = stage(program, contract, table([*people(3), "Ann,ann@gmial.com,", "Bo,bo@gmail.com,"]), bob)
    assert (job.rows, job.problems) == (5, 1)
    assert [(line, reason) for line, *_, reason in left_out(job)] == [
        (5, "Looks mistyped: did you mean gmail.com?")
    ]
    client, url = signed_in(bob), address("import_detail", program, job.pk)
    page = on_page(client.get(url))
    assert "ann@<mark>gmial.com</mark>" in page
    assert "Send 4 invitations" in page
    page = on_page(client.get(f"{url}?chosen=1&mail=on&mistyped=on"))
    assert "Send 5 invitations" in page


@pytest.mark.parametrize(("answer", "invited"), [({}, 3), ({"mistyped": "on"}, 4)])
def test_they_are_invited_only_when_somebody_says_that_they_are_right(
    program, contract, bob, signed_in, answer, invited
):
    job = stage(program, contract, table([*people(3), "Ann,ann@gmial.com,"]), bob)
    signed_in(bob).post(address("import_start", program, job.pk), answer)
    import_invitations(job.pk)
    job.refresh_from_db()
    assert (job.state, job.total, job.invited, job.unused) == ("done", invited, invited, 4 - invited)
    assert Membership.objects.filter(person__email="ann@gmial.com").exists() == bool(answer)


def test_a_file_of_mistyped_addresses_only_can_be_started_with_them(program, contract, bob, signed_in):
    job = stage(program, contract, table(["Ann,ann@gmial.com,"]), bob)
    client, url = signed_in(bob), address("import_detail", program, job.pk)
    assert "btn-primary" not in on_page(client.get(url))
    assert "Send 1 invitation" in on_page(client.get(f"{url}?chosen=1&mail=on&mistyped=on"))


def test_domains_of_the_organization_are_right_and_are_a_measure(program, contract, alice, globex):
    for number in range(5):
        PersonFactory(organization=program.organization, email=f"p{number}@acme-works.example")
        PersonFactory(organization=globex, email=f"p{number}@globex-works.example")
    MembershipFactory(program=program, contract=contract, joined=True, person__email="old@acme-wroks.example")
    DomainRule.objects.create(
        organization=program.organization,
        program=program,
        contract=contract,
        domain="acme-work.example",
        shown="acme-work.example",
    )
    lines = [
        "old@acme-wroks.example",
        "a@acme-works.exmaple",
        "b@acme-work.example",
        "c@globex-wroks.example",
    ]
    stage(program, contract, table([f"Ann,{email}," for email in [*lines, "d@acme-wroks.example"]]), alice)
    rows = ImportRow.objects.order_by("line").values_list("problem", "detail")
    assert [(problem, detail) for problem, detail in rows if problem != "already_member"] == [
        ("", ""),
        ("", ""),
        ("", ""),
        ("mistyped", "acme-works.example"),
    ]
    assert InviteImport.objects.get().problems == 2
