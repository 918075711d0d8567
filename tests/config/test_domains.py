"""What is a domain, in which form it is kept, and why other texts are none."""

import pytest

from config.lib import domains
from config.lib.domains import InvalidDomain

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
