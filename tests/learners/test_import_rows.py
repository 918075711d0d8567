"""Each row of a file: what is wrong with it, in words, and what it becomes."""

import pytest
from django.utils import timezone

from learners.models import ImportRow, InviteImport, Membership
from tests.factories import MembershipFactory, PersonFactory
from tests.learners.files import left_out, stage, table


@pytest.fixture
def judged(program, contract, alice):
    """Stage a file and give each bad row's line with its reason in words."""

    def judge(*lines: str) -> dict[int, str]:
        job = stage(program, contract, table(lines), alice)
        return {line: reason for line, *_, reason in left_out(job)}

    return judge


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Ann,,", "Address is missing."),
        ("Ann, ,", "Address is missing."),
        ("Ann", "Address is missing."),
        ("Ann,ann,", "Address is not valid: there is no @ in it."),
        ("Ann,a@b@acme.example,", "Address is not valid: there is more than one @ in it."),
        ("Ann,@acme.example,", "Address is not valid: nothing stands before the @."),
        ("Ann,ann@,", "Address is not valid: nothing follows the @."),
        ('Ann,"ann@acme,example",', "Address is not valid: there is a comma where a dot belongs."),
        ('Ann,"ann,b@acme.example",', "Address is not valid: there is a comma in it."),
        ("Ann,ann;b@acme.example,", "Address is not valid: there is a semicolon in it."),
        ("Ann,ann ek@acme.example,", "Address is not valid: there is a space in it."),
        ("Ann,ann<ek@acme.example,", "Address is not valid: there is a character in it that no address has."),
        (
            f"Ann,{'a' * 65}@acme.example,",
            "Address is not valid: more than 64 characters stand before the @.",
        ),
        ("Ann,ann..ek@acme.example,", "Address is not valid: there is a dot too many before the @."),
        ("Ann,ann@acme,", "Address is not valid: its domain has no ending such as .com."),
        ("Ann,ann@-acme.example,", "Address is not valid: what follows the @ is not a domain."),
        (f"Ann,ann@{'a' * 60}.{'b' * 200}.example,", "Address is too long: 273 characters, at most 254."),
        (",ann@acme.example,", "Name is missing."),
        ("\u200b,ann@acme.example,", "Name is missing."),
        (f"{'x' * 212},ann@acme.example,", "Name is too long: 212 characters, at most 200."),
        (f"Ann,ann@acme.example,{'9' * 121}", "External ID is too long: 121 characters, at most 120."),
    ],
)
def test_each_bad_row_says_its_reason(judged, line, reason):
    assert judged("Good,good@acme.example,1", line) == {3: reason}


def test_the_second_of_two_equal_addresses_names_the_line_of_the_first(judged):
    lines = [
        "Ann,ann@acme.example,",
        "Bo,bo@acme.example,",
        "Anna, ANN@acme.example,",
        "Ann,ann@acme.example,",
    ]
    assert judged(*lines) == {
        4: "Twice in this file: the same address is on line 2.",
        5: "Twice in this file: the same address is on line 2.",
    }


def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_with_the_same_address(judged):
    assert judged(",ann@acme.example,", "Ann,ann@acme.example,") == {2: "Name is missing."}


def test_members_and_invitees_are_named_with_the_day_and_the_removed_may_be_invited_again(
    judged, program, contract
):
    for state, email in (("joined", "ann"), ("", "bo"), ("removed", "cleo")):
        person = PersonFactory(organization=program.organization, email=f"{email}@acme.example")
        MembershipFactory(
            program=program, contract=contract, person=person, **({state: True} if state else {})
        )
    Membership.objects.filter(state="member").update(joined_at="2026-02-17T23:30:00Z")
    Membership.objects.filter(state="invited").update(invited_at="2026-05-11T12:00:00Z")
    with timezone.override(program.organization.zone):
        reasons = judged("Ann,Ann@acme.example,", "Bo,bo@acme.example,", "Cleo,cleo@acme.example,7")
    assert reasons == {
        2: "Already a member since 18 Feb 2026.",
        3: "Already invited on 11 May 2026, not joined yet.",
    }
    job = InviteImport.objects.get()
    assert (job.rows, job.problems, job.new_external_ids) == (3, 2, 1)
    row = ImportRow.objects.get(line=4)
    assert (row.problem, row.removed) == ("", "for_good")


def test_people_of_another_program_or_organization_are_not_in_the_way(judged, program, other_program, globex):
    MembershipFactory(
        program=other_program,
        joined=True,
        person__organization=program.organization,
        person__email="ann@acme.example",
    )
    PersonFactory(organization=globex, email="bo@acme.example")
    assert judged("Ann,ann@acme.example,", "Bo,bo@acme.example,") == {}


def test_lines_are_those_of_the_file_whatever_stands_between(judged):
    assert judged("Good,good@acme.example,", "", '"Two', 'lines",two@acme.example,', ",,", "Bad,bad,") == {
        7: "Address is not valid: there is no @ in it."
    }


def test_control_characters_are_cleaned_away(program, contract, alice):
    stage(program, contract, table(["An\x00na\u202e  Ek, \u200bAnn\x00a@acme.example\u00a0,\x07 7"]), alice)
    row = ImportRow.objects.get()
    assert (row.name, row.email, row.external_id, row.problem) == ("Anna Ek", "anna@acme.example", "7", "")


@pytest.mark.parametrize(
    "header",
    [
        "full name,EMAIL,external id",
        "External ID;Shoe size;Email;Full Name",
        '\ufeff"FULL NAME",E-mail,External_ID',
    ],
)
def test_the_header_may_stand_in_any_case_and_order_with_other_columns(program, contract, alice, header):
    cells = {"f": "Ann", "e": "ann@acme.example", "x": "7", "s": "42"}
    order = [
        "x" if "xternal" in cell.lower() else cell.lstrip('\ufeff"').lower()[0]
        for cell in header.replace(";", ",").split(",")
    ]
    line = (";" if ";" in header else ",").join(cells[key] for key in order)
    stage(program, contract, table([line], header=header), alice)
    row = ImportRow.objects.get()
    assert (row.name, row.email, row.external_id, row.problem) == ("Ann", "ann@acme.example", "7", "")
