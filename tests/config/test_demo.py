"""`manage.py demo`: the same people for the same seed and day, twice is once, and nothing real is touched."""

import io
import random
from datetime import date, datetime, time, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone

from config.demo import building, names, story
from config.demo.people import Cast
from config.lib import emails
from learners.models import ImportRow, InviteImport, LicenceLedger, Membership, Person, TurnedAway
from orgs.models import AuditEvent, Organization, OutboundEmail, RoleGrant, User
from programs.models import Contract, Program
from tests.factories import MembershipFactory, OrganizationFactory, PersonFactory, ProgramFactory

SIGN_IN = "\nSign in at https://learn.example/accounts/login/ with the password lantern-harbour-42\n\n"


@pytest.fixture(autouse=True)
def _development(settings):
    settings.SITE_URL, settings.DEV_PAGES = "https://learn.example", True


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as raised:
        run(*arguments)
    return str(raised.value)


def everyone() -> list[tuple]:
    fields = (
        "person__email",
        "person__name",
        "person__external_id",
        "program__slug",
        "contract__name",
        "state",
    )
    return list(
        Membership.objects.order_by("id").values_list(*fields, "invited_at", "joined_at", "removed_at")
    )


def test_it_makes_two_organizations_and_everything_in_them_agrees(db):
    said = run("--size", "small")
    assert said.partition(": ")[2].startswith("2 organizations, 5 programs, 1,192 people, ")
    assert said.partition("\n")[0].startswith("Made the demo in ")
    assert list(Organization.objects.values_list("slug", "name")) == [
        ("fernweh", "Fernweh Travel"),
        ("nordhaven", "Nordhaven Group"),
    ]
    out = io.StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue().startswith("No differences. ")
    members = Membership.objects.filter(state="member")
    assert members.filter(person__user=None).count() == 0
    assert members.exclude(person__email=F("person__user__email")).count() == 0
    seats = Contract.objects.filter(kind="seats").order_by("name")
    assert [(contract.name.split()[0], contract.left == 0, contract.is_running) for contract in seats] == [
        ("Pilot", True, False),
        ("Team", True, True),
        ("Workforce", False, True),
        ("Workforce", False, False),
    ]
    for contract in Contract.objects.all():
        held = LicenceLedger.objects.filter(contract=contract).aggregate(sum=Sum("delta", default=0))["sum"]
        assert held == contract.taken
    assert set(TurnedAway.objects.values_list("reason", flat=True)) == {"ended", "full"}
    assert OutboundEmail.objects.count() == 0


def test_its_figures_are_believable(db):
    run()
    total = Membership.objects.filter(organization__slug="nordhaven").count()
    joined = Membership.objects.filter(organization__slug="nordhaven", joined_at__isnull=False)
    assert 0.72 < joined.count() / total < 0.85
    assert 0.005 < joined.filter(state="removed").count() / joined.count() < 0.04
    weekend = joined.filter(joined_at__iso_week_day__in=[6, 7]).count()
    assert weekend / joined.count() < 0.05
    lately = timezone.now() - timedelta(days=30)
    assert joined.filter(joined_at__gte=lately).count() > 30
    assert sum(not name.isascii() for name in Person.objects.values_list("name", flat=True)) > 200
    assert max(len(name) for name in Person.objects.values_list("name", flat=True)) > 40
    assert not [email for email in Person.objects.values_list("email", flat=True) if emails.problem(email)]
    assert not Person.objects.exclude(email__endswith=".example").exists()


def test_it_holds_an_import_with_bad_rows_and_the_story_of_the_others(db):
    run()
    job = InviteImport.objects.get(file_name__startswith="newcomers-")
    assert (job.state, job.rows, job.problems, job.done, job.invited) == ("done", 27, 11, 16, 16)
    assert set(ImportRow.objects.exclude(problem="").values_list("problem", flat=True)) == {
        "already_invited",
        "already_member",
        "duplicate",
        "email_invalid",
        "name_long",
        "name_missing",
    }
    imports = InviteImport.objects.exclude(pk=job.pk)
    assert imports.count() == AuditEvent.objects.filter(verb="invitations.imported").count() - 1 > 25
    reached = Membership.objects.filter(invited_at__in=imports.values("started_at")).count()
    assert reached == imports.aggregate(sum=Sum("invited"))["sum"]
    assert not InviteImport.objects.filter(created_at__gte=timezone.now()).exists()


def test_everyone_it_names_can_sign_in_and_the_invitation_opens(db, client):
    said = run()
    assert SIGN_IN in said
    for email, page in (
        ("signe.halvorsen@nordhaven.example", "/o/nordhaven/admin"),
        ("desmond.adeyemi@nordhaven.example", "/o/nordhaven/admin"),
        ("joana.azevedo@nordhaven.example", "/programs/data-literacy"),
        ("mira.sommerfeld@fernweh.example", "/o/fernweh/admin"),
    ):
        assert f"{email}" in said
        client.post("/accounts/login/", {"login": email, "password": story.PASSWORD})
        assert client.session["_auth_user_id"] == str(User.objects.get(email=email).pk)
        assert client.get(page).status_code == 200
        client.logout()
    assert set(RoleGrant.objects.values_list("user__email", "role", "program__slug")) == {
        ("signe.halvorsen@nordhaven.example", "org_admin", None),
        ("desmond.adeyemi@nordhaven.example", "program_admin", "digital-operations"),
        ("mira.sommerfeld@fernweh.example", "org_admin", None),
    }
    link = next(word for word in said.split() if "/invitations/" in word)
    page = client.get(link.removeprefix("https://learn.example"))
    assert (page.status_code, b"rafael.monteiro@nordhaven.example" in page.content) == (200, True)


def test_running_it_again_changes_nothing_and_prints_how_to_sign_in_again(db):
    first = run()
    before = everyone()
    again = run("--size", "small", "--seed", "1")
    assert again.startswith("The demo is there already: 2 organizations, 5 programs, 1,192 people, ")
    assert again.partition("\n")[2] == first.partition("\n")[2]
    assert (everyone(), User.objects.count()) == (before, len({row[0] for row in before if row[7]}) + 3)


def test_reset_makes_the_same_people_again_and_touches_nobody_else(acme, program, contract, carol):
    elsewhere = MembershipFactory(
        program=program, contract=contract, joined=True, person__email="dana@acme.example"
    )
    at_nordhaven = User.objects.create_user("real@nordhaven.example", name="Real")
    PersonFactory(organization=acme, email=at_nordhaven.email, user=at_nordhaven)
    run()
    of_demo, learned = everyone()[1:], _coursework()
    rows = {table: _count(table) for table in TABLES}
    said = run("--reset")
    assert said.startswith("Deleting the demo of ")
    assert everyone() == [everyone()[0], *of_demo]
    assert len(learned[1]) > 10_000
    assert _coursework() == learned
    assert {table: _count(table) for table in TABLES} == rows
    assert Membership.objects.get(pk=elsewhere.pk).person.email == "dana@acme.example"
    assert set(User.objects.filter(pk__in=[carol.pk, at_nordhaven.pk])) == {carol, at_nordhaven}


TABLES = (
    *("orgs_user", "account_emailaddress", "orgs_organization", "orgs_auditevent", "orgs_rolegrant"),
    *(
        "programs_program",
        "programs_contract",
        "learners_person",
        "learners_membership",
        "learners_invitation",
    ),
    *("learners_licenceledger", "learners_inviteimport", "learners_importrow", "learners_turnedaway"),
    *("programs_collection", "programs_collectionentry", "learners_enrollment"),
    *("learners_specializationenrollment", "learners_courserecord", "learners_itemprogress"),
    *("learners_lessontaken", "learners_attempt", "learners_activity", "learners_learningspan"),
)
COURSEWORK = (
    """select u.email, c.slug, r.created_at, r.started_at, r.progress, r.grade, r.completed_at, r.verified_at
    from learners_courserecord r join orgs_user u on u.id = r.user_id
    join catalog_course c on c.id = r.course_id order by 1, 2""",
    """select u.email, c.slug, i.key, a.kind, a.at, a.completes
    from learners_activity a join orgs_user u on u.id = a.user_id join catalog_course c on c.id = a.course_id
    left join catalog_item i on i.id = a.item_id order by 1, 2, 5, 3, 4""",
    """select u.email, c.slug, i.key, a.submitted_at, a.score, a.passed
    from learners_attempt a join learners_courserecord r on r.id = a.record_id
    join orgs_user u on u.id = r.user_id join catalog_item i on i.id = a.item_id
    join catalog_course c on c.id = r.course_id order by 1, 2, 4, 3""",
    """select m.sort_name, p.slug, c.slug, k.name, e.source, e.enrolled_at, e.left_at, e.left_reason,
      e.seconds, e.lessons, e.assessments, e.last_activity_at
    from learners_enrollment e join learners_membership m on m.id = e.membership_id
    join programs_program p on p.id = e.program_id join catalog_course c on c.id = e.course_id
    join programs_contract k on k.id = e.contract_id order by 1, 2, 3, 6""",
    """select k.name, l.delta, l.reason, l.at from learners_licenceledger l
    join programs_contract k on k.id = l.contract_id order by 4, 1, 3""",
)


def _coursework() -> list[list[tuple]]:
    told = []
    with connection.cursor() as cursor:
        for query in COURSEWORK:
            cursor.execute(query)
            told.append(cursor.fetchall())
    return told


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        return cursor.fetchone()[0]


def test_removing_the_demo_leaves_no_row_of_it(db):
    building.build(size="small", seed=1, today=timezone.localdate())
    building.remove(building.find())
    assert {table: _count(table) for table in TABLES} == dict.fromkeys(TABLES, 0)
    assert building.find() is None


@pytest.mark.parametrize("options", [["--size", "medium"], ["--seed", "2"]])
def test_another_size_or_seed_is_refused_without_reset(db, options):
    run()
    assert refusal(*options) == "The demo is there in size small with seed 1; add --reset to make it anew."


def test_in_production_it_wants_to_be_told_twice(db, settings):
    settings.DEV_PAGES = False
    assert (
        refusal()
        == "This looks like production, and everyone knows the demo's password: add --yes to insist."
    )
    assert Organization.objects.count() == 0
    assert SIGN_IN in run("--yes")


def test_a_real_organization_or_program_of_the_same_address_is_left_alone(acme):
    real = OrganizationFactory(name="Fernweh Travel", slug="fernweh")
    sentence = refusal()
    assert sentence.startswith("Fernweh Travel exists already with the brand colour “#006466”")
    Organization.objects.filter(pk=real.pk).delete()
    ProgramFactory(organization=acme, slug="travel-advisor")
    assert refusal() == "The address “travel-advisor” belongs to a program of another organization."
    assert (list(Organization.objects.all()), Person.objects.count(), User.objects.count()) == ([acme], 0, 0)


# --- the story, without a database --------------------------------------------------------------
DAYS = [
    date(2026, 11, 23),
    date(2027, 1, 1),
    date(2028, 2, 29),
    date(2027, 3, 28),
    date(2026, 8, 31),
    date(2026, 9, 1),
]


def cast(company: story.Company, today: date, seed: int = 1) -> Cast:
    programs = {course.slug: number for number, course in enumerate(company.courses, 1)}
    contracts = {term.name: number for number, term in enumerate(company.terms, 1)}
    return Cast(company, programs, contracts, today, seed)


@pytest.mark.parametrize("today", [day + timedelta(days=n) for day in DAYS for n in range(3)], ids=str)
def test_on_any_day_there_are_contracts_of_each_kind_and_state(today):
    states = {
        (term.kind, (term.starts_on > today) - (term.ends_on < today))
        for company in story.companies("small", today)
        for term in company.terms
    }
    assert states == set(product(Contract.Kind, (-1, 0, 1)))


@pytest.mark.parametrize("today", [day + timedelta(days=n) for day in DAYS for n in range(3)], ids=str)
def test_on_any_day_contracts_run_and_everything_happens_in_its_order_and_before_today(today):
    for company in story.companies("small", today):
        running = {course.term for course in company.courses}
        assert all(term.starts_on <= today <= term.ends_on for term in company.terms if term.name in running)
        zone = ZoneInfo(company.timezone)
        midnight = datetime.combine(today, time(), tzinfo=zone)
        terms = dict(enumerate(company.terms, 1))
        taken = dict.fromkeys(terms, 0)
        people = list(cast(company, today))
        for row in (membership for person in people for membership in person.memberships):
            term = terms[row.contract_id]
            moments = [row.invited_at, row.joined_at, row.removed_at]
            happened = [moment for moment in moments if moment]
            assert happened == sorted(happened)
            assert happened[-1] < midnight
            assert not row.sent_at or row.invited_at <= row.sent_at < midnight
            assert (row.sent_at is None) == (row.sent_count == 0)
            days = [moment.astimezone(zone).date() for moment in moments[:2] if moment]
            assert all(term.starts_on <= day <= term.ends_on for day in days)
            taken[row.contract_id] += row.state == "member"
        assert all(taken[number] <= term.quantity for number, term in terms.items() if term.kind == "seats")
        assert len({person.email for person in people}) == len(people) == company.people


def test_the_same_seed_gives_the_same_people_and_another_gives_others():
    today = date(2026, 6, 8)
    nordhaven = story.companies("small", today)[0]
    assert list(cast(nordhaven, today)) == list(cast(nordhaven, today))
    others = {person.email for person in cast(nordhaven, today, seed=2)}
    assert len(others - {person.email for person in cast(nordhaven, today)}) > 100


def test_contracts_are_named_after_their_years():
    nordhaven, fernweh = story.companies("small", date(2026, 6, 8))
    assert [term.name for term in (*nordhaven.terms, *fernweh.terms)] == [
        "Workforce 2023–27",
        "Cloud & Security 2025",
        "Pilot 2023",
        "Cloud & Security 2024",
        "Leadership",
        "Workforce 2027–31",
        "Cloud & Security 2026",
        "Team 2026",
        "Trial",
        "Everyone",
    ]


def test_names_give_each_person_an_address_of_their_own():
    surnames = [names.ascii_of(last) for language in names.LANGUAGES for last in language.last]
    assert len(set(surnames)) == len(surnames)
    people = list(islice(names.Names(random.Random("1")), 50_000))
    assert len({person.local for person in people}) == 50_000
    assert {emails.problem(f"{person.local}@nordhaven.example") for person in people} == {""}


def test_a_name_is_folded_into_the_letters_of_an_address():
    folded = [
        names.ascii_of(entry) for entry in ("Ní_Dhomhnaill", "Çobanoğlu", "Østergaard", "김|kim", "Rößler")
    ]
    assert folded == ["nidhomhnaill", "cobanoglu", "ostergaard", "kim", "roessler"]
    assert names.written("van_der_Meer|vandermeer") == "van der Meer"


def test_the_program_counts_come_from_the_story(db):
    run()
    assert list(Program.objects.order_by("slug").values_list("slug", flat=True)) == sorted(
        course.slug
        for company in story.companies("small", timezone.localdate())
        for course in company.courses
    )
