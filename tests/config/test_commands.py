"""The operators' commands: what they make, that twice is once, and each sentence with which they refuse."""

import io
from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection

from orgs.checks import search_stays_fast
from orgs.models import AuditEvent, Organization, RoleGrant, User
from orgs.permissions import Role
from programs.models import Contract, Program
from tests.factories import PASSWORD, ProgramFactory, UserFactory

SEATS = ["--seats", "500", "--from", "2026-01-01", "--to", "2026-12-31"]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as raised:
        run(*arguments)
    return str(raised.value)


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = "https://learn.example"


# --- create_organization ------------------------------------------------------------------------
def test_an_organization_is_created_with_what_was_said(db):
    said = run(
        *("create_organization", "acme", "--name", " Acme  Group ", "--color", "#7A1FA2", "--country", "se"),
        *("--timezone", "Europe/Stockholm", "--industry", "Steel", "--size", "100-999"),
    )
    assert said == (
        "Created the organization Acme Group.\n"
        "Open  https://learn.example/o/acme/admin\n"
        "Next  manage.py create_admin --organization acme --email … --name …\n"
    )
    organization = Organization.objects.get()
    assert (organization.name, organization.brand_color, organization.country) == (
        "Acme Group",
        "#7a1fa2",
        "SE",
    )
    assert (organization.timezone, organization.industry) == ("Europe/Stockholm", "Steel")
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.after["slug"]) == ("organization.created", None, "acme")


def test_creating_the_same_organization_again_changes_nothing(db):
    run("create_organization", "acme", "--name", "Acme")
    assert run("create_organization", "acme", "--name", "Acme").startswith(
        "The organization Acme exists already with these values.\n"
    )
    assert (Organization.objects.count(), AuditEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["acme", "--name", "Other"], "Acme exists already with the name “Acme”, not “Other”."),
        (
            ["Acme Group", "--name", "A"],
            "“Acme Group” cannot be an address: use small letters, digits and hyphens, such as “acme-group”.",
        ),
        (
            ["---", "--name", "A"],
            "“---” cannot be an address: use small letters, digits and hyphens, such as “acme-group”.",
        ),
        (["a" * 61, "--name", "A"], "Slug: Ensure this value has at most 60 characters (it has 61)."),
        (["new", "--name", " "], "Name: This field cannot be blank."),
        (["new", "--name", "A", "--color", "red"], "Brand colour: Write the colour as # and six hex digits."),
        (
            ["new", "--name", "A", "--timezone", "Europe/Stokholm"],
            "“Europe/Stokholm” is not a known time zone. Did you mean Europe/Stockholm?",
        ),
        (
            ["new", "--name", "A", "--timezone", "x"],
            "“x” is not a known time zone; write it as Europe/Copenhagen.",
        ),
        (["new", "--name", "A", "--country", "XX"], "“XX” is not a two-letter country code such as DK."),
        (
            ["new", "--name", "A", "--size", "big"],
            "“big” is not a size; choose one of 1-99, 100-999, 1000-9999, 10000+.",
        ),
    ],
)
def test_an_organization_that_cannot_be_is_refused_in_a_sentence(acme, arguments, sentence):
    # "---" would be read as an option; "--" ends them.
    command = ["create_organization", *arguments[1:], "--", arguments[0]]
    assert refusal(*command) == sentence
    assert list(Organization.objects.values_list("slug", "name")) == [("acme", "Acme")]


# --- create_program -----------------------------------------------------------------------------
def test_a_program_is_created_once_and_found_again(acme):
    command = ["create_program", "english", "--organization", "acme", "--name", "English for Work"]
    assert run(*command, "--tagline", "Say it well.") == (
        "Created the program English for Work in Acme.\n"
        "Open  https://learn.example/o/acme/admin/programs/english/learners\n"
        "Learners join at  https://learn.example/programs/english\n"
    )
    assert run(*command).startswith("The program English for Work exists already with these values.\n")
    assert list(Program.objects.values_list("organization", "slug", "tagline")) == [
        (acme.pk, "english", "Say it well.")
    ]
    assert [entry.verb for entry in AuditEvent.objects.all()] == ["program.created"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x", "--organization", "acne"], "There is no organization “acne”. Did you mean acme?"),
        (["x", "--organization", "zzz"], "There is no organization “zzz”. There is: acme, globex."),
        (
            ["english", "--organization", "acme"],
            "English for Work exists already with the name “English for Work”, not “N”.",
        ),
        (
            ["basics", "--organization", "acme"],
            "The address “basics” belongs to a program of another organization.",
        ),
        (
            ["En glish", "--organization", "acme"],
            "“En glish” cannot be an address: use small letters, digits and hyphens, such as “en-glish”.",
        ),
    ],
)
def test_a_program_that_cannot_be_is_refused_in_a_sentence(program, globex, arguments, sentence):
    ProgramFactory(organization=globex, slug="basics")
    assert refusal("create_program", *arguments, "--name", "N") == sentence
    assert Program.objects.count() == 2


def test_with_no_organization_at_all_the_refusal_says_how_to_make_one(db):
    assert refusal("create_program", "x", "--organization", "acme", "--name", "N") == (
        "There is no organization “acme”: there is none yet, make one with manage.py create_organization."
    )


# --- create_contract ----------------------------------------------------------------------------
def test_a_contract_is_created_once_and_found_again(acme):
    command = ["create_contract", "Workforce", "--organization", "acme", *SEATS[:2]]
    days = ["--from", "2020-01-01", "--to", "2099-12-31"]
    said = run(*command, *days)
    contract = Contract.objects.get()
    assert said == (
        "Created the contract Workforce of Acme: 500 seats, 1 Jan 2020 to 31 Dec 2099.\n"
        f"Open  https://learn.example/o/acme/admin/settings/contracts/{contract.pk}\n"
    )
    assert run(*command, *days).startswith("The contract Workforce exists already with these values.\n")
    assert (contract.kind, contract.quantity, contract.taken) == ("seats", 500, 0)
    assert (contract.starts_on, contract.ends_on) == (date(2020, 1, 1), date(2099, 12, 31))
    assert [entry.verb for entry in AuditEvent.objects.all()] == ["contract.created"]


def test_contracts_of_enrollments_and_without_limit(acme):
    days = ["--from", "2020-01-01", "--to", "2020-12-31"]
    over = "Nobody can join under it today, since today is outside its dates.\n"
    assert over in run("create_contract", "Courses", "--organization", "acme", "--enrollments", "7", *days)
    assert over in run("create_contract", "All", "--organization", "acme", "--unlimited", *days)
    assert list(Contract.objects.order_by("id").values_list("kind", "quantity")) == [
        ("enrollments", 7),
        ("unlimited", None),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seats", "x"], "--seats takes a whole number above 0, not “x”."),
        (["--seats", "0"], "--seats takes a whole number above 0, not “0”."),
        (["--enrollments", "-1"], "--enrollments takes a whole number above 0, not “-1”."),
        (["--seats", "99999999999"], "Quantity: Ensure this value is less than or equal to 2147483647."),
        (["--from", "2026-02-30"], "“2026-02-30” is not a date; write it like 2026-12-31."),
        (["--to", "2025-12-31"], "Last day: The last day is before the first."),
        (["--organization", "acmee"], "There is no organization “acmee”. Did you mean acme?"),
    ],
)
def test_a_contract_that_cannot_be_is_refused_in_a_sentence(acme, arguments, sentence):
    given = {"--organization": "acme", "--seats": "5", "--from": "2026-01-01", "--to": "2026-12-31"}
    if arguments[0] == "--enrollments":
        del given["--seats"]
    given[arguments[0]] = arguments[1]
    assert refusal("create_contract", "W", *(f"{name}={value}" for name, value in given.items())) == sentence
    assert Contract.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seats", "501", *SEATS[2:]], "Workforce exists already with the quantity “500”, not “501”."),
        (["--unlimited", *SEATS[2:]], "Workforce exists already with the type “seats”, not “unlimited”."),
        (
            ["--seats", "500", "--from", "2026-01-02", "--to", "2026-12-31"],
            "Workforce exists already with the first day “2026-01-01”, not “2026-01-02”.",
        ),
    ],
)
def test_a_contract_is_not_changed_by_creating_it_otherwise(acme, arguments, sentence):
    run("create_contract", "Workforce", "--organization", "acme", *SEATS)
    assert refusal("create_contract", "Workforce", "--organization", "acme", *arguments) == sentence
    assert Contract.objects.get().quantity == 500


# --- create_admin -------------------------------------------------------------------------------
ADMIN = ["create_admin", "--organization", "acme", "--email"]


def test_a_new_admin_gets_a_link_that_sets_a_password_once(acme, client):
    said = run(*ADMIN, " Alice@Acme.example ", "--name", "Alice Andersson").splitlines()
    assert said[0] == "Alice Andersson <alice@acme.example> now administers Acme."
    assert said[2] == "Open  https://learn.example/o/acme/admin"
    user = User.objects.get()
    assert EmailAddress.objects.get(user=user, email="alice@acme.example", verified=True, primary=True)
    grant = RoleGrant.objects.get()
    assert (grant.user, grant.organization, grant.role, grant.program) == (user, acme, Role.ORG_ADMIN, None)
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.target_label) == ("admin.added", None, "Alice Andersson")
    link = said[1].removeprefix("Set a password  https://learn.example")
    form = client.get(link, follow=True)
    password = {"password1": "lantern harbour 7", "password2": "lantern harbour 7"}
    client.post(form.redirect_chain[-1][0], password)
    user.refresh_from_db()
    assert user.check_password("lantern harbour 7")
    client.logout()
    assert client.get(link, follow=True).redirect_chain == []


def test_making_the_same_admin_again_changes_nothing_and_gives_a_link_again(acme):
    run(*ADMIN, "alice@acme.example", "--name", "Alice")
    said = run(*ADMIN, "alice@acme.example", "--name", "Alice")
    assert said.startswith(
        "Alice <alice@acme.example> administers Acme already.\nSet a password  https://learn.example/accounts/"
    )
    assert (User.objects.count(), RoleGrant.objects.count(), AuditEvent.objects.count()) == (1, 1, 1)


def test_an_existing_account_gets_the_role_and_keeps_its_password(program, carol):
    said = run(*ADMIN, "carol@acme.example", "--program", "english")
    assert said == (
        "Carol Carlsson <carol@acme.example> now administers English for Work in Acme.\n"
        "They sign in with the password they have.\n"
        "Open  https://learn.example/o/acme/admin\n"
    )
    grant = RoleGrant.objects.get()
    assert (grant.user, grant.role, grant.program) == (carol, Role.PROGRAM_ADMIN, program)
    carol.refresh_from_db()
    assert carol.check_password(PASSWORD)


def test_an_account_is_found_by_any_of_its_verified_addresses_and_an_unverified_own_one_counts(acme, carol):
    EmailAddress.objects.create(user=carol, email="carol@home.example", verified=True)
    dora = UserFactory(name="Dora", email="dora@acme.example")
    EmailAddress.objects.filter(user=dora).update(verified=False)
    run(*ADMIN, "carol@home.example")
    run(*ADMIN, "dora@acme.example")
    assert set(RoleGrant.objects.values_list("user", flat=True)) == {carol.pk, dora.pk}
    assert EmailAddress.objects.get(user=dora).verified


def test_a_password_comes_from_standard_input(acme, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    said = run(*ADMIN, "alice@acme.example", "--name", "Alice", "--password-stdin")
    assert "Set a password" not in said
    assert User.objects.get().check_password("correct horse battery")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    again = run(*ADMIN, "alice@acme.example", "--name", "Alice", "--password-stdin")
    assert again.startswith("Alice <alice@acme.example> administers Acme already.\n")


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "This password is too short. It must contain at least 10 characters."),
        ("", "The password is empty."),
        ("password1234", "This password is too common."),
    ],
)
def test_a_weak_password_is_refused_and_nobody_is_made(acme, monkeypatch, password, sentence):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    assert refusal(*ADMIN, "alice@acme.example", "--name", "Alice", "--password-stdin") == sentence
    assert (User.objects.count(), RoleGrant.objects.count()) == (0, 0)


def test_another_password_for_an_existing_account_is_refused(acme, carol, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("another long one\n"))
    assert refusal(*ADMIN, "carol@acme.example", "--password-stdin") == (
        "The account carol@acme.example has another password already; leave the password out to use it."
    )
    assert RoleGrant.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["alice@acme"], "“alice@acme” is not an e-mail address."),
        (["new@acme.example"], "new@acme.example has no account yet: give a name for it."),
        (
            ["carol@acme.example", "--name", "Karla"],
            "The account carol@acme.example belongs to “Carol Carlsson”, not “Karla”; "
            "leave the name out to use it.",
        ),
        (
            ["carol@acme.example", "--program", "englisch"],
            "Acme has no program “englisch”. Did you mean english?",
        ),
        (["carol@acme.example", "--program", "basics"], "Acme has no program “basics”. There is: english."),
        (
            ["alice@acme.example", "--program", "english"],
            "Alice Andersson is an organization admin of Acme and administers every program already.",
        ),
        (["gone@acme.example"], "The account gone@acme.example is closed."),
    ],
)
def test_an_admin_who_cannot_be_is_refused_in_a_sentence(program, alice, carol, globex, arguments, sentence):
    ProgramFactory(organization=globex, slug="basics")
    UserFactory(email="gone@acme.example", is_active=False)
    assert refusal(*ADMIN, *arguments) == sentence
    assert list(RoleGrant.objects.values_list("user", flat=True)) == [alice.pk]


# --- all of them --------------------------------------------------------------------------------
COMMANDS = (
    "create_organization",
    "create_program",
    "create_contract",
    "create_admin",
    "import_learners",
    "demo",
    "reconcile",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command(command, "--help")
    assert ended.value.code == 0
    assert f"\nexample:\n  manage.py {command}" in capsys.readouterr().out


def test_a_database_without_tables_is_one_sentence(db):
    with connection.cursor() as cursor:
        cursor.execute("alter table orgs_organization rename to elsewhere")
    assert refusal("create_organization", "acme", "--name", "Acme") == (
        "The database lacks tables: run manage.py migrate first."
    )


# --- the check of the database ------------------------------------------------------------------
def test_the_check_is_content_where_textlike_is_leakproof(db):
    assert search_stays_fast(databases=["default"]) == []
    assert search_stays_fast(databases=None) == []


@pytest.fixture
def _plain_database(transactional_db):
    """Look, for the length of a test, at a database as PostgreSQL makes it."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'drop database if exists "{name}_plain"')
        cursor.execute(f'create database "{name}_plain" template template0')
    connection.close()
    connection.settings_dict["NAME"] = f"{name}_plain"
    yield
    connection.close()
    connection.settings_dict["NAME"] = name
    with connection.cursor() as cursor:
        cursor.execute(f'drop database "{name}_plain"')


@pytest.mark.usefixtures("_plain_database")
def test_the_check_warns_where_textlike_is_not_leakproof():
    (warning,) = search_stays_fast(databases=["default"])
    assert (warning.id, warning.msg) == (
        "orgs.W001",
        "Searching people is slow: textlike is not marked LEAKPROOF in the database “default”.",
    )
    assert "alter function pg_catalog.textlike(text, text) leakproof;" in warning.hint
