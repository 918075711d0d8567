"""The audit log as a page: who did what, before and after, found again by filter, taken away as a file."""

import ast
import csv
import io
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgs import audit, queries, sentences
from orgs.models import AuditEvent
from tests.architecture.source import modules, tree
from tests.factories import MembershipFactory, PersonFactory

LOG = "/o/acme/admin/settings/audit"
EXPORT = "/o/acme/admin/settings/audit.csv"


@pytest.fixture
def browser(alice, signed_in):
    return signed_in(alice)


def words(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def entry(
    organization, verb="membership.removed", label="Carol <carol@acme.example> in English for Work", **fields
):
    return AuditEvent.objects.create(
        organization=organization,
        verb=verb,
        target_type="learners.membership",
        target_id=7,
        target_label=label,
        actor_label=fields.pop("actor_label", "Alice Andersson <alice@acme.example>"),
        **fields,
    )


def verbs(response):
    return [row.event.verb for row in response.context["page"].rows]


def test_only_org_admins_see_it(alice, bob, mallory, program, signed_in, client):
    for url in (LOG, EXPORT):
        assert signed_in(alice).get(url).status_code == 200
        assert signed_in(bob).get(url).status_code == 403
        assert signed_in(mallory).get(url).status_code == 404
        assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


def test_an_act_reads_as_a_sentence_with_before_and_after(browser, alice, program, contract):
    person = PersonFactory(organization=program.organization, name="Carol", email="carol@acme.example")
    row = MembershipFactory(program=program, person=person, contract=contract)
    audit.record(
        by=alice,
        organization=program.organization,
        verb="membership.removed",
        target=row,
        program_id=program.pk,
        before={"state": "member"},
        after={"state": "removed", "allow_return": True},
    )
    text = words(browser.get(LOG))
    assert "Alice Andersson &lt;alice@acme.example&gt; Removed Carol &lt;carol@acme.example&gt; in" in text
    assert "State: Before: Member → After: Removed May come back: yes English for Work" in text


def test_what_nobody_asked_for_was_the_system(browser, acme):
    entry(acme, actor_label="")
    assert "The system Removed Carol" in words(browser.get(LOG))


def test_a_verb_without_a_sentence_still_reads(browser, acme):
    entry(acme, verb="certificate.re_issued", label="No. 12", after={"new_code": "abc", "copies": 1200})
    text = words(browser.get(LOG))
    assert "Certificate re issued: No. 12" in text
    assert "New code: abc" in text
    assert "Copies: 1,200" in text


@pytest.mark.parametrize("verb", sorted(sentences.VERBS))
def test_every_sentence_can_be_made_of_an_entry_without_values(acme, verb):
    text = sentences.sentence(AuditEvent(verb=verb, target_label="100% %(people)s"))
    assert "100% %(people)s" in text


def test_every_verb_that_is_written_has_a_sentence():
    written = {
        word.value
        for path in modules("actions")
        for call in ast.walk(tree(path))
        if isinstance(call, ast.keyword) and call.arg == "verb"
        for word in ast.walk(call.value)
        if isinstance(word, ast.Constant) and "." in word.value.strip(".")
    }
    assert len(written) > 10
    assert written - sentences.VERBS.keys() == set()


def test_the_latest_stands_first_and_pages_follow(browser, acme):
    for number in range(27):
        entry(acme, label=f"N{number:02}", at=datetime(2026, 6, 8, 12, number, tzinfo=UTC))
    first = browser.get(LOG)
    labels = [row.event.target_label for row in first.context["page"].rows]
    assert labels == [f"N{number:02}" for number in range(26, 1, -1)]
    second = browser.get(LOG + first.context["page"].slice.next)
    assert [row.event.target_label for row in second.context["page"].rows] == ["N01", "N00"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"actor": "bob"}, ["b"]),
        ({"actor": "BOB@ACME"}, ["b"]),
        ({"actor": "%"}, []),
        ({"verb": "invitation.created"}, ["c"]),
        ({"verb": "nonsense"}, ["a", "b", "c", "d"]),
        ({"program": "english"}, ["b", "c"]),
        ({"program": "999999"}, ["a", "b", "c", "d"]),
        ({"since": "2026-06-09"}, ["c", "d"]),
        ({"until": "2026-06-08"}, ["a", "b"]),
        ({"since": "2026-06-08", "until": "2026-06-08"}, ["b"]),
        ({"since": "0001-01-01", "until": "9999-12-31"}, ["a", "b", "c", "d"]),
        ({"since": "yesterday"}, ["a", "b", "c", "d"]),
        ({"program": "english", "actor": "alice"}, ["c"]),
    ],
)
def test_filters_by_person_verb_program_and_days_of_the_organization(browser, acme, program, query, found):
    """Stockholm is two hours ahead: 22:30 UTC on the 8th is the 9th there."""
    entry(acme, label="a", at=datetime(2026, 6, 7, 12, tzinfo=UTC))
    entry(acme, label="b", at=datetime(2026, 6, 8, 12, tzinfo=UTC), program_id=program.pk,
          actor_label="Bob Bergman <bob@acme.example>")  # fmt: skip
    entry(acme, label="c", at=datetime(2026, 6, 8, 22, 30, tzinfo=UTC), program_id=program.pk,
          verb="invitation.created")  # fmt: skip
    entry(acme, label="d", at=datetime(2026, 6, 10, 12, tzinfo=UTC))
    if query.get("program") == "english":
        query = query | {"program": program.pk}
    response = browser.get(LOG, query)
    assert [row.event.target_label for row in response.context["page"].rows] == found[::-1]


def test_entries_of_another_organization_are_never_among_them(browser, acme, globex):
    entry(globex, label="Zyzzyva")
    assert "Zyzzyva" not in words(browser.get(LOG))
    assert "Zyzzyva" not in browser.get(EXPORT).content.decode()


def table(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_file_holds_every_matching_entry_in_utc_with_formulas_defused(browser, acme, program):
    entry(
        acme,
        label="=HYPERLINK(1)",
        verb="program.created",
        at=datetime(2019, 12, 23, 6, 18, 32, 782000, tzinfo=UTC),
        program_id=program.pk,
        actor_label="@bob",
        before={"name": "Old"},
        after={"name": "New"},
    )
    for number in range(30):
        entry(acme, label=f"N{number}", at=datetime(2020, 1, 1, tzinfo=UTC))
    response = browser.get(EXPORT)
    rows = table(response)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="acme-audit-log.csv"'
    assert rows[0] == list(queries.AUDIT_HEADER)
    assert len(rows) == 32
    assert rows[-1] == [
        "2019-12-23T06:18:32.782Z",
        "'@bob",
        "Program created",
        "Created the program =HYPERLINK(1)",
        "English for Work",
        "Name: Old → New",
        "program.created",
        "learners.membership",
        "7",
    ]
    assert len(table(browser.get(EXPORT, {"actor": "@bob"}))) == 2


def test_more_than_one_can_wait_for_is_refused_with_what_to_do(browser, acme, monkeypatch):
    monkeypatch.setattr(queries, "EXPORT_MAX", 2)
    for number in range(3):
        entry(acme, label=f"N{number}")
    response = browser.get(EXPORT, {"actor": "alice"})
    assert (response.status_code, response["Location"]) == (302, f"{LOG}?actor=alice")
    assert "More than 2 entries match. Narrow the filter" in words(browser.get(response["Location"]))
    assert len(table(browser.get(EXPORT, {"until": "2001-01-01"}))) == 1


def test_one_entry_and_three_cost_the_same_number_of_queries(browser, acme, program):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(LOG).status_code == 200
        return len(captured)

    entry(acme, program_id=program.pk)
    one = count()
    entry(acme, program_id=program.pk, verb="program.created")
    entry(acme, actor_label="")
    assert count() == one


def test_an_empty_log_and_an_empty_result_say_what_to_do(browser):
    assert "Nothing has been done yet" in words(browser.get(LOG))
    assert "No entry matches" in words(browser.get(LOG, {"actor": "zzz"}))


def test_an_entry_shows_strange_text_escaped(browser, acme):
    entry(acme, label="<script>alert(1)</script>", actor_label="<i>Bob</i>", after={"note": "<b>x</b>"})
    page = browser.get(LOG).content.decode()
    assert "<script>alert" not in page
    assert "<i>Bob" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
