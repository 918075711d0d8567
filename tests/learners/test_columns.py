"""Which column of a file holds what: known headers, chosen ones, and those of the profile."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from learners.models import ColumnMapping, ImportFile, ImportRow, InviteImport, Person
from learners.people import columns
from learners.people.actions import imports
from learners.people.columns import Columns
from learners.people.queries import imports as queries
from learners.people.tasks import expire_imports, import_invitations
from orgs.errors import ActionError
from tests.factories import PersonFactory
from tests.learners.files import address, left_out, on_page, people, stage, start, table

UNKNOWN = b"Wer,Wo,Was,Job Title\nAnn Ek,ann@acme.example,7,Welder\nBo,bad,8,\n"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Full Name,Email,External ID", ((0,), 1, 2)),
        ("external_id;E-MAIL;FULL NAME", ((2,), 1, 0)),
        ("Name;E-Mail-Adresse;Personalnummer", ((0,), 1, 2)),
        ("Vorname;Name;E-Mail;Mitarbeiternummer", ((0, 1), 2, 3)),
        ("Nachname;Vorname;E-Mail;Externe ID", ((1, 0), 2, 3)),
        ("Nom;Adresse e-mail;Matricule", ((0,), 1, 2)),
        ("NOM;PRÉNOM;COURRIEL;MATRICULE", ((1, 0), 2, 3)),
        ("Nombre;Correo electrónico;Número de empleado", ((0,), 1, 2)),
        ("Nombre;Apellidos;Correo electronico;ID", ((0, 1), 2, 3)),
        ("First Name;Last Name;Email Address;Employee ID", ((0, 1), 2, 3)),
        ("Namn;E-postadress;Anställningsnummer", ((0,), 1, 2)),
        ("Nome;Cognome;Indirizzo e-mail;Matricola", ((0, 1), 2, 3)),
        ("氏名;メールアドレス;社員番号", ((0,), 1, 2)),
        ("Name;First Name;Last Name;Mail;ID", ((1, 2), 3, 4)),
        ("Email;Work Email;Full Name;External ID;ID", ((2,), 0, 3)),
    ],
)
def test_a_header_is_known_in_any_case_order_and_common_language(header, found):
    where = columns.recognise(header.split(";") if ";" in header else header.split(","))
    assert (where.name, where.email, where.external_id) == found


@pytest.mark.parametrize(
    "header",
    ["Wer;Wo;Was", "Full Name;Email", "Work Email;Company Email;Name;ID", "First Name;Email;External ID"],
)
def test_a_header_that_leaves_a_doubt_is_not_guessed(header):
    assert columns.recognise(header.split(";")) is None


def test_first_and_last_name_become_one(program, contract, alice):
    lines = ["Ek,Ann,ann@acme.example,7", "Ek,,bo@acme.example,"]
    stage(program, contract, table(lines, "Nachname,Vorname,Mail,ID"), alice)
    assert list(ImportRow.objects.order_by("line").values_list("name", flat=True)) == ["Ann Ek", "Ek"]


def test_an_unknown_header_is_asked_about_once(program, contract, bob, signed_in):
    client = signed_in(bob)
    job = stage(program, contract, UNKNOWN, bob)
    detail, choose = address("import_detail", program, job.pk), address("import_columns", program, job.pk)
    assert client.get(detail)["Location"] == choose
    page = client.get(choose)
    assert [(column.title, column.samples) for column in page.context["columns"]] == [
        ("Wer", ["Ann Ek", "Bo"]),
        ("Wo", ["ann@acme.example", "bad"]),
        ("Was", ["7", "8"]),
        ("Job Title", ["Welder", ""]),
    ]
    refused = client.post(choose, {"name": "0", "email": "0"})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"email": ["This column is chosen twice."]}
    assert client.post(choose, {"name": "0", "email": "1", "external_id": "2"})["Location"] == detail
    assert "Send 1 invitation" in on_page(client.get(detail))
    assert client.get(choose)["Location"] == detail
    assert not ImportFile.objects.exists()
    assert list(ImportRow.objects.order_by("line").values_list("line", "name", "external_id", "profile")) == [
        (2, "Ann Ek", "7", {"job_title": "Welder"}),
        (3, "Bo", "8", {}),
    ]
    again = stage(program, contract, UNKNOWN.replace(b"Ann", b"Anna"), bob)
    assert (again.rows, queries.awaits_columns(again)) == (2, False)


def test_a_choice_is_remembered_for_its_organization_and_header_only(program, contract, alice, globex, acme):
    job = stage(program, contract, UNKNOWN, alice)
    imports.choose_columns(job=job, where=Columns((0,), 1, None, {}), by=alice)
    mapping = ColumnMapping.objects.get()
    assert (mapping.organization, mapping.columns) == (acme, [[0], 1, None])
    other = stage(program, contract, UNKNOWN.replace(b"Wer", b"Wen"), alice)
    assert queries.awaits_columns(other)
    ColumnMapping.objects.update(organization=globex)
    assert queries.awaits_columns(stage(program, contract, UNKNOWN, alice))


def test_columns_are_chosen_once_and_a_refused_choice_leaves_the_file(program, contract, alice, settings):
    job = stage(program, contract, UNKNOWN, alice)
    where = Columns((0,), 1, 2, {})
    settings.IMPORT_ROWS_LIMIT = 1
    with pytest.raises(ActionError):
        imports.choose_columns(job=job, where=where, by=alice)
    assert (ImportFile.objects.count(), ImportRow.objects.count(), ColumnMapping.objects.count()) == (1, 0, 0)
    settings.IMPORT_ROWS_LIMIT = 2
    imports.choose_columns(job=job, where=where, by=alice)
    with pytest.raises(ActionError) as refused:
        imports.choose_columns(job=job, where=where, by=alice)
    assert refused.value.code == "chosen"


def test_a_file_whose_columns_nobody_chose_goes_with_its_draft(program, contract, alice):
    discarded, forgotten = (stage(program, contract, UNKNOWN, alice) for _ in range(2))
    with pytest.raises(ActionError):
        imports.start(job=discarded, mail=True, by=alice)
    imports.discard(job=discarded, by=alice)
    assert list(ImportFile.objects.values_list("job", flat=True)) == [forgotten.pk]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        expire_imports()
    assert (ImportFile.objects.count(), InviteImport.objects.count()) == (0, 0)


def test_columns_of_the_profile_fill_what_is_empty_and_overwrite_nothing(program, contract, alice, globex):
    filled = {"job_title": "Chef", "business_unit": "North"}
    known = PersonFactory(organization=program.organization, email="learner1@acme.example", **filled)
    elsewhere = PersonFactory(organization=globex, email="learner1@acme.example")
    header = "Full Name,Email,External ID,LOCATION CITY,Job Title,Business Unit 2,Shoe Size"
    lines = [f"{line},Oslo,Welder,,42" for line in people(2)]
    import_invitations(start(program, contract, table(lines, header), alice).pk)
    known.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (known.job_title, known.business_unit, known.location_city) == ("Chef", "North", "Oslo")
    assert (elsewhere.job_title, elsewhere.location_city) == ("", "")
    new = Person.objects.get(email="learner0@acme.example")
    assert (new.job_title, new.location_city, new.business_unit_2) == ("Welder", "Oslo", "")


def test_a_value_of_the_profile_that_is_too_long_is_named(program, contract, alice):
    line = f"Ann,ann@acme.example,7,{'x' * 201}"
    job = stage(program, contract, table([line], "Full Name,Email,External ID,Job Title"), alice)
    assert [reason for *_, reason in left_out(job)] == ["Job Title is too long: 201 characters, at most 200."]


def test_the_download_of_bad_rows_keeps_what_they_say_of_the_profile(program, contract, bob, signed_in):
    header = "Full Name,Email,External ID,Job Title,Manager Name"
    job = stage(program, contract, table(["Ann,bad,7,Welder,", "Bo,bo@acme.example,8,,Eva"], header), bob)
    content = signed_in(bob).get(address("import_rows", program, job.pk)).content.decode("utf-8-sig")
    assert content.splitlines()[:2] == [
        "Line,Full Name,Email,External ID,Job Title,Reason",
        "2,Ann,bad,7,Welder,Address is not valid: there is no @ in it.",
    ]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("An\x07na\u202e Ek", "An na Ek"),
        ("\u200fדנה כהן\u200e", "דנה כהן"),
        ("Anna 👩‍🏭", "Anna 👩‍🏭"),
    ],
)
def test_odd_names_are_kept_without_what_cannot_be_seen(program, contract, alice, raw, name):
    stage(program, contract, table([f"{raw},ann@acme.example,7"]), alice)
    assert ImportRow.objects.values_list("name", "problem").get() == (name, "")


def test_a_row_of_ten_thousand_characters_and_five_spellings_of_one_address(program, contract, alice):
    one = "ann@acme.example"
    spellings = (one, one.upper(), one.title(), f" {one} ", one.capitalize())
    lines = [f"{'x' * 10_000},long@acme.example,", f"{'y' * 300},name@acme.example,"]
    job = stage(program, contract, table([*lines, *(f"Ann,{one}," for one in spellings)]), alice)
    assert (job.rows, job.problems) == (7, 6)
    assert [(line, reason) for line, *_, reason in left_out(job)] == [
        (2, "Name is too long: 10,000 characters, at most 200."),
        (3, "Name is too long: 300 characters, at most 200."),
        *((line, "Twice in this file: the same address is on line 4.") for line in (5, 6, 7, 8)),
    ]
