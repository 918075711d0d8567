"""The domain allow-list of a program: what is a domain, adding, importing, changing and removing."""

import threading
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from orgs.errors import ActionError
from orgs.models import AuditEvent
from orgs.tenancy import org_transaction
from programs import domain_file
from programs.actions import domains as actions
from programs.models import DomainRule, Program
from programs.queries import DomainSelection, rule_for
from tests.factories import ContractFactory


# --- Adding one ---------------------------------------------------------------------------------
def add(program, contract, domain, by=None):
    return actions.add(program=program, contract=contract, domain=domain, by=by)


def refused(action, **arguments):
    """The refusal: its field and its sentence."""
    with pytest.raises(ActionError) as refusal:
        action(**arguments)
    return refusal.value.field, refusal.value.text


def test_a_domain_is_added_with_its_contract_and_an_entry_in_the_log(program, contract, alice):
    rule = add(program, contract, " BÜCHER.example ", alice)

    assert (rule.domain, rule.shown, rule.contract) == ("xn--bcher-kva.example", "bücher.example", contract)
    event = AuditEvent.objects.get()
    assert (event.verb, event.target_label, event.actor, event.program_id) == (
        "domain.added",
        "bücher.example",
        alice,
        program.pk,
    )
    assert (event.before, event.after) == (None, {"contract": "Workforce"})


@pytest.mark.parametrize("value", ["gmail.com", "GMail.com", "outlook.com", "web.de"])
def test_a_public_mail_service_is_refused_with_the_reason(program, contract, value):
    assert refused(actions.add, program=program, contract=contract, domain=value, by=None) == (
        "domain",
        f"{value.lower()} is a public mail service: anyone can have an address there. "
        "Use a domain of your organization.",
    )
    assert (DomainRule.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_a_domain_is_on_the_list_once_in_whichever_form_it_is_written(program, contract):
    add(program, contract, "bücher.example")

    assert refused(
        actions.add, program=program, contract=contract, domain="xn--bcher-kva.example", by=None
    ) == ("domain", "bücher.example is on the list already and consumes from Workforce.")
    assert DomainRule.objects.count() == 1


def test_two_programs_may_list_the_same_domain(program, other_program, contract):
    add(program, contract, "acme.example")
    add(other_program, contract, "acme.example")

    assert DomainRule.objects.count() == 2


def test_a_contract_that_ended_or_of_another_organization_is_refused(program, globex):
    ended = ContractFactory(organization=program.organization, name="Old", ends_on=date(2020, 5, 3))
    foreign = ContractFactory(organization=globex)

    assert refused(actions.add, program=program, contract=ended, domain="acme.example", by=None) == (
        "contract",
        "Old ended on 3 May 2020 and takes no new members. Choose a contract that still runs.",
    )
    assert refused(actions.add, program=program, contract=foreign, domain="acme.example", by=None) == (
        "contract",
        "This contract is not there any more. Choose another.",
    )


def test_a_removed_program_takes_no_domain(program, contract):
    Program.objects.update(state="removed")

    assert refused(actions.add, program=program, contract=contract, domain="acme.example", by=None) == (
        None,
        "English for Work was removed, so nobody can join it.",
    )


@pytest.mark.django_db(transaction=True)
def test_one_domain_added_by_ten_at_once_is_added_once(program, contract):
    sentences, ready = [], threading.Barrier(10)

    def run():
        ready.wait()
        try:
            add(program, contract, "acme.example")
        except ActionError as refusal:
            sentences.append(refusal.text)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert DomainRule.objects.count() == 1
    assert sentences == ["acme.example is on the list already and consumes from Workforce."] * 9


# --- A file -------------------------------------------------------------------------------------
def file_of(text, encoding="utf-8"):
    return SimpleUploadedFile("domains.csv", text.encode(encoding))


def take(program, contract, text, *, update=False, by=None, encoding="utf-8"):
    return actions.import_file(
        program=program, contract=contract, file=file_of(text, encoding), update=update, by=by
    )


def listed():
    return dict(DomainRule.objects.order_by("domain").values_list("domain", "contract__name"))


FILE = "Domain\nacme.example\n\nBücher.example\n@globex.example\ngmail.com\nACME.example\nlocalhost\n"


def test_a_file_is_taken_line_by_line_and_every_line_not_taken_is_named(program, contract):
    done = take(program, contract, FILE)

    assert (done.added, done.changed, done.unchanged) == (2, 0, 0)
    assert listed() == {"acme.example": "Workforce", "xn--bcher-kva.example": "Workforce"}
    assert [(row.line, row.value, row.reason) for row in done.refused] == [
        (5, "@globex.example", "Leave out the “@”. Write globex.example."),
        (
            6,
            "gmail.com",
            "gmail.com is a public mail service: anyone can have an address there. "
            "Use a domain of your organization.",
        ),
        (7, "ACME.example", "Twice in the file: line 2 has it first."),
        (8, "localhost", "“localhost” has no ending such as .com."),
    ]


@pytest.mark.parametrize("update", [False, True])
def test_the_same_file_a_second_time_changes_nothing(program, contract, update):
    take(program, contract, FILE)
    before = list(DomainRule.objects.order_by("pk").values()), AuditEvent.objects.count()

    done = take(program, contract, FILE, update=update)

    assert (done.added, done.changed, done.unchanged, len(done.refused)) == (0, 0, 2, 4)
    assert (list(DomainRule.objects.order_by("pk").values()), AuditEvent.objects.count()) == before


def test_domains_under_another_contract_are_left_unless_updating_was_asked_for(program, contract, alice):
    other = ContractFactory(organization=program.organization, name="Next year")
    add(program, contract, "acme.example")

    left = take(program, other, "acme.example\nglobex.example\n")
    assert (left.added, left.changed) == (1, 0)
    assert [(row.line, row.reason) for row in left.refused] == [
        (1, "On the list already; it still consumes from Workforce.")
    ]

    done = take(program, other, "acme.example\nglobex.example\n", update=True, by=alice)
    assert (done.added, done.changed, done.unchanged, done.refused) == (0, 1, 1, [])
    assert listed() == {"acme.example": "Next year", "globex.example": "Next year"}
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.target_label, event.before, event.after) == (
        "domain.changed",
        "acme.example",
        {"contract": "Workforce"},
        {"contract": "Next year"},
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("acme.example\nbücher.example", "utf-8"),
        ("\ufeffDOMAIN\r\nacme.example\r\nbücher.example\r\n", "utf-8"),
        ("Domain\nacme.example\nbücher.example\n", "cp1252"),
        ("Domain\nacme.example\nbücher.example\n", "utf-16"),
        ("Nr;Email domain;Note\n1;acme.example;x\n2;bücher.example;y\n", "utf-8"),
        ('"acme.example"\n"bücher.example"\n', "utf-8"),
    ],
)
def test_files_of_every_common_kind_are_read_with_or_without_a_header(program, contract, text, encoding):
    assert take(program, contract, text, encoding=encoding).refused == []
    assert list(listed()) == ["acme.example", "xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("\n\n", "The file is empty."),
        ("Domain\n\n", "The file has a header but no domain. Write one domain on each line."),
        (
            "a.example\n" * 10_001,
            "The file has more than 10,000 rows. Split it and import the parts one after the other.",
        ),
    ],
    ids=["nothing", "empty lines", "header", "too many"],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence_and_changes_nothing(
    program, contract, text, sentence
):
    assert refused(
        actions.import_file, program=program, contract=contract, file=file_of(text), update=True, by=None
    ) == ("file", sentence)
    assert DomainRule.objects.count() == 0


def test_ten_thousand_rows_are_taken_with_one_entry_that_counts_them(program, contract, alice):
    text = "Domain\n" + "\n".join(f"d{n}.example" for n in range(domain_file.ROWS_LIMIT))

    assert take(program, contract, text, by=alice).added == 10_000

    event = AuditEvent.objects.get()
    assert (event.verb, event.target_label, event.after) == (
        "domains.added",
        "English for Work",
        {"domains": 10_000, "contract": "Workforce"},
    )


# --- Changing and removing ----------------------------------------------------------------------
def test_the_contract_of_selected_domains_is_changed(program, contract):
    other = ContractFactory(organization=program.organization, name="Next year")
    rules = [add(program, contract, f"{name}.example") for name in ("a", "b", "c")]

    changed = actions.change_contract(
        selection=DomainSelection(program, ids=(rules[0].pk, rules[1].pk)), contract=other, by=None
    )

    assert changed == 2
    assert listed() == {"a.example": "Next year", "b.example": "Next year", "c.example": "Workforce"}
    selection = DomainSelection(program, ids=(rules[0].pk,))
    assert actions.change_contract(selection=selection, contract=other, by=None) == 0


def test_domains_are_removed_each_with_an_entry_and_only_those_selected(program, contract, alice):
    for name in ("a.acme", "b.acme", "globex"):
        add(program, contract, f"{name}.example")

    assert actions.remove(selection=DomainSelection(program, "acme"), by=alice) == 2

    assert list(listed()) == ["globex.example"]
    entries = AuditEvent.objects.filter(verb="domain.removed").order_by("target_label")
    assert list(entries.values_list("target_label", "before", "after", "actor")) == [
        ("a.acme.example", {"contract": "Workforce"}, None, alice.pk),
        ("b.acme.example", {"contract": "Workforce"}, None, alice.pk),
    ]


def test_ids_of_another_programs_list_select_nothing(program, other_program, contract):
    rule = add(other_program, contract, "acme.example")

    assert actions.remove(selection=DomainSelection(program, ids=(rule.pk,)), by=None) == 0
    assert DomainRule.objects.count() == 1


@pytest.mark.parametrize("term", ["BÜCH", "xn--", "cher.exa"])
def test_search_finds_a_part_of_either_form(program, contract, term):
    add(program, contract, "bücher.example")
    add(program, contract, "acme.example")
    found = DomainSelection(program, term).rows()

    assert [rule.shown for rule in found] == ["bücher.example"]


def test_a_rule_lets_in_the_same_domain_only(program, contract):
    rule = add(program, contract, "acme.example")

    assert rule_for(program, ["c@globex.example", "c@acme.example"]) == (rule, "c@acme.example")
    for address in ("c@mail.acme.example", "c@example", "c@notacme.example", "c@acme.example.org", "c@", "c"):
        assert rule_for(program, [address]) is None


def test_behind_the_wall_of_another_organization_no_rule_is_seen(program, contract, globex):
    rule = add(program, contract, "acme.example")

    with org_transaction(globex):
        assert DomainRule.objects.count() == 0
        assert rule_for(program, ["c@acme.example"]) is None
    assert DomainRule.objects.get() == rule
