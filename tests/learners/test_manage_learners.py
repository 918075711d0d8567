"""The list of a program's people: who is in it, in which order, on which page, for whom."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.lib import keyset
from learners.models import Membership, MembershipRemoval
from learners.people.queries import members
from learners.people.queries.members import Filter
from orgs.tenancy import org_transaction
from tests.factories import InvitationFactory, MembershipFactory, PersonFactory

URL = "/o/acme/admin/programs/english/learners"


def join(program, contract, name, **fields):
    """A member by name; the address is made from the name."""
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@acme.example")
    person = PersonFactory(
        organization=program.organization, name=name, email=email, external_id=fields.pop("external_id", "")
    )
    return MembershipFactory(program=program, person=person, contract=contract, joined=True, **fields)


def invite(program, contract, name, **fields):
    person = PersonFactory(organization=program.organization, name=name)
    row = MembershipFactory(program=program, person=person, contract=contract, **fields)
    InvitationFactory(membership=row)
    return row


def remove(program, contract, name, **fields):
    person = PersonFactory(organization=program.organization, name=name)
    return MembershipFactory(program=program, person=person, contract=contract, removed=True, **fields)


def shown(response):
    """The names of the list, in its order."""
    return [row.membership.person.name for row in response.context["page"].rows]


@pytest.fixture
def browser(alice, program, signed_in):
    return signed_in(alice)


def test_each_status_shows_exactly_its_people_and_every_count_stands_beside_it(browser, program, contract):
    join(program, contract, "Ada")
    join(program, contract, "Bea")
    invite(program, contract, "Ina")
    remove(program, contract, "Rut", joined_at=timezone.now())
    remove(program, contract, "Rob")

    lists = {status: browser.get(URL, {"status": status}) for status in ("joined", "invited", "removed")}

    assert {status: sorted(shown(response)) for status, response in lists.items()} == {
        "joined": ["Ada", "Bea"],
        "invited": ["Ina"],
        "removed": ["Rob", "Rut"],
    }
    for response in lists.values():
        options = re.findall(r"<option[^>]*>([^<]+)</option>", response.content.decode())
        assert options == [
            "Joined this program (2)",
            "Invited but never joined (1)",
            "Removed from this program (2)",
        ]


def test_people_of_another_program_are_not_in_the_list(browser, program, other_program, contract):
    join(program, contract, "Ada")
    join(other_program, contract, "Zoe")
    assert shown(browser.get(URL)) == ["Ada"]


def test_the_page_names_its_status_and_count_in_its_title(browser, program, contract):
    join(program, contract, "Ada")
    assert "<title>Joined this program (1) · English for Work" in browser.get(URL).content.decode()


def test_an_invitee_who_got_no_mail_is_shown_as_not_mailed_yet(browser, program, contract):
    invite(program, contract, "Ina")
    assert b"not mailed yet" in browser.get(URL, {"status": "invited"}).content


def test_alice_and_bob_see_it_and_mallory_and_visitors_do_not(
    alice, bob, mallory, program, signed_in, client
):
    assert signed_in(alice).get(URL).status_code == 200
    assert signed_in(bob).get(URL).status_code == 200
    assert signed_in(mallory).get(URL).status_code == 404
    response = client.get(URL)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={URL}")


def test_bob_does_not_see_the_list_of_a_program_that_is_not_his(bob, other_program, signed_in):
    assert signed_in(bob).get("/o/acme/admin/programs/data/learners").status_code == 404


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("carlsson", ["Carol Carlsson"]),
        ("CARLSSON", ["Carol Carlsson"]),
        ("rol carl", ["Carol Carlsson"]),
        ("carol.carlsson@", ["Carol Carlsson"]),
        ("x-7", ["Carol Carlsson"]),
        ("X-7%", ["Dan 50% Off"]),
        ("50%", ["Dan 50% Off"]),
        ("n 5_%", []),
        ("a_b", ["Under A_B"]),
        ("a\\b", []),
        ("o'br", ["Pat O'Brien"]),
        ('"quoted"', ['Q "Quoted" Name']),
        ("istanbul", []),
        ("İSTANBUL", ["İstanbul Öz"]),
        ("i̇stanbul", ["İstanbul Öz"]),
        ("straße", ["Uwe Straße"]),
        ("STRASSE", ["Uwe Straße"]),
        ("ca", ["Carol Carlsson"]),
        ("ÖS", ["Östen Ek"]),
        ("os", ["Östen Ek"]),
        ("ek", []),
        ("王", ["王伟"]),
        ("   carol   ", ["Carol Carlsson"]),
        ("\x00\x00", None),
        ("", None),
        ("zzz", []),
    ],
)
def test_search_looks_into_name_e_mail_and_external_id(browser, program, contract, typed, found):
    names = [
        "Carol Carlsson",
        "Dan 50% Off",
        "Under A_B",
        "Under AXB",
        "Pat O'Brien",
        'Q "Quoted" Name',
        "İstanbul Öz",
        "Uwe Straße",
        "Östen Ek",
        "王伟",
    ]
    ids = {"Carol Carlsson": "X-7", "Dan 50% Off": "X-7%"}
    for number, name in enumerate(names):
        email = "carol.carlsson@acme.example" if name == "Carol Carlsson" else f"n{number}@acme.example"
        join(program, contract, name, email=email, external_id=ids.get(name, ""))
    if typed == "x-7":
        found = ["Carol Carlsson", "Dan 50% Off"]
    response = browser.get(URL, {"q": typed, "sort": "name"})
    assert response.status_code == 200
    assert sorted(shown(response)) == sorted(names if found is None else found)


def test_search_says_how_many_of_how_many_and_offers_to_take_it_off(browser, program, contract):
    join(program, contract, "Ada")
    join(program, contract, "Bea")
    page = browser.get(URL, {"q": "ada"}).content.decode()
    assert '<b class="num">1</b> of 2 learners.' in page
    assert f'href="{URL}?status=joined"' in page


def test_a_name_typed_into_the_search_comes_back_escaped(browser, program):
    page = browser.get(URL, {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def three(program, contract):
    """Ada, Bea and Cid, each different in every column."""
    for number, name in enumerate(["Bea", "Cid", "Ada"]):
        join(
            program,
            contract,
            name,
            joined_at=DAY + timedelta(days=number),
            invited_at=DAY - timedelta(days=number),
            last_activity_at=DAY + timedelta(hours=[5, 1, 3][number]),
            enrollments=(number + 1) % 3,
            completions=number % 2 * 3 + number,
        )


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Ada", "Bea", "Cid"]),
        ("-name", ["Cid", "Bea", "Ada"]),
        ("joined", ["Bea", "Cid", "Ada"]),
        ("-joined", ["Ada", "Cid", "Bea"]),
        ("activity", ["Cid", "Ada", "Bea"]),
        ("-activity", ["Bea", "Ada", "Cid"]),
        ("enrollments", ["Ada", "Bea", "Cid"]),
        ("-enrollments", ["Cid", "Bea", "Ada"]),
        ("completions", ["Bea", "Ada", "Cid"]),
        ("-completions", ["Cid", "Ada", "Bea"]),
        ("", ["Ada", "Cid", "Bea"]),
        ("nonsense", ["Ada", "Cid", "Bea"]),
        ("removed", ["Ada", "Cid", "Bea"]),
    ],
)
def test_a_click_on_a_head_sorts_and_anything_else_is_the_statuss_own_order(browser, three, sort, order):
    assert shown(browser.get(URL, {"sort": sort})) == order


def test_the_sorted_head_says_so(browser, three):
    page = browser.get(URL, {"sort": "-enrollments"}).content.decode()
    assert page.count("aria-sort=") == 1
    assert re.search(r'aria-sort="descending"><a id="sort-enrollments" href="\?sort=enrollments"', page)


def test_invitees_sort_by_invitation_and_removed_people_by_removal(browser, program, contract):
    for number, name in enumerate(["Ina", "Ines", "Ivo"]):
        invite(program, contract, name, invited_at=DAY + timedelta(days=number))
        remove(program, contract, f"R{name}", removed_at=DAY + timedelta(days=number))
    assert shown(browser.get(URL, {"status": "invited"})) == ["Ivo", "Ines", "Ina"]
    assert shown(browser.get(URL, {"status": "removed"})) == ["RIvo", "RInes", "RIna"]
    assert shown(browser.get(URL, {"status": "removed", "sort": "removed"})) == ["RIna", "RInes", "RIvo"]


@pytest.mark.parametrize("sort", ["joined", "-joined"])
def test_those_who_never_joined_come_last_among_the_removed_either_way(browser, program, contract, sort):
    remove(program, contract, "Never")
    remove(program, contract, "Early", joined_at=DAY)
    remove(program, contract, "Late", joined_at=DAY + timedelta(days=1))
    order = ["Early", "Late", "Never"] if sort == "joined" else ["Late", "Early", "Never"]
    assert shown(browser.get(URL, {"status": "removed", "sort": sort})) == order


@pytest.mark.parametrize(
    "query",
    [
        "?status=nonsense&sort=%27&page=-1&size=7",
        "?page=0&size=abc",
        "?page=999999999999999999999",
        "?page=21.after.forged:token:x",
        "?page=.before.",
        "?page=1.5",
        "?page=²",
        "?size=100&size=10",
        "?q=%FF&q=%00",
        "?sort=name&page=last.after",
        "?exact=yes&q=" + "x" * 5000,
    ],
)
def test_a_bad_query_string_falls_back_without_an_error(browser, three, query):
    response = browser.get(URL + query)
    assert response.status_code == 200
    if "xxxx" not in query:
        assert sorted(shown(response)) == ["Ada", "Bea", "Cid"]


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
    assert [row.membership.pk for page in pages for row in page.context["page"].rows] == everyone
    assert [page.context["page"].slice.number for page in pages] == [1, 2, 3, 4, 5]
    back = [response]
    while response.context["page"].slice.previous:
        response = follow(browser, response, "previous")
        back.append(response)
    ids = [[row.membership.pk for row in page.context["page"].rows] for page in back[::-1]]
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


def count_queries(browser, url):
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("status", ["joined", "invited", "removed"])
def test_one_row_three_and_a_hundred_cost_the_same_number_of_queries(browser, program, contract, status):
    make = {"joined": join, "invited": invite, "removed": remove}[status]
    url = f"{URL}?status={status}&size=100&q="
    make(program, contract, "First")
    one = count_queries(browser, url)
    make(program, contract, "Second")
    make(program, contract, "Third")
    three = count_queries(browser, url)
    for number in range(97):
        make(
            program, contract, f"N{number}", **({"email": f"m{number}@acme.example"} if make is join else {})
        )
    assert one == three == count_queries(browser, url)


def test_strange_names_stay_whole_and_harmless(browser, program, contract):
    long = "Wolfeschlegelsteinhausenbergerdorff " * 5
    join(program, contract, long.strip(), email="long@acme.example")
    join(program, contract, '<b>Bobby</b> & "Tables"', email="b@acme.example")
    page = browser.get(URL).content.decode()
    assert long.strip() in page
    assert "&lt;b&gt;Bobby&lt;/b&gt; &amp; &quot;Tables&quot;" in page
    assert "<b>Bobby</b>" not in page


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("joined", "Nobody has joined yet"),
        ("invited", "No invitation is open"),
        ("removed", "Nobody was removed"),
    ],
)
def test_an_empty_list_teaches(browser, program, status, title):
    page = browser.get(URL, {"status": status}).content.decode()
    assert title in page
    assert "<table" not in page


def test_nobody_found_offers_to_take_the_search_off(browser, program, contract):
    join(program, contract, "Ada")
    page = browser.get(URL, {"q": "zzz"}).content.decode()
    assert "Nobody here matches “zzz”" in page
    assert f'href="{URL}?status=joined"' in page


def test_what_one_may_do_fits_the_status(browser, program, contract):
    join(program, contract, "Ada")
    invite(program, contract, "Ina")
    remove(program, contract, "Rut")
    acts = {
        status: [str(act.many) for act in browser.get(URL, {"status": status}).context["acts"]]
        for status in ("joined", "invited", "removed")
    }
    assert acts == {
        "joined": ["Remove learners"],
        "invited": ["Resend invitations", "Remove invitations"],
        "removed": [],
    }


def test_work_under_way_stands_above_the_list(browser, alice, program, contract):
    job = MembershipRemoval.objects.create(
        organization=program.organization, program=program, requested_by=alice, status="joined", total=4000
    )
    page = browser.get(URL).content.decode()
    assert "Removing 4,000 learners" in page
    assert f'hx-get="{URL}/removals/{job.pk}"' in page


def test_the_address_keeps_everything_when_one_pages(program):
    query = QueryDict("status=invited&q=a+b&sort=name&size=10")
    rows = Membership.objects.none()
    order = Filter.of("invited", "").order("name")
    part = keyset.cut(rows, order, keyset.Place(1, 10), keyset.Total(40), query)
    assert part.numbers[1][1] == "?status=invited&q=a+b&sort=name&size=10&page=2"
