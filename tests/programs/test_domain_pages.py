"""The pages of a program's domain allow-list."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.actions import domains as actions
from programs.models import Contract, DomainRule
from tests.factories import ContractFactory, DomainRuleFactory, ProgramFactory

FILE = "Domain\nacme.example\n\nBücher.example\n@globex.example\ngmail.com\nACME.example\nlocalhost\n"


def add(program, contract, domain, by=None):
    return actions.add(program=program, contract=contract, domain=domain, by=by)


def file_of(text, encoding="utf-8"):
    return SimpleUploadedFile("domains.csv", text.encode(encoding))


def listed():
    return dict(DomainRule.objects.order_by("domain").values_list("domain", "contract__name"))


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
