"""Account pages that are seldom seen, on a phone and on a desk: a lost password and closed doors."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from learners.people.adapter import AccountAdapter
from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.browser
SECRET = "another quite long one"


@pytest.fixture(params=[(390, False), (1440, True)], ids=str)
def page(request, open_page):
    width, dark = request.param
    return open_page(width, dark=dark)


def says(page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_lost_password_is_set_anew_and_its_link_works_once(page, look, read_mail, carol):
    page.goto("/accounts/password/reset/")
    look(page)
    page.get_by_label("E-mail").fill(carol.email)
    page.get_by_role("button", name="Send the link").click()
    says(page, "Look into your mail")
    look(page)
    link = read_mail(carol.email, "password/reset")
    page.goto(link)
    says(page, "Set a new password")
    look(page)
    for field in page.locator("input[type=password]").all():
        field.fill(SECRET)
    page.get_by_role("button", name="Set password and sign in").click()
    page.wait_for_url("**/programs")
    page.context.clear_cookies()
    page.goto(link)
    says(page, "This link no longer works")
    look(page)
    sign_in(page, carol.email, SECRET, "/programs")


def test_asking_too_often_is_refused_with_a_page(page, look, carol):
    for _try in range(6):
        page.goto("/accounts/password/reset/")
        page.get_by_label("E-mail").fill(carol.email)
        page.get_by_role("button", name="Send the link").click()
    says(page, "That was too often in a short time")
    look(page)


def test_where_signing_up_is_closed_a_page_says_so(page, look, db, monkeypatch):
    monkeypatch.setattr(AccountAdapter, "is_open_for_signup", lambda self, request: False)
    page.goto("/accounts/signup/")
    says(page, "Accounts are made by invitation")
    look(page)


def test_an_account_without_a_password_gets_its_first(page, look, site, client, carol):
    carol.set_unusable_password()
    carol.save()
    client.force_login(carol)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page.goto("/accounts/password/set/")
    says(page, "Set a password")
    look(page)
