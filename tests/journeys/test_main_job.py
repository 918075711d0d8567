"""The main job from end to end, with a real browser and a real worker: a file becomes members."""

import csv
import io
import re

import pytest
from django.db.models import Sum
from playwright.sync_api import expect

from config.lib import mailbox
from learners.models import LicenceLedger, Membership, Person
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import PASSWORD, MembershipFactory, PersonFactory
from tests.journeys.conftest import invitation_link, sign_in, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.worker]
LEARNERS = "/o/acme/admin/programs/english/learners"
BAD = {
    "no address": (5, ("Nils Nyman", "", "")),
    "no ending": (6, ("Olga Olsson", "olga@acme", "")),
    "no name": (6, ("", "nameless{n}@acme.example", "")),
    "twice": (6, ("Double Person", "person7@acme.example", "")),
    "comma": (6, ("Petra Comma", "petra{n}@acme,example", "")),
}


@pytest.fixture
def people(program, contract):
    """Four are in the program already and four have an open invitation; Carol has an account."""
    for n in range(4):
        person = PersonFactory(organization=program.organization, email=f"member{n}@acme.example")
        MembershipFactory(program=program, contract=contract, person=person, joined=True)
        person = PersonFactory(organization=program.organization, email=f"invited{n}@acme.example")
        MembershipFactory(program=program, contract=contract, person=person)


@pytest.fixture
def file_of_10000():
    """10,000 rows with 37 bad ones: 29 wrong in themselves, 4 members and 4 with an open invitation."""
    rows = [(f"Person {n}", f"person{n}@acme.example", f"A-{n}") for n in range(9961)]
    rows += [("Carol Carlsson", "carol@acme.example", "A-C"), ("Dave Dahl", "dave@acme.example", "")]
    for count, (name, email, number) in BAD.values():
        rows += [(name, email.format(n=n), number) for n in range(count)]
    for kind in ("member", "invited"):
        rows += [(f"Known {n}", f"{kind}{n}@acme.example", "") for n in range(4)]
    assert len(rows) == 10_000
    text = io.StringIO()
    csv.writer(text).writerows([("Full Name", "Email", "External ID"), *rows])
    return {"name": "colleagues.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}


def test_a_file_of_colleagues_becomes_members(
    open_page, worker, settings, alice, carol, program, contract, people, file_of_10000, axe_finds_nothing
):
    page = open_page()
    sign_in(page, "alice@acme.example", PASSWORD, LEARNERS)
    axe_finds_nothing(page)

    page.goto(f"{LEARNERS}/invite/file")
    page.set_input_files("input[type=file]", files=[file_of_10000])
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="37 rows are left out")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 37 rows").click()
    bad_rows = io.StringIO(download.value.path().read_text(encoding="utf-8-sig"), newline="")
    reasons = [row["Reason"] for row in csv.DictReader(bad_rows)]
    assert len(reasons) == 37
    assert all(reasons)
    axe_finds_nothing(page)

    page.get_by_role("button", name="Send 9,963 invitations").click()
    expect(page.get_by_text("View invited learners")).to_be_visible(timeout=60_000)
    axe_finds_nothing(page)
    sent = OutboundEmail.objects.filter(kind="invitation", state="sent")
    wait_until(lambda: sent.count() == 9963, seconds=300)
    assert Membership.objects.filter(program=program, state="invited").count() == 9967
    assert len(mailbox.messages(settings.MAILBOX_DIR, "person7@acme.example")) == 1

    join_without_an_account(open_page, settings.MAILBOX_DIR, axe_finds_nothing)
    join_with_an_account(open_page, settings.MAILBOX_DIR)
    numbers_agree(page, program, contract)


def join_without_an_account(open_page, directory, axe_finds_nothing):
    phone = open_page(width=390, height=844)
    phone.goto(invitation_link(directory, "dave@acme.example"))
    axe_finds_nothing(phone)
    expect(phone.get_by_label("E-mail")).to_have_value("dave@acme.example")
    phone.get_by_label("Password").fill("a long enough secret")
    phone.get_by_role("button", name="Create account and join").click()
    phone.wait_for_url("**/programs/english")
    axe_finds_nothing(phone)


def join_with_an_account(open_page, directory):
    phone = open_page(width=390, height=844)
    link = invitation_link(directory, "carol@acme.example")
    phone.goto(link)
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name=re.compile("join", re.IGNORECASE)).first.click()
    phone.wait_for_url("**/programs/english")
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("already a member")


def numbers_agree(page, program, contract):
    """The list, the seats, the ledger and the audit log tell the same story."""
    page.goto(f"{LEARNERS}?status=joined&q=dave")
    expect(page.get_by_text("dave@acme.example")).to_be_visible()
    contract.refresh_from_db()
    assert contract.taken == 2
    assert LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta")) == {"sum": 2}
    joined = AuditEvent.objects.filter(verb="membership.joined").order_by("target_label")
    assert [event.target_label for event in joined] == [
        "Carol Carlsson <carol@acme.example> in English for Work",
        "Dave Dahl <dave@acme.example> in English for Work",
    ]
    page.goto(f"/o/acme/admin/settings/contracts/{contract.pk}")
    expect(page.get_by_text("Dave Dahl")).to_be_visible()
    assert Person.objects.get(email="dave@acme.example").external_id == ""


def test_bob_and_mallory_stay_out(open_page, site, bob, mallory, program, other_program):
    page = open_page()
    sign_in(page, "bob@acme.example", PASSWORD, LEARNERS)
    assert page.request.get("/o/acme/admin/programs/data/learners").status == 404
    assert page.request.get("/o/acme/admin/settings/audit").status == 403
    other = open_page()
    sign_in(other, "mallory@globex.example", PASSWORD, "/o/globex/admin")
    assert other.request.get(LEARNERS).status == 404
    assert other.request.get("/o/acme/admin").status == 404
