"""Home: how far people came, what is left of the contracts, and that every figure agrees with its list."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import queries
from learners.models import Membership, TurnedAway
from learners.people.actions import joining, memberships
from orgs.permissions import Role
from programs.models import Contract
from tests.factories import (
    ContractFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    RoleGrantFactory,
    UserFactory,
)
from tests.learners.seats import seat

HOME = "/o/acme/admin"
# The figures may be kept for a minute; each test has a cache of its own.
pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def own_cache(settings, request):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": request.node.nodeid,
        }
    }


@pytest.fixture
def browser(alice, signed_in):
    return signed_in(alice)


def words(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def figures(response):
    reach = response.context["home"].everyone
    return (reach.invited, reach.joined, reach.enrolled)


def test_the_funnel_counts_distinct_people_over_all_programs(browser, program, other_program, contract):
    both = PersonFactory(organization=program.organization)
    MembershipFactory(program=program, person=both, contract=contract, joined=True, enrollments=2)
    MembershipFactory(program=other_program, person=both, contract=contract)
    MembershipFactory(program=program, contract=contract)
    MembershipFactory(program=program, contract=contract, joined=True)
    MembershipFactory(program=other_program, contract=contract, removed=True, joined_at=timezone.now())
    MembershipFactory(program=other_program, contract=contract, removed=True)
    # Once a member, removed, invited again.
    MembershipFactory(program=other_program, contract=contract, joined_at=timezone.now())

    home = browser.get(HOME).context["home"]

    everyone = home.everyone
    assert (everyone.invited, everyone.joined, everyone.enrolled) == (6, 4, 1)
    assert (everyone.open, everyone.members) == (3, 2)
    by_program = {card.program.slug: card.reach for card in home.cards}
    english, data = by_program["english"], by_program["data"]
    assert (english.invited, english.open, english.joined, english.members, english.enrolled) == (
        3,
        1,
        2,
        2,
        1,
    )
    assert (data.invited, data.open, data.joined, data.members, data.enrolled) == (4, 2, 2, 0, 0)


def test_nobody_of_another_organization_is_counted(browser, program, contract, globex):
    MembershipFactory(program__organization=globex, joined=True)
    MembershipFactory(program=program, contract=contract)
    assert figures(browser.get(HOME)) == (1, 0, 0)


def test_rates_stand_beside_the_figures(browser, program, contract):
    for _ in range(3):
        MembershipFactory(program=program, contract=contract)
    MembershipFactory(program=program, contract=contract, joined=True)
    text = words(browser.get(HOME)).replace("\N{NO-BREAK SPACE}", " ")
    assert "1 25 % of invited" in text
    assert "0 0 % of joined, 0 % of invited" in text


def test_figures_agree_on_home_in_the_list_on_the_contract_and_in_the_ledger(
    browser, alice, program, contract
):
    rows = [seat(program, contract, name) for name in ("Ada", "Bea", "Cid", "Dan")]
    MembershipFactory(program=program, contract=contract)
    memberships.remove(memberships=rows[:1], allow_return=False, by=alice)

    home = browser.get(HOME).context["home"]
    people = browser.get(f"{HOME}/programs/english/learners").context["page"]
    page = browser.get(f"{HOME}/settings/contracts/{contract.pk}").context

    (card,) = home.cards
    (licence,) = home.licences
    lists = {status.key: total.value for status, total in people.by_status}
    assert card.reach.members == lists["joined"] == people.slice.total.value == 3
    assert card.reach.open == lists["invited"] == 1
    assert card.reach.joined == 4
    assert licence.contract.taken == page["contract"].taken == page["ledger"].sum == 3
    assert home.everyone.members == 3


def test_the_time_of_the_figures_is_shown_in_the_organizations_zone(browser, program, time_machine):
    time_machine.move_to("2026-06-08T12:32:00Z", tick=False)
    assert "As of 8 Jun 2026, 14:32" in words(browser.get(HOME))


def test_a_single_program_leads_from_the_funnel_to_its_lists(browser, program, contract):
    MembershipFactory(program=program, contract=contract)
    MembershipFactory(program=program, contract=contract, joined=True)
    response = browser.get(HOME)
    people = f"{HOME}/programs/english/learners"
    stages = {stage.key: stage for stage in response.context["stages"]}
    assert stages["invited"].lost_url == f"{people}?status=invited"
    assert stages["invited"].action_url == f"{people}/resend?status=invited&all_matching=1"
    assert "Resend 1 invitation" in words(response)
    assert stages["joined"].lost_url == f"{people}?status=joined"
    assert stages["enrolled"].action_url == ""
    for link in (stages["invited"].lost_url, stages["invited"].action_url, stages["joined"].action_url):
        assert browser.get(link).status_code == 200


def test_every_link_of_the_page_leads_somewhere(browser, program, other_program, contract):
    MembershipFactory(program=program, contract=contract, joined=True, enrollments=1)
    MembershipFactory(program=other_program, contract=contract)
    page = browser.get(f"{HOME}?ids").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    links = {link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="(/[^"]*)"', main)}
    assert len(links) > 8
    assert {browser.get(link).status_code for link in links} == {200}


def test_program_ids_are_shown_on_demand(browser, program):
    assert 'data-copy="english"' not in browser.get(HOME).content.decode()
    assert 'data-copy="english"' in browser.get(f"{HOME}?ids").content.decode()


def test_enrolled_learners_can_be_viewed_once_there_are_some(browser, program, contract):
    row = MembershipFactory(program=program, contract=contract, joined=True)
    assert "View enrolled learners" not in words(browser.get(HOME))
    Membership.objects.filter(pk=row.pk).update(enrollments=1)
    assert "View enrolled learners" in words(browser.get(HOME))


def test_bob_sees_his_program_and_the_contracts_its_people_came_under_only(
    bob, acme, program, other_program, signed_in
):
    mine = ContractFactory(organization=acme, name="Contract of English")
    others = ContractFactory(organization=acme, name="Contract of Data")
    MembershipFactory(program=program, contract=mine, joined=True)
    MembershipFactory(program=other_program, contract=others, joined=True)
    for target, contract in ((program, mine), (other_program, others)):
        TurnedAway.objects.create(
            organization=acme, program=target, contract=contract, email="x@acme.example", reason="ended"
        )
    response = signed_in(bob).get(HOME)
    text = words(response)
    assert figures(response) == (1, 1, 0)
    assert "English for Work" in text
    assert "Data Basics" not in text
    assert "Contract of English" in text
    assert "Contract of Data" not in text
    assert "/settings" not in response.content.decode()


def test_someone_who_administers_two_programs_sees_both(acme, signed_in, program, other_program, contract):
    user = UserFactory(email="bo@acme.example")
    for one in (program, other_program):
        RoleGrantFactory(user=user, organization=acme, role=Role.PROGRAM_ADMIN, program=one)
    ProgramFactory(organization=acme, name="Third program")
    text = words(signed_in(user).get(HOME))
    assert "Your 2 programs." in text
    assert "Third program" not in text


def test_mallory_and_visitors_do_not_see_it(mallory, acme, signed_in, client):
    assert signed_in(mallory).get(HOME).status_code == 404
    assert client.get(HOME)["Location"] == f"/accounts/login/?next={HOME}"


def test_an_organization_without_programs_learns_who_creates_them(browser):
    text = words(browser.get(HOME))
    assert "No learning program yet" in text
    assert "Programs are created by the operator of this site" in text


def test_a_removed_program_is_not_counted(browser, acme, program, contract):
    gone = ProgramFactory(organization=acme, state="removed")
    MembershipFactory(program=gone, contract=contract, joined=True)
    assert figures(browser.get(HOME)) == (0, 0, 0)


def banners(response):
    return [
        " ".join(re.sub("<[^>]+>", " ", text).split())
        for text in re.findall(r'<div class="banner.*?<div>(.*?)</div>', response.content.decode(), re.DOTALL)
    ]


def turn_away(program, contract, reason, email="late@acme.example"):
    return TurnedAway.objects.create(
        organization=program.organization, program=program, contract=contract, reason=reason, email=email
    )


def test_people_turned_away_for_lack_of_seats_raise_a_banner_until_they_join(browser, acme, program):
    small = ContractFactory(organization=acme, name="Small", quantity=1)
    seat(program, small, "Ada")
    person = PersonFactory(organization=acme, email="bea@acme.example")
    user = UserFactory(email="bea@acme.example")
    enter = {"program": program, "person": person, "user": user, "contract": small, "by": user}
    joining.join(**enter)
    response = browser.get(HOME)
    (banner,) = banners(response)
    assert banner.startswith("1 person could not join English for Work: Small has no licence left.")
    assert f"{HOME}/settings/contracts/{small.pk}" in response.content.decode()
    Contract.objects.filter(pk=small.pk).update(quantity=20)
    (banner,) = banners(browser.get(HOME))
    assert banner.startswith(
        "1 person could not join English for Work under Small and has not come back. There is room"
    )
    joining.join(**enter)
    assert banners(browser.get(HOME)) == []


def test_attempts_of_long_ago_no_longer_raise_a_banner(browser, acme, program):
    full = ContractFactory(organization=acme, quantity=1, taken=1, ends_on=date(2020, 6, 1))
    row = turn_away(program, full, "full")
    assert len(banners(browser.get(HOME))) == 1
    TurnedAway.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=31))
    assert banners(browser.get(HOME)) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"taken": 95}, "Workforce has 5 of 100 licences left."),
        ({"taken": 100}, "Workforce is used up: all 100 licences are taken."),
        ({"ends_on": date(2026, 6, 20)}, "Workforce ends on 20 Jun 2026."),
        ({"ends_on": date(2026, 6, 7)}, "Workforce ended on 7 Jun 2026."),
        ({"ends_on": date(2026, 5, 1)}, None),
        ({"taken": 50}, None),
        ({"starts_on": date(2026, 7, 1)}, None),
    ],
)
def test_a_contract_that_needs_attention_raises_a_banner(browser, acme, program, time_machine, fields, says):
    time_machine.move_to("2026-06-08T12:00:00Z")
    ContractFactory(organization=acme, name="Workforce", quantity=100, **fields)
    found = banners(browser.get(HOME))
    assert len(found) == (1 if says else 0)
    assert says is None or found[0].startswith(says)


def count_queries(browser):
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(HOME).status_code == 200
    return len(captured)


def test_one_program_and_three_with_contracts_and_people_cost_the_same_number_of_queries(
    browser, acme, program, contract
):
    MembershipFactory(program=program, contract=contract)
    turn_away(program, contract, "full")
    one = count_queries(browser)
    for number in range(2):
        more = ProgramFactory(organization=acme)
        fresh = ContractFactory(organization=acme)
        MembershipFactory(program=more, contract=fresh, joined=True)
        turn_away(more, fresh, "ended", f"late{number}@acme.example")
    assert count_queries(browser) == one


def test_figures_of_many_people_are_kept_for_less_than_a_minute_and_keep_their_time(
    browser, program, contract, monkeypatch, time_machine
):
    monkeypatch.setattr(queries, "LIVE_UP_TO", 1)
    time_machine.move_to("2026-06-08T12:00:00Z", tick=False)
    MembershipFactory(program=program, contract=contract)
    assert figures(browser.get(HOME)) == (1, 0, 0)
    MembershipFactory(program=program, contract=contract)
    assert figures(browser.get(HOME)) == (2, 0, 0)
    MembershipFactory(program=program, contract=contract)
    time_machine.move_to("2026-06-08T12:00:50Z", tick=False)
    kept = browser.get(HOME)
    assert figures(kept) == (2, 0, 0)
    assert kept.context["home"].as_of.isoformat() == "2026-06-08T12:00:00+00:00"
    time_machine.move_to("2026-06-08T12:00:56Z", tick=False)
    fresh = browser.get(HOME)
    assert figures(fresh) == (3, 0, 0)
    assert fresh.context["home"].as_of.isoformat() == "2026-06-08T12:00:56+00:00"


def test_kept_figures_are_never_shown_to_someone_with_other_programs(
    alice, bob, program, other_program, contract, signed_in, monkeypatch
):
    monkeypatch.setattr(queries, "LIVE_UP_TO", 0)
    MembershipFactory(program=program, contract=contract)
    MembershipFactory(program=other_program, contract=contract)
    assert figures(signed_in(alice).get(HOME)) == (2, 0, 0)
    assert figures(signed_in(bob).get(HOME)) == (1, 0, 0)
    assert figures(signed_in(alice).get(HOME)) == (2, 0, 0)


def test_long_and_strange_names_are_shown_whole_and_escaped(browser, acme):
    ProgramFactory(organization=acme, name="<b>Führung</b> & “Mut” " + "sehr " * 15)
    page = browser.get(HOME).content.decode()
    assert "&lt;b&gt;Führung&lt;/b&gt; &amp; “Mut”" in page
    assert "<b>Führung" not in page
