"""`manage.py reconcile`: every kind of difference is found, and made good where it can be told again."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config import reconciling
from learners.models import ImportRow, Invitation, InviteImport, Membership, Person, TurnedAway
from learners.people.actions import joining
from learners.people.queries.joining import link_of
from programs.models import Contract
from tests.factories import (
    ContractFactory,
    InvitationFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    UserFactory,
)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("reconcile", *arguments, stdout=out)
    return out.getvalue()


def found(*arguments: str) -> tuple[str, str]:
    """What was printed and with which sentence it ended."""
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("reconcile", *arguments, stdout=out)
    return out.getvalue(), str(raised.value)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(autouse=True)
def _life(program, contract, carol, alice, globex):
    """Acme with a member (Carol, who joined the real way), an invitee, an import; Globex with a program."""
    invitation = InvitationFactory(
        membership=MembershipFactory(
            program=program, contract=contract, person__email=carol.email, person__name="Carol"
        )
    )
    joining.accept(link=link_of(invitation.pk, invitation.generation), user=carol, by=carol)
    InvitationFactory(
        membership=MembershipFactory(
            program=program, contract=contract, person__email="ivan@acme.example", person__name="Ivan"
        )
    )
    job = InviteImport.objects.create(
        organization=program.organization,
        program=program,
        contract=contract,
        file_name="people.csv",
        file_size=1,
        encoding="utf-8",
        rows=1,
        problems=1,
        state=InviteImport.State.DONE,
    )
    texts = ("raw_name", "raw_email", "name", "email", "sort_name", "search", "external_id")
    ImportRow.objects.create(job=job, line=2, problem="email_missing", **dict.fromkeys(texts, ""))
    ProgramFactory(organization=globex, slug="globex-basics")
    ContractFactory(organization=globex)


def carols() -> Membership:
    return Membership.objects.get(person__email="carol@acme.example")


def ivans() -> Membership:
    return Membership.objects.get(person__email="ivan@acme.example")


def test_where_nothing_differs_it_says_how_much_it_looked_at():
    checks = reconciling.checks()
    tables = {check.table for check in checks}
    assert run() == f"No differences. {len(checks)} checks, {reconciling.rows(checks)} rows.\n"
    assert {"learners_person", "learners_membership", "learners_invitation", "programs_contract"} < tables


MADE_GOOD = [
    (
        "update programs_contract set taken = 4 where name = 'Workforce'",
        "Licences taken of each contract",
        lambda: Contract.objects.get(name="Workforce").taken == 1,
    ),
    (
        "update learners_person set email = 'IVAN@acme.example', search = 'x', sort_name = 'ivan' "
        "where name = 'Ivan'",
        "Addresses, sort names and search texts",
        lambda: Person.objects.filter(email="ivan@acme.example", search="ivan ivan@acme.example ").exists(),
    ),
    (
        "update learners_membership set sort_name = 'x'",
        "Names that lists sort by",
        lambda: set(Membership.objects.values_list("sort_name", flat=True)) == {"carol", "ivan"},
    ),
    (
        "update learners_membership set last_activity_at = joined_at - interval '1 day'",
        "Counters of memberships",
        lambda: carols().last_activity_at == carols().joined_at,
    ),
    (
        "update learners_person set user_id = null",
        "Accounts of members",
        lambda: Person.objects.filter(email="carol@acme.example", user__email="carol@acme.example").exists(),
    ),
    (
        "delete from learners_invitation where membership_id in "
        "(select id from learners_membership where state = 'invited')",
        "Invitations of the invited",
        lambda: Invitation.objects.filter(membership=ivans(), sent_at=None).exists(),
    ),
    (
        "update learners_inviteimport set rows = 9",
        "Rows of imports",
        lambda: InviteImport.objects.get().rows == 1,
    ),
    (
        "insert into learners_turnedaway (organization_id, program_id, contract_id, email, reason) "
        "select organization_id, program_id, contract_id, 'carol@acme.example', 'full' "
        "from learners_membership where state = 'member'",
        "Turned away, not joined since",
        lambda: not TurnedAway.objects.exists(),
    ),
    (
        "update learners_invitation set organization_id = "
        "(select id from orgs_organization where slug = 'globex')",
        "Organization of invitation and membership",
        lambda: ivans().invitation.organization.slug == "acme",
    ),
]


@pytest.mark.parametrize(("plant", "name", "is_good"), MADE_GOOD, ids=[name for _, name, _ in MADE_GOOD])
def test_what_can_be_told_again_is_found_and_made_good(plant, name, is_good):
    sql(plant)
    said, sentence = found()
    assert said.startswith(f"{name}: ")
    assert sentence.endswith("found; --fix makes good what can be told again.")
    assert not is_good()
    assert run("--fix").endswith(f"No differences. {len(reconciling.checks())} checks, "
                                 f"{reconciling.rows(reconciling.checks())} rows.\n")  # fmt: skip
    assert is_good()
    assert run().startswith("No differences.")


def test_a_membership_in_the_wrong_organization_goes_back_with_its_invitation():
    elsewhere = "set organization_id = (select id from orgs_organization where slug = 'globex')"
    sql(f"update learners_membership {elsewhere}; update learners_invitation {elsewhere}")
    said, _sentence = found()
    for parent in ("program", "person", "contract"):
        assert f"Organization of membership and {parent}: 2 differences\n" in said
    run("--fix")
    assert {row.organization.slug for row in Membership.objects.all()} == {"acme"}
    assert {row.invitation.organization.slug for row in Membership.objects.all()} == {"acme"}


REMAINS = [
    (
        "update learners_person set user_id = (select user_id from orgs_rolegrant) "
        "where email = 'ivan@acme.example'",
        "No account before joining",
        "A person has an account and never joined: find out how it came there.",
    ),
    (
        "insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason) "
        "select organization_id, contract_id, id, 1, 'joined' from learners_membership "
        "where state = 'member'",
        "Licence ledger of each membership",
        "The ledger is never rewritten: find out what happened, then add the missing line.",
    ),
    (
        "insert into learners_person (organization_id, email, name, sort_name, search) "
        "select organization_id, 'Carol@acme.example', 'Carol', 'carol', 'carol carol@acme.example ' "
        "from learners_person where name = 'Carol'",
        "Addresses, sort names and search texts",
        "Another person has the address in this form already: decide which one stays.",
    ),
    (
        "update learners_membership m set contract_id = c.id from programs_contract c "
        "join orgs_organization o on o.id = c.organization_id "
        "where o.slug = 'globex' and m.state = 'invited'",
        "Organization of membership and contract",
        "A row points into another organization: find out how it came there.",
    ),
    (
        "update orgs_rolegrant set role = 'program_admin', "
        "program_id = (select id from programs_program where slug = 'globex-basics')",
        "Organization of role grant and program",
        "A row points into another organization: find out how it came there.",
    ),
]


@pytest.mark.parametrize(("plant", "name", "remedy"), REMAINS, ids=[name for _, name, _ in REMAINS])
def test_what_cannot_be_told_again_is_found_and_left_with_a_word_of_what_to_do(plant, name, remedy):
    sql(plant)
    assert f"{name}: 1 difference\n" in found()[0]
    said, sentence = found("--fix")
    assert f"Left as it is, 1 difference: {name}. {remedy}\n" in said
    assert sentence == "1 difference cannot be made good here."


def test_an_oversold_contract_is_shown_and_its_counter_left_alone(program, contract):
    for _ in range(2):
        person = PersonFactory(organization=program.organization, user=UserFactory())
        MembershipFactory(program=program, contract=contract, joined=True, person=person)
    sql("update programs_contract set taken = 2, quantity = 2 where name = 'Workforce'")
    said, _sentence = found("--fix")
    assert "Licences taken of each contract: 1 difference\n" in said
    assert "More members than the contract has seats: remove some or raise its quantity." in said
    assert Contract.objects.get(pk=contract.pk).taken == 2


def test_an_enrollments_contract_is_not_charged_by_joining(program, acme):
    courses = ContractFactory(organization=acme, kind="enrollments", name="Courses")
    person = PersonFactory(organization=acme, user=UserFactory())
    MembershipFactory(program=program, contract=courses, joined=True, person=person)
    assert run().startswith("No differences.")
    sql("update programs_contract set taken = 1 where name = 'Courses'")
    assert "Courses  1       0\n" in found()[0]
    run("--fix")
    assert Contract.objects.get(pk=courses.pk).taken == 0


def test_the_table_names_organization_row_and_both_values():
    sql("update programs_contract set taken = 4 where name = 'Workforce'")
    row = f"contract {Contract.objects.get(name='Workforce').pk} Workforce"
    said, sentence = found()
    assert said == (
        "Licences taken of each contract: 1 difference\n"
        f"  Organization  {'Row':<{len(row)}}  Stored  Should be\n"
        f"  acme          {row}  4       1\n\n"
    )
    assert sentence == "1 difference found; --fix makes good what can be told again."


def test_of_many_differences_the_first_are_shown_and_the_others_counted(program, contract):
    for _ in range(23):
        MembershipFactory(
            program=program, contract=contract, sort_name="x", person__organization=program.organization
        )
    said, _sentence = found()
    assert "Names that lists sort by: 23 differences\n" in said
    assert "  … and 3 more\n" in said


def test_two_organizations_are_each_made_good(globex):
    mallorys = ContractFactory(organization=globex, taken=3)
    sql("update programs_contract set taken = 4 where name = 'Workforce'")
    assert "acme: 1 row made good.\nglobex: 1 row made good.\n" in run("--fix")
    mallorys.refresh_from_db()
    assert mallorys.taken == 0


def test_every_reference_between_tenant_rows_is_checked():
    names = {check.name for check in reconciling.checks()}
    assert {
        "Organization of role grant and program",
        "Organization of membership and person",
        "Organization of licence ledger and contract",
        "Organization of invite import and program",
        "Organization of turned away and contract",
    } < names


def test_nobody_gets_an_account_that_is_another_person_of_the_organization(program, carol):
    sql("update learners_person set user_id = null where email = 'carol@acme.example'")
    twin = PersonFactory(organization=program.organization, email="c@home.example", user=carol)
    MembershipFactory(program=program, person=twin, removed=True, joined_at="2026-03-01T12:00:00Z")
    said, sentence = found("--fix")
    assert "Left as it is, 1 difference: Accounts of members. No account has the member's address" in said
    assert sentence == "1 difference cannot be made good here."
    assert list(Person.objects.filter(user=carol)) == [twin]
