"""Paging through a program's people: numbered pages, then by keyset, and the state in the address."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict

from config.lib import keyset
from learners.models import Membership
from learners.people.queries import members
from learners.people.queries.members import Filter
from orgs.tenancy import org_transaction
from tests.learners.lists import join, remove, shown

URL = "/o/acme/admin/programs/english/learners"
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def browser(alice, program, signed_in):
    return signed_in(alice)


def test_page_sizes_and_page_numbers_divide_the_list(browser, program, contract):
    for number in range(23):
        join(program, contract, f"N{number:02}")
    first = browser.get(URL, {"size": 10, "sort": "name"})
    third = browser.get(URL, {"size": 10, "sort": "name", "page": 3})
    beyond = browser.get(URL, {"size": 10, "sort": "name", "page": 9})
    assert shown(first) == [f"N{number:02}" for number in range(10)]
    assert shown(third) == shown(beyond) == ["N20", "N21", "N22"]
    assert "1–10 of 23" in first.content.decode()
    assert "21–23 of 23" in third.content.decode()
    assert first.context["page"].slice.next == "?size=10&sort=name&page=2"
    assert third.context["page"].slice.previous == "?size=10&sort=name&page=2"
    assert (third.context["page"].slice.next, third.context["page"].slice.last) == ("", "")
    assert len(shown(browser.get(URL, {"size": 25}))) == 23


@pytest.fixture
def short_numbering(monkeypatch):
    """Two numbered pages, so that a few rows reach the keyset; counts end at 25."""
    monkeypatch.setattr(keyset, "NUMBERED_PAGES", 2)
    monkeypatch.setattr(keyset, "CAP", 25)


def follow(browser, response, link):
    return browser.get(URL + getattr(response.context["page"].slice, link))


@pytest.mark.parametrize("sort", ["name", "-name", "-joined", "enrollments", "-completions", "activity"])
def test_beyond_the_numbered_pages_next_and_previous_neither_lose_nor_repeat_anyone(
    browser, program, contract, short_numbering, sort
):
    """Most rows are equal in what they are sorted by, and one page holds fewer of them than there are."""
    for number in range(47):
        join(
            program,
            contract,
            f"N{number // 3}",
            email=f"n{number}@acme.example",
            joined_at=DAY,
            last_activity_at=DAY,
            enrollments=number // 30,
        )
    with org_transaction(program.organization):
        everyone = list(
            members.matching(program, Filter())
            .order_by(*Filter().order(sort).expressions())
            .values_list("pk", flat=True)
        )
    response = browser.get(URL, {"size": 10, "sort": sort})
    pages = [response]
    while response.context["page"].slice.next:
        response = follow(browser, response, "next")
        pages.append(response)
    assert [row.pk for page in pages for row in page.context["page"].rows] == everyone
    assert [page.context["page"].slice.number for page in pages] == [1, 2, 3, 4, 5]
    back = [response]
    while response.context["page"].slice.previous:
        response = follow(browser, response, "previous")
        back.append(response)
    ids = [[row.pk for row in page.context["page"].rows] for page in back[::-1]]
    assert [pk for page in ids for pk in page] == everyone
    assert "page" not in parse_qs(urlsplit(back[-2].context["page"].slice.previous).query)


def test_empty_dates_page_like_all_others(browser, program, contract, short_numbering):
    for number in range(40):
        joined = DAY + timedelta(days=number) if number % 3 else None
        remove(program, contract, f"N{number}", joined_at=joined)
    for sort in ("joined", "-joined"):
        response = browser.get(URL, {"status": "removed", "size": 10, "sort": sort})
        seen = shown(response)
        while response.context["page"].slice.next:
            response = follow(browser, response, "next")
            seen += shown(response)
        back = [shown(response)]
        while response.context["page"].slice.previous:
            response = follow(browser, response, "previous")
            back.insert(0, shown(response))
        assert len(seen) == len(set(seen)) == 40
        assert [name for page in back for name in page] == seen


def test_the_last_page_of_a_long_list_is_one_step_away(browser, program, contract, short_numbering):
    for number in range(47):
        join(program, contract, f"N{number:02}")
    first = browser.get(URL, {"size": 10, "sort": "name"})
    assert first.context["page"].slice.total.capped
    last = follow(browser, first, "last")
    assert shown(last) == [f"N{number}" for number in range(37, 47)]
    assert (last.context["page"].slice.next, last.context["page"].slice.number) == ("", None)
    assert shown(follow(browser, last, "previous")) == [f"N{number}" for number in range(27, 37)]


def test_beyond_the_cap_counts_say_so_and_the_exact_number_comes_on_demand(
    browser, program, contract, short_numbering
):
    for number in range(27):
        join(program, contract, f"N{number:02}")
    capped = browser.get(URL, {"size": 10}).content.decode()
    assert "Joined this program (25+)" in capped
    assert '<b class="num">25+</b> learners.' in capped
    exact = browser.get(URL, {"size": 10, "exact": 1}).content.decode()
    assert '<b class="num">27</b> learners.' in exact
    last = browser.get(URL, {"size": 10, "exact": 1, "page": "last"})
    assert len(shown(last)) == 7
    assert last.context["page"].slice.number == 3


def test_a_cursor_whose_rows_are_gone_shows_the_nearest_page(browser, program, contract, short_numbering):
    for number in range(30):
        join(program, contract, f"N{number:02}")
    second = browser.get(URL, {"size": 10, "sort": "name", "page": 2})
    address = second.context["page"].slice.next
    Membership.objects.filter(sort_name__gte="n20").delete()
    assert shown(browser.get(URL + address)) == [f"N{number}" for number in range(10, 20)]


def test_a_cursor_of_another_order_is_ignored(browser, program, contract, short_numbering):
    for number in range(30):
        join(program, contract, f"N{number:02}")
    second = browser.get(URL, {"size": 10, "sort": "name", "page": 2})
    address = second.context["page"].slice.next.replace("sort=name", "sort=-name")
    assert shown(browser.get(URL + address)) == [f"N{number}" for number in range(19, 9, -1)]


def test_the_address_keeps_everything_when_one_pages(program):
    query = QueryDict("status=invited&q=a+b&sort=name&size=10")
    rows = Membership.objects.none()
    order = Filter.of("invited", "").order("name")
    part = keyset.cut(rows, order, keyset.Place(1, 10), keyset.Total(40), query)
    assert part.numbers[1][1] == "?status=invited&q=a+b&sort=name&size=10&page=2"
