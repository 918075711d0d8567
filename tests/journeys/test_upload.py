"""A file of people goes through the page: what is said while it is checked, and what is too much."""

import pytest
from playwright.sync_api import expect

from learners.models import InviteImport
from tests.learners.files import people, table

pytestmark = pytest.mark.browser
UPLOAD = "/o/acme/admin/programs/english/learners/invite/file"


def choose(page, rows: int) -> None:
    page.goto(UPLOAD)
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": table(people(rows))}
    page.set_input_files("input[type=file]", files=[file])


def test_while_the_file_is_checked_the_page_says_so_and_sends_it_once(desk, alice, program, contract):
    page, posts = desk("alice@acme.example", "/o/acme/admin"), []

    def stay(route):
        """An answer without content leaves the browser where it is, as one that takes its time does."""
        if route.request.method != "POST":
            return route.continue_()
        posts.append("POST")
        return route.fulfill(status=204)

    page.route(f"**{UPLOAD}", stay)
    choose(page, 3)
    check = page.get_by_role("button", name="Check the file")
    for _click in range(2):
        check.click()
        expect(page.get_by_text("The file is being checked. A large one takes some seconds.")).to_be_visible()
    assert posts == ["POST"]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()


def test_one_row_more_than_the_limit_is_refused_with_a_sentence(
    desk, look, settings, alice, program, contract
):
    settings.IMPORT_ROWS_LIMIT = 1_000
    page = desk("alice@acme.example", "/o/acme/admin")
    choose(page, 1_001)
    page.get_by_role("button", name="Check the file").click()
    expect(
        page.get_by_text(
            "The file has more than 1,000 rows. Split it and import the parts one after the other."
        )
    ).to_be_visible()
    look(page)
    assert InviteImport.objects.count() == 0
    choose(page, 1_000)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("button", name="Send 1,000 invitations")).to_be_visible()
