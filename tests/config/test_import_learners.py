"""`manage.py import_learners`: the bulk path from a shell."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from learners.models import ImportRow, Invitation, InviteImport, Membership
from learners.people.actions import imports
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import ContractFactory, InvitationFactory, MembershipFactory

FILE = """Full Name,Email,External ID
Dana Diaz,dana@acme.example,A-1
,nameless@acme.example,
Emil Ek,emil@acme,A-2
Dana Again,DANA@acme.example,
Fay Fox,fay@acme.example,
Carol Carlsson,carol@acme.example,
"""
WRONG = (
    "  line 3: –, nameless@acme.example: Name is missing.\n"
    "  line 4: Emil Ek, emil@acme: Address is not valid: its domain has no ending such as .com.\n"
    "  line 5: Dana Again, DANA@acme.example: Twice in this file: the same address is on line 2.\n"
)


@pytest.fixture
def people(tmp_path, program, contract, settings):
    """Six lines, two of them new people; Carol is a member of the program already."""
    settings.SITE_URL = "https://learn.example"
    joined = {"person__name": "Carol Carlsson", "person__email": "carol@acme.example", "contract": contract}
    MembershipFactory(program=program, joined=True, joined_at="2026-03-01T12:00:00Z", **joined)
    path = tmp_path / "people.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def run(path, *more, organization="acme", program="english", contract="Workforce") -> str:
    out = io.StringIO()
    where = ["--organization", organization, "--program", program, "--contract", contract]
    call_command("import_learners", str(path), *where, *more, stdout=out)
    return out.getvalue()


def refusal(path, *more, **where) -> str:
    with pytest.raises(CommandError) as raised:
        run(path, *more, **where)
    return str(raised.value)


def test_good_rows_are_invited_and_the_others_printed_with_line_value_and_reason(people, program, contract):
    said = run(people)
    job = InviteImport.objects.get()
    assert said == (
        "people.csv: 6 rows, 2 of them can be used.\n"
        f"{WRONG}"
        "  Invited or members already, and left alone: 1.\n"
        "Invited 2 people to English for Work under Workforce. The mails are on their way.\n"
        f"Open  https://learn.example/o/acme/admin/programs/english/imports/{job.pk}\n"
    )
    assert (job.state, job.rows, job.problems, job.done, job.invited) == ("done", 6, 4, 2, 2)
    invited = Membership.objects.filter(state="invited").order_by("person__email")
    assert [(row.person.email, row.program, row.contract) for row in invited] == [
        ("dana@acme.example", program, contract),
        ("fay@acme.example", program, contract),
    ]
    assert list(OutboundEmail.objects.values_list("kind", flat=True)) == ["invitation", "invitation"]
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.after["rows"]) == ("invitations.imported", None, 2)


def test_running_it_again_invites_nobody_and_is_no_mistake(people):
    run(people)
    assert run(people).endswith(
        "  Invited or members already, and left alone: 3.\nNobody is left to invite; nothing was changed.\n"
    )
    assert (Invitation.objects.count(), OutboundEmail.objects.count(), InviteImport.objects.count()) == (
        2,
        2,
        1,
    )


def test_without_mail_nobody_is_mailed(people):
    assert "under Workforce. Nobody got a mail.\n" in run(people, "--no-mail")
    assert (Invitation.objects.count(), OutboundEmail.objects.count()) == (2, 0)


def test_a_dry_run_prints_every_verdict_and_changes_nothing(people):
    assert run(people, "--dry-run") == (
        "people.csv: 6 rows, 2 of them can be used.\n"
        f"{WRONG}"
        "  line 7: Carol Carlsson, carol@acme.example: Already a member since 1 Mar 2026.\n"
        "Nothing was changed.\n"
    )
    assert (InviteImport.objects.count(), ImportRow.objects.count(), Invitation.objects.count()) == (0, 0, 0)


def test_no_worker_takes_the_import_that_is_worked_on_here(people, sent_tasks):
    run(people)
    assert InviteImport.objects.get().claims == 1


def test_an_import_that_is_stopped_says_so_and_can_be_run_again(people, monkeypatch):
    def stop(**_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(imports, "work", stop)
        with pytest.raises(KeyboardInterrupt):
            run(people)
    job = InviteImport.objects.get()
    assert (job.state, job.error) == (
        "failed",
        "It was stopped. Import the file again: who was invited already is left alone.",
    )
    assert "Invited 2 people" in run(people)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"organization": "acne"}, "There is no organization “acne”. Did you mean acme?"),
        ({"program": "englisch"}, "Acme has no program “englisch”. Did you mean english?"),
        ({"contract": "Workfarce"}, "Acme has no contract “Workfarce”. Did you mean Workforce?"),
        (
            {"contract": "Old"},
            "Old ended on 31 Dec 2021 and takes no new members. Choose a contract that still runs.",
        ),
    ],
)
def test_an_import_to_nowhere_is_refused_in_a_sentence(people, acme, where, sentence):
    ContractFactory(organization=acme, name="Old", ends_on="2021-12-31")
    assert refusal(people, **where) == sentence
    assert InviteImport.objects.count() == 0


def test_a_file_that_is_not_there_or_is_no_table_is_refused_in_a_sentence(people, tmp_path):
    assert refusal(tmp_path / "no.csv") == f"{tmp_path / 'no.csv'} cannot be read: No such file or directory."
    assert refusal(tmp_path) == f"{tmp_path} cannot be read: Is a directory."
    people.write_text("Name\nDana\n", encoding="utf-8")
    assert refusal(people) == (
        "The first row must name the columns Full Name, Email and External ID. "
        "Missing: Full Name, Email, External ID."
    )
    people.write_text("Full Name,Email,External ID\n,nobody,\n", encoding="utf-8")
    assert refusal(people) == "No row of this file can be used; nothing was changed."
    assert InviteImport.objects.count() == 0


def test_a_file_whose_columns_are_not_known_is_refused_and_leaves_no_draft(people):
    people.write_text("Who,Where\nDana Diaz,dana@acme.example\n", encoding="utf-8")
    assert refusal(people).startswith("The columns of this file are not known. Name them Full Name, Email")
    assert InviteImport.objects.count() == 0


def test_an_address_that_looks_mistyped_is_set_aside_until_it_is_said_to_be_right(people):
    lines = [f"Person {n},person{n}@acme.example," for n in range(30)]
    table = ["Full Name,Email,External ID", *lines, "Zoe,zoe@acmee.example,"]
    people.write_text("\n".join(table), encoding="utf-8")
    said = run(people)
    assert "people.csv: 31 rows, 30 of them can be used.\n  line 32: Zoe, zoe@acmee.example: " in said
    said = run(people, "--with-mistyped")
    assert "Invited 1 person to English for Work" in said
    assert Membership.objects.filter(person__email="zoe@acmee.example").count() == 1


@pytest.fixture
def known(program, contract, people):
    """Two more lines: Gina has an open invitation from three days ago, Hugo was removed."""
    gina = MembershipFactory(program=program, contract=contract, person__email="gina@acme.example")
    InvitationFactory(membership=gina, sent_at=timezone.now() - timedelta(days=3), sent_count=1)
    MembershipFactory(
        program=program,
        contract=contract,
        person__email="hugo@acme.example",
        removed=True,
        removed_at="2026-03-01T12:00:00Z",
    )
    with people.open("a", encoding="utf-8") as file:
        file.write("Gina Gil,gina@acme.example,\nHugo Hill,hugo@acme.example,\n")
    return people


def test_the_removed_are_invited_again_unless_they_are_to_be_left(known):
    said = run(known, "--leave-removed", "--no-mail")
    assert "people.csv: 8 rows, 2 of them can be used.\n" in said
    assert (
        "  line 9: Hugo Hill, hugo@acme.example: Removed on 1 Mar 2026, a new invitation is required.\n"
        in said
    )
    assert Membership.objects.get(person__email="hugo@acme.example").state == "removed"
    assert "people.csv: 8 rows, 1 of them can be used.\n" in run(known)
    assert Membership.objects.get(person__email="hugo@acme.example").state == "invited"


def test_those_invited_already_are_mailed_again_when_asked_and_not_within_a_day(known):
    said = run(known, "--resend", "--no-mail")
    assert "people.csv: 8 rows, 3 of them can be used. 1 person will be mailed again.\n" in said
    assert "Mailed 1 person again; 0 got the mail within 24 hours.\n" in said
    assert OutboundEmail.objects.values_list("recipient", "kind").get() == (
        "gina@acme.example",
        "invitation_reminder",
    )
    Invitation.objects.update(sent_at=timezone.now(), sent_count=2)
    assert "Nobody is left to invite; nothing was changed.\n" in run(known, "--resend", "--no-mail")
    assert "4 people will be mailed again.\n" in run(known, "--resend-recent", "--dry-run")


def test_within_the_seats_the_first_lines_are_invited(people, contract):
    contract.quantity = 1
    contract.save()
    said = run(people, "--within-seats")
    assert "people.csv: 6 rows, 1 of them can be used.\n" in said
    assert "  line 6: Fay Fox, fay@acme.example: No seat is left for this person.\n" in said
    assert [row.person.email for row in Membership.objects.filter(state="invited")] == ["dana@acme.example"]
