"""The settings of one's own account: name, addresses, password, mails."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from orgs.models import OutboundEmail, User
from tests.factories import PASSWORD, MembershipFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.usefixtures("own_cache")
PAGE = "/account"
HOME = "carol@home.example"


@pytest.fixture
def browser(carol, signed_in):
    return signed_in(carol)


@pytest.fixture
def proven(browser):
    """A browser in which the password was just given, as changing addresses asks for."""
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": PAGE})
    return browser


def words(response) -> str:
    return " ".join(response.content.decode().split())


def addresses(user) -> list[tuple[str, bool, bool]]:
    rows = EmailAddress.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("email", "verified", "primary"))


def test_the_account_menu_leads_to_the_settings(browser):
    assert f'<a href="{PAGE}">' in words(browser.get("/programs"))


def test_the_settings_show_everything_of_ones_own_and_nothing_of_others(browser, carol, mallory):
    EmailAddress.objects.create(user=carol, email=HOME, verified=False)

    page = words(browser.get(PAGE))

    assert 'value="Carol Carlsson"' in page
    assert "carol@acme.example" in page
    assert HOME in page
    assert "Not confirmed" in page
    assert reverse("account_change_password") in page
    assert reverse("account_delete") in page
    assert "mallory" not in page.lower()


@pytest.mark.parametrize("path", [PAGE, "/account/connect", "/account/delete", "/accounts/email/"])
def test_pages_of_ones_own_account_ask_to_sign_in(client, path):
    assert client.get(path)["Location"] == f"{reverse('account_login')}?next={path}"
    assert client.post(path)["Location"] == f"{reverse('account_login')}?next={path}"


@pytest.mark.parametrize("path", [PAGE, "/account/connect", "/account/delete", "/accounts/email/"])
def test_looking_changes_nothing_and_another_site_cannot_act(carol, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carol)
    before = User.objects.values().get(), addresses(carol), OutboundEmail.objects.count()

    browser.get(f"{path}?step=name&name=Mallory&action_add=&email={HOME}&password={PASSWORD}")

    for answer in (browser.post(path, {"step": "name", "name": "Mallory", "action_add": "", "email": HOME}),):
        assert answer.status_code == 403
    assert before == (User.objects.values().get(), addresses(carol), OutboundEmail.objects.count())


# --- Name and mails -----------------------------------------------------------------------------
def test_a_name_is_changed_and_the_organization_keeps_its_own(browser, carol, acme):
    person = PersonFactory(organization=acme, email=carol.email, user=carol, name="Carol Carlsson")

    response = browser.post(PAGE, {"step": "name", "name": "  Carol \u202e Berg "}, follow=True)

    carol.refresh_from_db()
    person.refresh_from_db()
    assert (carol.name, person.name) == ("Carol Berg", "Carol Carlsson")
    assert "Your name is saved." in words(response)


@pytest.mark.parametrize("name", ["", "   ", "\u202e\u200b"])
def test_an_empty_name_is_refused_where_it_was_typed(browser, carol, name):
    response = browser.post(PAGE, {"step": "name", "name": name})

    assert response.status_code == 200
    assert 'aria-invalid="true"' in words(response)
    carol.refresh_from_db()
    assert carol.name == "Carol Carlsson"


def test_mails_one_can_do_without_are_on_until_one_says_otherwise(browser, carol):
    assert (carol.wants_course_mail, carol.wants_program_mail) == (True, True)

    browser.post(PAGE, {"step": "mail", "program": "on"})
    carol.refresh_from_db()
    assert (carol.wants_course_mail, carol.wants_program_mail) == (False, True)

    browser.post(PAGE, {"step": "mail"})
    carol.refresh_from_db()
    assert (carol.wants_course_mail, carol.wants_program_mail) == (False, False)


def test_a_change_of_one_part_leaves_the_others_alone(browser, carol):
    browser.post(PAGE, {"step": "name", "name": "Carol Berg", "course": ""})
    browser.post(PAGE, {"step": "unheard of", "name": "Mallory"})

    carol.refresh_from_db()
    assert (carol.name, carol.wants_course_mail) == ("Carol Berg", True)


# --- Addresses ----------------------------------------------------------------------------------
def test_there_is_one_page_for_addresses(browser):
    assert browser.get(reverse("account_email"))["Location"] == f"{PAGE}#addresses"


def test_an_address_is_added_after_the_password_and_confirmed_by_a_mail(browser, carol):
    asked = browser.post(reverse("account_email"), {"action_add": "", "email": HOME})
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert addresses(carol) == [("carol@acme.example", True, True)]

    response = browser.post(
        reverse("account_reauthenticate"),
        {"password": PASSWORD, "next": reverse("account_email")},
        follow=True,
    )

    assert response.request["PATH_INFO"] == PAGE
    assert HOME in words(response)
    assert addresses(carol) == [("carol@acme.example", True, True), (HOME, False, False)]
    mails = OutboundEmail.objects.order_by("pk").values_list("kind", "recipient")
    assert ("account_email_confirmation", HOME) in mails


def test_an_address_that_cannot_be_added_says_why(proven):
    response = proven.post(reverse("account_email"), {"action_add": "", "email": "carol@acme.example"})

    assert "This address belongs to your account already." in words(response)


def test_the_confirmation_mail_is_sent_again(proven, carol):
    EmailAddress.objects.create(user=carol, email=HOME, verified=False)

    response = proven.post(reverse("account_email"), {"action_send": "", "email": HOME})

    assert response["Location"] == reverse("account_email")
    assert OutboundEmail.objects.get().recipient == HOME


def test_a_confirmed_address_becomes_primary_and_an_unconfirmed_one_does_not(proven, carol):
    EmailAddress.objects.create(user=carol, email=HOME, verified=False)
    proven.post(reverse("account_email"), {"action_primary": "", "email": HOME})
    assert addresses(carol) == [("carol@acme.example", True, True), (HOME, False, False)]

    EmailAddress.objects.update(verified=True)
    proven.post(reverse("account_email"), {"action_primary": "", "email": HOME})

    assert addresses(carol) == [("carol@acme.example", True, False), (HOME, True, True)]
    carol.refresh_from_db()
    assert carol.email == HOME
    assert OutboundEmail.objects.get(kind="account_email_changed").recipient == "carol@acme.example"


def test_the_only_address_cannot_be_removed(proven, carol):
    assert "An account needs an address" in words(proven.get(PAGE))

    proven.post(reverse("account_email"), {"action_remove": "1", "email": carol.email})

    assert addresses(carol) == [("carol@acme.example", True, True)]


def test_removing_an_address_that_an_organization_knows_says_first_what_happens(proven, carol, program):
    EmailAddress.objects.create(user=carol, email=HOME, verified=True)
    known = PersonFactory(organization=program.organization, email=HOME, user=carol)
    MembershipFactory(program=program, person=known, joined=True)

    page = words(proven.get(PAGE))
    assert "Known to Acme" in page
    assert "Acme knows you by this address. You stay in its programs" in page
    proven.post(reverse("account_email"), {"action_remove": "1", "email": HOME})

    assert addresses(carol) == [("carol@acme.example", True, True)]
    known.refresh_from_db()
    assert (known.user, known.email) == (carol, HOME)
    assert proven.get(f"/programs/{program.slug}").status_code == 200


def test_an_address_of_someone_else_cannot_be_touched(proven, mallory):
    for act in ("action_primary", "action_remove", "action_send"):
        proven.post(reverse("account_email"), {act: "1", "email": mallory.email})

    assert addresses(mallory) == [("mallory@globex.example", True, True)]
    assert OutboundEmail.objects.count() == 0


# --- Password and brand -------------------------------------------------------------------------
def test_changing_the_password_leads_back_to_the_settings(browser):
    new = {
        "oldpassword": PASSWORD,
        "password1": "another gate entirely",
        "password2": "another gate entirely",
    }

    assert browser.post(reverse("account_change_password"), new)["Location"] == PAGE


def test_an_account_without_a_password_is_led_to_set_one(browser, carol):
    User.objects.filter(pk=carol.pk).update(password="!")
    browser.force_login(User.objects.get(pk=carol.pk))

    assert reverse("account_set_password") in words(browser.get(PAGE))
    assert reverse("account_set_password") in words(browser.get("/account/delete"))


def test_the_settings_wear_the_brand_of_the_only_organization(browser, carol, acme, globex):
    assert "learns with" not in words(browser.get(PAGE))
    PersonFactory(organization=acme, email=carol.email, user=carol)
    assert "Acme learns with Lyceum" in words(browser.get(PAGE))
    RoleGrantFactory(user=carol, organization=globex)
    assert "learns with" not in words(browser.get(PAGE))
