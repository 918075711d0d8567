"""Inviting by a file, up to the start: contract, file, the preview of every row, the list of imports."""

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from learners.models import ImportRow, InviteImport
from learners.people.actions import imports
from learners.people.tasks import import_invitations
from orgs.errors import ActionError
from tests.factories import ContractFactory, MembershipFactory, PersonFactory
from tests.learners.files import HEADER, address, counts, left_by, on_page, people, stage, start, table

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8


def upload(client, program, content: bytes, name: str = "people.csv", query: str = ""):
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(address("bulk_invite", program) + query, {"file": file})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "The file is empty."),
        (table([]), "The file has a header but no rows. Add one row for each learner and upload it again."),
        (
            b"Full Name\nAnn\n",
            "The first row must name the columns Full Name, Email and External ID. "
            "Missing: Email, External ID.",
        ),
        (
            b"Wer,Wo,Was\n",
            "The file has a header but no rows. Add one row for each learner and upload it again.",
        ),
        (
            b"Ann,ann@acme.example,7\n",
            "The first row must name the columns Full Name, Email and External ID. "
            "Missing: Full Name, Email, External ID.",
        ),
        (b"Full Name,Email,External ID,email\n", "The column Email is there twice. Keep one of them."),
        (
            PNG,
            "This file is not a table. "
            "Save your list in your spreadsheet program as “CSV UTF-8” and upload that.",
        ),
        (
            b"PK\x03\x04",
            "This workbook cannot be read. Save it anew in your spreadsheet program as "
            "“Excel workbook (.xlsx)” or “CSV UTF-8” and upload that.",
        ),
    ],
)
def test_what_is_no_list_of_people_gets_one_sentence_and_changes_nothing(
    program, contract, bob, signed_in, content, text
):
    response = upload(signed_in(bob), program, content)
    assert response.status_code == 422
    assert response.context["upload"].errors == {"file": [text]}
    assert (InviteImport.objects.count(), ImportRow.objects.count()) == (0, 0)


def test_too_many_rows_and_too_large_a_file_are_refused(program, contract, bob, signed_in, settings):
    client = signed_in(bob)
    settings.IMPORT_ROWS_LIMIT = 3
    assert upload(client, program, table(people(3))).status_code == 302
    assert upload(client, program, table(people(4))).context["upload"].errors == {
        "file": ["The file has more than 3 rows. Split it and import the parts one after the other."]
    }
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    assert upload(client, program, b"x" * 1_700_000).context["upload"].errors == {
        "file": ["The file has 1.6 MB; up to 1 MB are taken. Split it and import the parts."]
    }
    assert InviteImport.objects.count() == 1


def test_without_a_file_one_is_asked_for(program, contract, bob, signed_in):
    response = signed_in(bob).post(address("bulk_invite", program), {"csrfmiddlewaretoken": "x"})
    assert response.context["upload"].errors == {"file": ["Choose a file."]}


def test_the_contract_is_chosen_when_there_are_several(program, contract, acme, globex, bob, signed_in):
    second = ContractFactory(organization=acme, name="Second")
    ContractFactory(organization=acme, name="Ended", ends_on=date(2026, 1, 1))
    ContractFactory(organization=globex, name="Foreign")
    client = signed_in(bob)
    response = client.get(address("bulk_invite", program))
    assert [str(card) for _, card in response.context["chooser"]["contract"].field.choices] == [
        "Second",
        "Workforce",
    ]
    response = client.get(address("bulk_invite", program) + f"?contract={second.pk}")
    assert response.context["contract"] == second
    upload(client, program, table(people(1)), query=f"?contract={second.pk}")
    assert InviteImport.objects.get().contract == second


def test_the_template_holds_the_three_columns(program, contract, bob, signed_in):
    response = signed_in(bob).get(address("import_template", program))
    assert response.content.decode() == f"\ufeff{HEADER}\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="learners.csv"'


def test_of_ten_thousand_rows_exactly_the_thirty_seven_bad_ones_are_named(program, contract, bob, signed_in):
    for number in range(14):
        MembershipFactory(
            program=program, contract=contract, joined=True, person__email=f"member{number}@acme.example"
        )
        PersonFactory(organization=program.organization, email=f"known{number}@acme.example")
    for number in range(9):
        MembershipFactory(program=program, contract=contract, person__email=f"invitee{number}@acme.example")
    bad = {500 * (n + 1): f"Member,member{n}@acme.example," for n in range(14)}
    bad |= {510 * (n + 1) + 3: f"Invitee,invitee{n}@acme.example," for n in range(9)}
    bad |= {7100 + n: f"Ann,not an address {n}," for n in range(6)}
    bad |= {7200 + n: f"Twice,learner{n}@acme.example," for n in range(4)}
    bad |= {7300 + n: f",nameless{n}@acme.example," for n in range(3)}
    bad |= {7400: f"{'x' * 201},long@acme.example,"}
    lines = people(10_000)
    for line, text in bad.items():
        lines[line - 2] = text
    client = signed_in(bob)
    response = upload(client, program, table(lines), "operations.csv")
    job = InviteImport.objects.get()
    assert response["Location"] == address("import_detail", program, job.pk)
    assert (job.rows, job.problems) == (10_000, 37)
    assert set(ImportRow.objects.exclude(problem="").values_list("line", flat=True)) == set(bad)
    response = client.get(response["Location"])
    found = response.context["found"]
    assert [(str(one.label), one.count) for one in found.shown] == [
        ("New", 10),
        ("Over the seats", 9_953),
        ("Already invited", 9),
        ("Already a member", 14),
        ("Cannot be used", 14),
    ]
    assert sum(found.counts.values()) == 10_000
    assert [(str(reason.label), reason.count) for reason in found.reasons] == [
        ("Address is not valid", 6),
        ("Twice in this file", 4),
        ("Name is missing", 3),
        ("Too long", 1),
    ]
    page = on_page(response)
    assert "37 rows are left out" in page
    assert "Send 9,963 invitations" in page
    assert "Create 9,963 invitations" in page
    assert "Seats missing if everyone joins</dt><dd>9,953</dd>" in page
    rows = list(csv.reader(io.StringIO(client.get(address("import_rows", program, job.pk)).content.decode())))
    assert [int(line) for line, *_ in rows[1:]] == sorted(bad)


def test_the_bad_rows_can_be_filtered_and_paged(program, contract, bob, signed_in):
    lines = [f"Ann,no{n}," for n in range(30)] + [f",ann{n}@acme.example," for n in range(2)]
    client = signed_in(bob)
    url = upload(client, program, table(lines))["Location"]
    first = client.get(url)
    assert [row.line for row in first.context["rows"]] == list(range(2, 27))
    second = client.get(f"{url}?page=2")
    assert [row.line for row in second.context["rows"]] == list(range(27, 34))
    nameless = client.get(f"{url}?show=no_name")
    assert [row.line for row in nameless.context["rows"]] == [32, 33]
    assert [row.line for row in client.get(f"{url}?show=nonsense&page=x").context["rows"]][0] == 2


def test_the_wrong_part_of_an_address_is_marked(program, contract, bob, signed_in):
    lines = ['Ann,"ann@acme,example",', "Bo,bo@,", "Cleo,cl eo@acme.example,", "Dan,d..n@acme.example,"]
    client = signed_in(bob)
    page = on_page(client.get(upload(client, program, table(lines))["Location"]))
    for marked in (
        "ann@acme<mark>,</mark>example",
        "bo<mark>@</mark>",
        "cl<mark> </mark>eo",
        "d<mark>..</mark>n",
    ):
        assert marked in page


def test_formulas_in_the_download_are_defused_and_the_rest_is_as_typed(program, contract, bob, signed_in):
    lines = ['=HYPERLINK("http://x"),ann,@1', "+46 70,bo,-5", '"Ek, ""Bo""",bo,']
    client = signed_in(bob)
    url = upload(client, program, table(lines), "=people.csv")["Location"]
    response = client.get(f"{url}/rows.csv")
    assert response["Content-Disposition"] == 'attachment; filename="=people-problems.csv"'
    assert list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")))) == [
        ["Line", "Full Name", "Email", "External ID", "Reason"],
        ["2", '\'=HYPERLINK("http://x")', "ann", "'@1", "Address is not valid: there is no @ in it."],
        ["3", "+46 70", "bo", "-5", "Address is not valid: there is no @ in it."],
        ["4", 'Ek, "Bo"', "bo", "", "Address is not valid: there is no @ in it."],
    ]


def test_the_download_can_be_mended_and_uploaded(program, contract, bob, signed_in):
    client = signed_in(bob)
    url = upload(client, program, table(["Ann,ann,7"]))["Location"]
    mended = client.get(f"{url}/rows.csv").content.replace(b",ann,", b",ann@acme.example,")
    upload(client, program, mended)
    assert InviteImport.objects.order_by("-pk").values_list("rows", "problems").first() == (1, 0)


def test_names_in_the_preview_are_text(program, contract, bob, signed_in):
    client = signed_in(bob)
    url = upload(client, program, table(["<script>alert(1)</script>,<b>x,"]))["Location"]
    page = client.get(url).content
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_starting_hands_the_good_rows_to_a_worker(
    program, contract, bob, signed_in, sent_tasks, django_capture_on_commit_callbacks
):
    client = signed_in(bob)
    url = upload(client, program, table([*people(3), "Bad,bad,"]))["Location"]
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{url}/start", {"mail": "on"})
    job = InviteImport.objects.get()
    assert response["Location"] == url
    assert (job.state, job.total, job.sends_mail, job.requested_by) == ("queued", 3, True, bob)
    assert sent_tasks == [("learners.import_invitations", (job.pk,))]
    page = on_page(client.get(url))
    assert 'hx-get="?progress"' in page
    assert "Waiting to start" in page
    import_invitations(job.pk)
    polled = client.get(f"{url}?progress", headers={"HX-Request": "true"})
    assert polled["HX-Refresh"] == "true"
    page = on_page(client.get(url))
    assert "3 of 3, none failed" in page
    assert "hx-get" not in page.partition("job-")[2].partition("</div>")[0]
    assert counts() == left_by(3)


def test_starting_twice_enqueues_once(
    program, contract, bob, signed_in, sent_tasks, django_capture_on_commit_callbacks
):
    client = signed_in(bob)
    url = upload(client, program, table(people(3)))["Location"]
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            response = client.post(f"{url}/start", follow=True)
    assert list(response.context["messages"]) == []
    assert len(sent_tasks) == 1
    assert InviteImport.objects.get().sends_mail is False


def test_a_file_without_a_good_row_cannot_be_started(program, contract, bob, signed_in):
    client = signed_in(bob)
    url = upload(client, program, table(["Bad,bad,"]))["Location"]
    assert "btn-primary" not in on_page(client.get(url))
    response = client.post(f"{url}/start", follow=True)
    assert [str(message) for message in response.context["messages"]] == ["No row of this file can be used."]
    assert InviteImport.objects.get().state == "draft"


def test_a_draft_can_be_discarded_and_a_started_import_cannot(program, contract, bob, alice, signed_in):
    client = signed_in(bob)
    url = upload(client, program, table(people(3)))["Location"]
    response = client.post(f"{url}/discard", follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "people.csv was discarded. Nobody was invited."
    ]
    assert (InviteImport.objects.count(), ImportRow.objects.count()) == (0, 0)
    job = start(program, contract, table(people(3)), alice)
    imports.discard(job=job, by=alice)
    assert InviteImport.objects.get().state == "queued"
    assert ImportRow.objects.count() == 3


def test_a_new_file_takes_the_place_of_the_draft_one_came_back_from(program, contract, bob, signed_in):
    client = signed_in(bob)
    url = upload(client, program, table(people(3)))["Location"]
    former = InviteImport.objects.get()
    back = f"?contract={contract.pk}&instead_of={former.pk}"
    assert f"{address('bulk_invite', program)}{back}".replace("&", "&amp;") in on_page(client.get(url))
    upload(client, program, table(people(4)), query=back)
    assert list(InviteImport.objects.values_list("rows", flat=True)) == [4]


def test_nothing_is_left_behind_when_staging_breaks_off(program, contract, alice):
    content = table([*people(50), '"open'] + people(60, 100))
    with pytest.raises(ActionError):
        stage(program, contract, content, alice)
    assert (InviteImport.objects.count(), ImportRow.objects.count()) == (0, 0)


def test_the_list_names_every_import_of_this_program_with_its_counts(
    program, other_program, contract, alice, bob, signed_in
):
    done = start(program, contract, table([*people(3), "Bad,bad,"]), alice)
    import_invitations(done.pk)
    stage(program, contract, table(people(2, 10)), bob, name="draft.csv")
    stage(other_program, contract, table(people(1)), alice, name="elsewhere.csv")
    page = on_page(signed_in(bob).get(address("imports", program)))
    assert "elsewhere.csv" not in page
    first, second = page.partition("<tbody>")[2].split("<tr>")[1:]
    for shown in (
        "draft.csv",
        "To be checked",
        "Bob Bergman",
        '<td class="n">2</td><td class="n">0</td><td class="n">–</td>',
    ):
        assert shown in first
    for shown in (
        "people.csv",
        "Done",
        "Alice Andersson",
        '<td class="n">4</td><td class="n">1</td><td class="n">3</td>',
    ):
        assert shown in second


def test_the_list_costs_the_same_for_one_import_and_for_three(
    program, contract, alice, signed_in, django_assert_num_queries, django_assert_max_num_queries
):
    client, url = signed_in(alice), address("imports", program)
    stage(program, contract, table(people(1)), alice)
    client.get(url)
    with django_assert_max_num_queries(20) as one:
        client.get(url)
    for _ in range(2):
        stage(program, contract, table(people(1)), alice)
    with django_assert_num_queries(len(one)):
        client.get(url)


@pytest.mark.parametrize("name", ["bulk_invite", "import_template", "imports"])
def test_the_pages_are_closed_to_strangers_and_to_learners(
    program, other_program, contract, bob, carol, mallory, signed_in, name
):
    assert signed_in(bob).get(address(name, program)).status_code == 200
    assert signed_in(bob).get(address(name, other_program)).status_code == 404
    assert signed_in(mallory).get(address(name, program)).status_code == 404
    assert signed_in(carol).get(address(name, program)).status_code == 404


@pytest.mark.parametrize("name", ["import_detail", "import_start", "import_discard", "import_rows"])
def test_an_import_is_found_in_its_own_program_only(
    program, other_program, contract, alice, bob, carol, mallory, signed_in, name
):
    job = stage(other_program, contract, table(people(2)), alice)
    for who, where in (
        (alice, program),
        (bob, program),
        (bob, other_program),
        (carol, other_program),
        (mallory, other_program),
    ):
        client, url = signed_in(who), address(name, where, job.pk)
        assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}
    assert InviteImport.objects.get().state == "draft"
