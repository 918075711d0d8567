"""The contract pages: what is taken agrees with the ledger line by line, and every line can be found."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learners.models import LicenceLedger, TurnedAway
from learners.people.actions import memberships
from learners.people.queries.licences import Condition, Licence
from programs.models import Contract
from tests.factories import ContractFactory, MembershipFactory
from tests.learners.seats import seat

LIST = "/o/acme/admin/settings/contracts"


def words(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def browser(alice, signed_in):
    return signed_in(alice)


def test_settings_lead_to_the_contracts(browser):
    response = browser.get("/o/acme/admin/settings")
    assert (response.status_code, response["Location"]) == (302, LIST)


def test_only_org_admins_see_contracts(alice, bob, mallory, contract, signed_in, client):
    page = f"{LIST}/{contract.pk}"
    assert [signed_in(alice).get(url).status_code for url in (LIST, page)] == [200, 200]
    assert [signed_in(bob).get(url).status_code for url in (LIST, page)] == [403, 403]
    assert [signed_in(mallory).get(url).status_code for url in (LIST, page)] == [404, 404]
    assert client.get(page)["Location"] == f"/accounts/login/?next={page}"


def test_a_contract_of_another_organization_is_not_found(browser, globex):
    foreign = ContractFactory(organization=globex, name="Zyzzyva")
    assert browser.get(f"{LIST}/{foreign.pk}").status_code == 404
    assert browser.get(f"{LIST}/{10**30}").status_code == 404
    assert "Zyzzyva" not in words(browser.get(LIST))


def test_the_list_shows_type_dates_taken_quantity_and_left(browser, acme, program):
    contract = ContractFactory(
        organization=acme,
        name="Workforce",
        quantity=1200,
        starts_on=date(2025, 9, 1),
        ends_on=date(2039, 8, 31),
    )
    seat(program, contract, "Carol")
    ContractFactory(organization=acme, name="Open house", kind=Contract.Kind.UNLIMITED, quantity=None)
    text = words(browser.get(LIST))
    assert "Workforce Seats 1 Sep 2025 31 Aug 2039 1 1,200 1,199 Running" in text
    assert "Open house Unlimited 1 Jan 2020 31 Dec 2039 0 No limit – Running" in text


TODAY = date(2026, 6, 8)


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"taken": 8}, Condition.RUNNING),
        ({"taken": 9}, Condition.LOW),
        ({"taken": 10}, Condition.FULL),
        ({"ends_on": TODAY}, Condition.ENDING),
        ({"ends_on": TODAY + timedelta(days=29)}, Condition.ENDING),
        ({"ends_on": TODAY + timedelta(days=30)}, Condition.RUNNING),
        ({"ends_on": TODAY - timedelta(days=1), "taken": 10}, Condition.ENDED),
        ({"starts_on": TODAY + timedelta(days=1), "taken": 10}, Condition.UPCOMING),
        ({"starts_on": TODAY}, Condition.RUNNING),
        ({"kind": "unlimited", "quantity": None, "taken": 500}, Condition.RUNNING),
    ],
)
def test_the_condition_of_a_contract(acme, time_machine, fields, condition):
    time_machine.move_to("2026-06-08T12:00:00Z")
    contract = ContractFactory(organization=acme, **fields)
    assert Licence(contract).condition == condition


def test_the_day_is_the_organizations(acme, time_machine):
    """At 23:30 in London it is the next day in Stockholm already."""
    contract = ContractFactory(organization=acme, ends_on=TODAY)
    time_machine.move_to("2026-06-08T21:59:00Z")
    assert Licence(contract).condition == Condition.ENDING
    time_machine.move_to("2026-06-08T22:01:00Z")
    assert Licence(contract).condition == Condition.ENDED


def test_the_ledger_names_who_and_its_sum_is_what_is_taken(browser, alice, program, contract):
    rows = [seat(program, contract, name) for name in ("Ada", "Bea", "Cid")]
    memberships.remove(memberships=[rows[1]], allow_return=False, by=alice)
    response = browser.get(f"{LIST}/{contract.pk}")
    page = response.context["ledger"]
    assert [(row.line.membership.person.name, row.line.delta, row.balance) for row in page.rows] == [
        ("Bea", -1, 2),
        ("Cid", 1, 3),
        ("Bea", 1, 2),
        ("Ada", 1, 1),
    ]
    contract.refresh_from_db()
    assert page.sum == contract.taken == page.rows[0].balance == 2
    text = words(response)
    assert re.search(r"\bTaken .* 2 Quantity 10 Left 8 Sum of the ledger .* 2 Ledger 4", text)
    assert "Removed −1 2" in text
    assert "Joined +1 1" in text


def test_the_running_total_goes_on_from_page_to_page(browser, program, contract):
    row = MembershipFactory(program=program, contract=contract, joined=True)
    for number in range(25):
        LicenceLedger.objects.create(
            organization=contract.organization,
            contract=contract,
            membership=row,
            delta=-1 if number % 5 == 4 else 1,
            reason="joined",
        )
    balances = []
    for page in (1, 2, 3):
        response = browser.get(f"{LIST}/{contract.pk}", {"size": 10, "page": page})
        balances += [line.balance for line in response.context["ledger"].rows]
        assert response.context["ledger"].sum == 15
    assert len(balances) == 25
    assert (balances[0], balances[-1]) == (15, 1)
    assert all(abs(one - other) == 1 for one, other in zip(balances, balances[1:], strict=False))


def test_those_turned_away_are_named_on_the_contract(browser, program, contract):
    TurnedAway.objects.create(
        organization=contract.organization,
        program=program,
        contract=contract,
        email="late@acme.example",
        reason="full",
        times=3,
    )
    text = words(browser.get(f"{LIST}/{contract.pk}"))
    assert "late@acme.example English for Work No seat left 3" in text


def count_queries(browser, url):
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


def test_one_line_and_three_cost_the_same_number_of_queries(browser, acme, program, contract):
    page = f"{LIST}/{contract.pk}"
    seat(program, contract, "Ada")
    one = (count_queries(browser, LIST), count_queries(browser, page))
    seat(program, contract, "Bea")
    seat(program, contract, "Cid")
    ContractFactory(organization=acme)
    ContractFactory(organization=acme)
    assert (count_queries(browser, LIST), count_queries(browser, page)) == one


def test_an_organization_without_contracts_learns_what_they_are(browser):
    assert "No contract yet" in words(browser.get(LIST))


def test_a_contract_nobody_used_says_so(browser, contract):
    assert "Nothing was taken yet" in words(browser.get(f"{LIST}/{contract.pk}"))


@pytest.mark.parametrize("query", ["?page=x&size=y", "?page=last", "?page=99", "?size=100"])
def test_a_bad_query_string_falls_back_without_an_error(browser, program, contract, query):
    seat(program, contract, "Ada")
    response = browser.get(f"{LIST}/{contract.pk}{query}")
    assert [row.balance for row in response.context["ledger"].rows] == [1]
