"""The domain allow-list of a program: what is a domain, adding, importing, changing and removing."""

import threading
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.lib import domains
from config.lib.domains import InvalidDomain
from orgs.errors import ActionError
from orgs.models import AuditEvent
from orgs.tenancy import org_transaction
from programs import domain_file
from programs.actions import domains as actions
from programs.models import Contract, DomainRule, Program
from programs.queries import DomainSelection, rule_for
from tests.factories import ContractFactory, DomainRuleFactory, ProgramFactory

NOT_A_DOMAIN = {
    "": "The domain is missing.",
    "   ": "The domain is missing.",
    "@acme.example": "Leave out the “@”. Write acme.example.",
    "@": "Leave out the “@”. Write the domain alone, such as acme.example.",
    "john@acme.example": "“john@acme.example” is an e-mail address. Write acme.example.",
    "john@bücher.example": "“john@bücher.example” is an e-mail address. Write bücher.example.",
    "http://acme.example": "“http://acme.example” is a web address. Write acme.example.",
    "https://acme.example:8443/join?x=1": (
        "“https://acme.example:8443/join?x=1” is a web address. Write acme.example."
    ),
    "acme.example/join": "“acme.example/join” is a web address. Write acme.example.",
    "acme": "“acme” has no ending such as .com.",
    "localhost": "“localhost” has no ending such as .com.",
    "acme example.com": "There is a space in “acme example.com”.",
    "*.acme.example": "List each subdomain on its own: “*” stands for nothing here.",
    "192.168.0.1": "“192.168.0.1” is not a name. Write the domain, not its number.",
    "[2001:db8::1]": "“[2001:db8::1]” is not a name. Write the domain, not its number.",
    "acme..example": "“acme..example” is not a domain.",
    "-acme.example": "“-acme.example” is not a domain.",
    "a_b.example": "“a_b.example” is not a domain.",
    "acme.example,Workforce": "“acme.example,Workforce” is not a domain.",
    "acme.123": "“acme.123” is not a domain.",
    "xn--a.example": "“xn--a.example” is not a domain.",
    "☃.example": "“☃.example” is not a domain.",
    "x" * 64 + ".example": "“" + "x" * 64 + ".example” is not a domain.",
    "x" * 300: "A domain has at most 253 characters; this one has 300.",
}


# --- What is a domain ---------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "sentence"), NOT_A_DOMAIN.items(), ids=lambda text: text[:30])
def test_what_is_no_domain_is_refused_with_what_to_write_instead(value, sentence):
    with pytest.raises(InvalidDomain) as refusal:
        domains.normalize(value)

    assert refusal.value.text == sentence


@pytest.mark.parametrize(
    ("value", "stored", "shown"),
    [
        ("acme.example", "acme.example", "acme.example"),
        ("  Acme.EXAMPLE \n", "acme.example", "acme.example"),
        ("acme.example.", "acme.example", "acme.example"),
        ("mail.acme.example", "mail.acme.example", "mail.acme.example"),
        ("bücher.example", "xn--bcher-kva.example", "bücher.example"),
        ("BÜCHER.example", "xn--bcher-kva.example", "bücher.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"),
        ("straße.example", "xn--strae-oqa.example", "straße.example"),
        ("例え。example", "xn--r8jz45g.example", "例え.example"),
        ("ab--cd.example", "ab--cd.example", "ab--cd.example"),
        ("1-2.example", "1-2.example", "1-2.example"),
    ],
)
def test_a_domain_has_one_stored_form_and_is_shown_as_people_write_it(value, stored, shown):
    assert domains.normalize(value) == stored
    assert domains.normalize(stored) == stored
    assert domains.shown(stored) == shown


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("carol@acme.example", "acme.example"),
        ("carol@bücher.example", "xn--bcher-kva.example"),
        ("carol@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("carol@a_b.example", ""),
        ("carol", "carol"),
        ("", ""),
    ],
)
def test_the_domain_of_an_address_has_the_stored_form(address, domain):
    assert domains.of(address) == domain


def test_the_list_of_public_mail_services_is_sorted_and_holds_domains_only():
    lines = domains.PUBLIC.read_text(encoding="ascii").splitlines()

    assert lines == sorted(set(lines))
    assert [domains.normalize(line) for line in lines] == lines
    assert len(lines) > 300
    assert {"gmail.com", "outlook.com", "yahoo.co.jp", "gmx.de", "qq.com", "mail.ru"} <= set(lines)
    assert not any(line.endswith(("example", ".edu", ".gov")) for line in lines)


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


# --- The pages ----------------------------------------------------------------------------------
@pytest.fixture
def url(program):
    """Addresses of the pages by their names."""

    def address(name="domains"):
        return reverse(name, args=[program.organization.slug, program.slug])

    return address


def words(response):
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    text = " ".join(part.partition(">")[2] for part in body.split("<"))
    return " ".join(text.split()).replace("&#x27;", "'")


def test_an_empty_list_explains_itself_and_leads_on(signed_in, bob, contract, url):
    response = signed_in(bob).get(url())

    assert "No domain is on the list Add the e-mail domain of your organization" in words(response)
    assert "At the moment only people you invited can join with this address." in words(response)
    assert f'href="{url("domain_add")}"' in response.content.decode()
    assert 'data-copy="http://localhost:8000/programs/english"' in response.content.decode()


def test_without_a_contract_one_is_told_so(signed_in, alice, program, url):
    browser = signed_in(alice)

    assert "Every contract has ended, so nobody can join." in words(browser.get(url()))
    for name in ("domain_add", "domain_import"):
        assert "No contract takes new members" in words(browser.get(url(name)))
        assert browser.post(url(name), {"domain": "acme.example"}).status_code == 422


def test_bob_adds_a_domain_to_his_program(signed_in, bob, contract, url):
    response = signed_in(bob).post(
        url("domain_add"), {"domain": "Bücher.example", "contract": contract.pk}, follow=True
    )

    page = words(response)
    assert response.redirect_chain == [(url(), 302)]
    assert "bücher.example xn--bcher-kva.example Workforce" in page
    assert "Whoever has confirmed an address at one of the domains below can join" in page
    assert "People at bücher.example can join now." in response.content.decode()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"domain": "@acme.example"}, "Leave out the “@”. Write acme.example."),
        ({"domain": "gmail.com"}, "gmail.com is a public mail service: anyone can have an address there."),
        ({"domain": ""}, "Write a domain."),
        ({"contract": ""}, "Choose a contract."),
        ({"contract": "0"}, "This contract takes no new members any more. Choose another."),
    ],
)
def test_what_is_wrong_is_said_by_the_field_and_what_was_typed_stays(
    signed_in, alice, contract, url, answers, sentence
):
    sent = {"domain": "acme.example", "contract": contract.pk, **answers}
    response = signed_in(alice).post(url("domain_add"), sent)

    assert response.status_code == 422
    assert sentence in words(response)
    assert 'aria-invalid="true"' in response.content.decode()
    if sent["domain"]:
        assert f'value="{sent["domain"]}"' in response.content.decode()
    assert DomainRule.objects.count() == 0


def test_a_file_is_imported_and_what_was_not_taken_is_shown(signed_in, alice, contract, url):
    response = signed_in(alice).post(url("domain_import"), {"file": file_of(FILE), "contract": contract.pk})

    page = words(response)
    assert response.status_code == 200
    assert "domains.csv was imported Contract: Workforce" in page
    assert "Added 2 Contract changed 0 On the list already 0 Not taken 4" in page
    assert "4 lines that were not taken" in page
    assert "7 ACME.example Twice in the file: line 2 has it first." in page


def test_a_file_too_large_is_refused_before_it_is_read(signed_in, alice, contract, url):
    large = SimpleUploadedFile("domains.csv", b"a.example\n" * 600_000)

    response = signed_in(alice).post(url("domain_import"), {"file": large, "contract": contract.pk})

    assert response.status_code == 422
    assert "The file has 5.7 MB; up to 5 MB are taken. Split it and import the parts." in words(response)


def test_the_template_holds_the_header(signed_in, bob, url):
    response = signed_in(bob).get(url("domain_template"))

    assert response.content.decode("utf-8-sig") == "Domain\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="domains.csv"'


@pytest.mark.parametrize("name", ["domain_remove", "domain_contract"])
def test_nothing_happens_before_the_question_is_answered(signed_in, alice, program, contract, url, name):
    rule = DomainRuleFactory(program=program, contract=contract)
    other = ContractFactory(organization=program.organization, name="Next year")
    browser = signed_in(alice)

    for response in (
        browser.get(url(name), {"ids": rule.pk}),
        browser.post(url(name), {"ids": rule.pk}),
        browser.post(url(name), {"all_matching": "1"}),
        browser.post(url(name), {"ids": rule.pk, "contract": other.pk}),
    ):
        assert "acme.example" in words(response)
    assert listed() == {"acme.example": "Workforce"}

    response = browser.post(url(name), {"ids": rule.pk, "contract": other.pk, "answer": "yes"}, follow=True)
    assert listed() == ({} if name == "domain_remove" else {"acme.example": "Next year"})
    said = "1 domain was removed." if name == "domain_remove" else "1 domain consumes from Next year now."
    assert said in response.content.decode()


def test_all_that_match_the_search_are_removed_and_no_others(signed_in, alice, program, contract, url):
    for name in ("a.acme", "b.acme", "globex"):
        add(program, contract, f"{name}.example")
    browser = signed_in(alice)
    assert "2 domains found." in words(browser.get(url(), {"q": "acme"}))

    browser.post(f"{url('domain_remove')}?q=acme", {"all_matching": "1", "answer": "yes"})

    assert list(listed()) == ["globex.example"]


def test_with_nothing_selected_one_is_sent_back(signed_in, alice, contract, url):
    for sent in ({}, {"ids": "x"}, {"ids": "999999"}):
        response = signed_in(alice).post(url("domain_remove"), sent, follow=True)
        assert "No domain was selected. Select domains and try again." in response.content.decode()


def test_a_script_in_a_file_is_shown_as_text(signed_in, alice, contract, url):
    evil = "<script>alert(1)</script>.example\n"
    response = signed_in(alice).post(url("domain_import"), {"file": file_of(evil), "contract": contract.pk})

    assert "<script>alert" not in response.content.decode()
    assert "&lt;script&gt;alert(1)" in response.content.decode()


@pytest.mark.parametrize(
    "name", ["domains", "domain_add", "domain_import", "domain_contract", "domain_remove"]
)
def test_mallory_and_carol_find_nothing_and_a_program_admin_only_his_own(
    signed_in, mallory, carol, bob, other_program, url, name
):
    assert signed_in(mallory).get(url(name)).status_code == 404
    assert signed_in(carol).get(url(name)).status_code == 404
    elsewhere = reverse(name, args=[other_program.organization.slug, other_program.slug])
    assert signed_in(bob).get(elsewhere).status_code == 404


def test_a_page_of_the_list_takes_the_same_number_of_queries_for_one_row_and_for_thirty(
    signed_in, alice, program, contract, url
):
    browser = signed_in(alice)
    counts = []
    for rows in (1, 30):
        for n in range(rows):
            add(program, contract, f"d{rows}-{n}.example")
        with CaptureQueriesContext(connection) as counted:
            browser.get(url())
        counts.append(len(counted))

    assert counts[0] == counts[1]


def test_a_domain_of_another_organization_is_not_shown(signed_in, alice, globex, contract, url):
    foreign = ProgramFactory(organization=globex)
    DomainRuleFactory(program=foreign, domain="secret.example")

    assert "secret.example" not in signed_in(alice).get(url()).content.decode()
    assert Contract.objects.count() == 2
