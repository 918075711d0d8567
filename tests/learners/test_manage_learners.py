"""The list of a program's people: who is in it, in which order, on which page, for whom."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learners.models import MembershipRemoval
from tests.learners.lists import invite, join, remove, shown

URL = "/o/acme/admin/programs/english/learners"


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
    assert b"Not mailed yet" in browser.get(URL, {"status": "invited"}).content


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
        # Links are replaced one by one.
        "invited": ["Resend invitations", "", "Remove invitations"],
        "removed": [],
    }


def test_work_under_way_stands_above_the_list(browser, alice, program, contract):
    job = MembershipRemoval.objects.create(
        organization=program.organization, program=program, requested_by=alice, status="joined", total=4000
    )
    page = browser.get(URL).content.decode()
    assert "Removing 4,000 learners" in page
    assert f'hx-get="{URL}/removals/{job.pk}"' in page
